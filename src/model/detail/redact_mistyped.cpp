#include "model/detail/redact_mistyped.hpp"

#include "base/text.hpp"
#include "model/detail/url_text.hpp"

#include <algorithm>
#include <array>

namespace mlem::detail {
namespace {

constexpr std::string_view hidden = "***";

/// A part of a word that is hidden; none if it is empty.
struct Secret {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Returns where the last `@` of `text` is, or its escape; std::string_view::npos if there is none.
std::size_t last_at(std::string_view text) {
  const std::size_t plain = text.rfind('@');
  const std::size_t escaped = text.rfind("%40");
  if (plain == std::string_view::npos || escaped == std::string_view::npos) return std::min(plain, escaped);
  return std::max(plain, escaped);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_protocol(std::string_view name) {
  constexpr std::array<std::string_view, 6> protocols{"https", "http", "ssh", "git", "ftp", "ftps"};
  const std::string lower = to_lower_ascii(name);
  return std::find(protocols.begin(), protocols.end(), lower) != protocols.end();
}

/// Returns whether `text` is a host's name with a dot, or an IPv4 address, and no file of ours.
bool is_dotted_host(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size() || text.substr(dot) == ".mlem") return false;
  const bool is_address = std::count(text.begin(), text.end(), '.') == 3 &&
                          std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_digit(c); });
  const std::string_view last = text.substr(dot + 1);
  return is_address || std::all_of(last.begin(), last.end(), is_letter);
}

/// `scheme:` with other slashes than two behind it, or with an escaped `@` in its host.
Secret after_scheme(std::string_view word, std::size_t colon) {
  const std::size_t begin = std::min(word.find_first_not_of("/\\", colon + 1), word.size());
  if (word.substr(colon, begin - colon) != "://") return {begin, last_at(word)};
  const std::string_view authority = word.substr(begin, word.find('/', begin) - begin);
  const std::size_t at = authority.rfind("%40");
  return at == std::string_view::npos ? Secret{} : Secret{begin, begin + at};
}

/// `user:secret@host`, `user:secret@host/path`.
Secret without_scheme(std::string_view word, std::size_t colon) {
  const std::size_t at = last_at(word);
  const std::size_t begin = colon + 1;
  if (at < begin || word.substr(0, colon).find_first_of("/\\@") != std::string_view::npos) return {};
  const std::string_view host_and_path = word.substr(at + (word[at] == '@' ? 1 : 3));
  const std::size_t end = host_and_path.find_first_of("/:");
  const std::string_view host = host_and_path.substr(0, end);
  const bool has_slash = word.substr(begin, at - begin).find('/') != std::string_view::npos;
  const bool is_host = is_dotted_host(host) ? (!has_slash || end != std::string_view::npos)
                                            : !has_slash && !host.empty() && end != std::string_view::npos;
  return is_host ? Secret{begin, at} : Secret{};
}

Secret secret_in(std::string_view word) {
  // A directory of this machine, or MLEM's form of it, `git:///path:REV@`.
  if (word.starts_with("file:///") || word.starts_with("git:///")) return {};
  const std::size_t at = last_at(word);
  const std::size_t colon = word.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || at < colon) return {};
  const Secret secret =
      scheme_length(word, ":") == colon && (is_protocol(word.substr(0, colon)) || word.substr(colon).starts_with("://"))
          ? after_scheme(word, colon)
          : without_scheme(word, colon);
  if (secret.begin >= secret.end || word.substr(secret.begin, secret.end - secret.begin) == hidden) return {};
  return secret;
}

}  // namespace

std::string redact_mistyped(std::string_view line) {
  constexpr std::string_view separators = " \t'\"";
  std::string out;
  for (std::size_t start = 0; start <= line.size();) {
    const std::size_t end = std::min(line.find_first_of(separators, start), line.size());
    const std::string_view word = line.substr(start, end - start);
    const Secret secret = secret_in(word);
    if (secret.begin < secret.end)
      out.append(word.substr(0, secret.begin)).append(hidden).append(word.substr(secret.end));
    else
      out += word;
    if (end < line.size()) out += line[end];
    start = end + 1;
  }
  return out;
}

}  // namespace mlem::detail
