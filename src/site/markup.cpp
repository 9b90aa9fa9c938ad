#include "site/markup.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mlem::site {
namespace {

bool needs_no_escape(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
  });
}

}  // namespace

std::string escape_markup(std::string_view text) {
  if (needs_no_escape(text)) return std::string(text);
  const std::string harmless = escape_for_terminal(text);
  std::string out;
  out.reserve(harmless.size() + harmless.size() / 8);
  for (std::string_view rest = harmless; !rest.empty();) {
    const CodePoint next = first_code_point(rest);
    switch (next.value) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case 0xfffe:
      case 0xffff:
        out += "\xef\xbf\xbd";
        break;
      default:
        out += rest.substr(0, next.size);
    }
    rest.remove_prefix(next.size);
  }
  return out;
}

Markup& Markup::operator<<(std::string_view text) {
  if (needs_no_escape(text))
    text_ += text;
  else
    text_ += escape_markup(text);
  return *this;
}

Markup& Markup::operator<<(std::size_t number) {
  text_ += std::to_string(number);
  return *this;
}

Markup& Markup::operator<<(const Markup& other) {
  text_ += other.text_;
  return *this;
}

void put_day(Markup& markup, std::int64_t time) {
  const std::string whole = format_time(time);
  constexpr std::size_t day = 10;
  markup << "<time datetime=\"" << whole << "\" title=\"" << whole << "\">" << whole.substr(0, day) << "</time>";
}

std::string counted(std::size_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace mlem::site
