#include "site/markup.hpp"

#include "base/text.hpp"

namespace mlem::site {

Markup& Markup::operator<<(std::string_view text) {
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
