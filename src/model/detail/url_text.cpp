#include "model/detail/url_text.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mlem::detail {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_alpha(c) || (c >= '0' && c <= '9'); }
bool is_scheme_character(char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; }
bool is_unreserved(char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 0xfU];
}

/// Splits `[user@]host[:port]`.
void split_authority(std::string_view authority, UrlPieces& pieces) {
  if (const std::size_t at = authority.rfind('@'); at != npos) {
    pieces.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == npos ? 0 : bracket);
  pieces.host = authority.substr(0, colon);
  if (colon != npos) pieces.port = authority.substr(colon + 1);
}

/// Splits the host of the scp form: `[user@]host`, `[user@][host:port]` or `[user@host:port]`, in which an IPv6 address
/// has brackets of its own. (git's get_host_and_port() and get_port() in connect.c.)
void split_scp_host(UrlPieces& pieces) {
  const auto take_user = [&] {
    const std::size_t at = pieces.host.rfind('@');
    if (at == npos) return;
    pieces.user = pieces.host.substr(0, at);
    pieces.host.remove_prefix(at + 1);
  };
  if (!pieces.host.starts_with('[')) take_user();
  if (!pieces.host.starts_with('[') || !pieces.host.ends_with(']')) return;
  const std::string_view inner = pieces.host.substr(1, pieces.host.size() - 2);
  const std::size_t colon = inner.find(':');
  if (colon == npos || inner.find(':', colon + 1) != npos) return;
  pieces.host = inner.substr(0, colon);
  pieces.port = inner.substr(colon + 1);
  if (!pieces.user) take_user();
}

}  // namespace

std::size_t scheme_length(std::string_view text, std::string_view marker) {
  if (text.empty() || !is_alpha(text.front())) return 0;
  const auto end = std::find_if_not(text.begin(), text.end(), is_scheme_character);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return text.substr(length).starts_with(marker) ? length : 0;
}

std::size_t scp_colon(std::string_view text) {
  // Of `user@domain@host` the last `@` ends the user, and in brackets there may be `user@host:port`.
  const std::size_t at = text.starts_with('[') ? npos : text.substr(0, text.find_first_of(":/")).rfind('@');
  const std::size_t host = at == npos ? 0 : at + 1;
  const std::size_t from = text.substr(host).starts_with('[') ? text.find(']', host) : host;
  const std::size_t end = text.find_first_of(":/", from);
  return end == npos || end == host || text[end] == '/' ? npos : end;
}

std::optional<UrlPieces> take_apart(std::string_view text) {
  UrlPieces pieces;
  if (const std::size_t length = scheme_length(text, "://")) {
    pieces.scheme = to_lower_ascii(text.substr(0, length));
    const std::string_view rest = text.substr(length + 3);
    const std::size_t slash = rest.find('/');
    split_authority(rest.substr(0, slash), pieces);
    if (slash != npos) pieces.path = rest.substr(slash);
    return pieces;
  }
  const std::size_t colon = scp_colon(text);
  if (colon == npos || scheme_length(text, "::") > 0) return std::nullopt;
  pieces.scheme = "ssh";
  pieces.is_scp = true;
  pieces.host = text.substr(0, colon);
  split_scp_host(pieces);
  pieces.path = text.substr(colon + 1);
  return pieces;
}

int escaped_byte(std::string_view text, std::size_t at) {
  if (text[at] != '%' || text.size() - at < 3) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string decode_escapes(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = escaped_byte(text, i);
    out += byte < 0 ? text[i] : static_cast<char>(byte);
    if (byte >= 0) i += 2;
  }
  return out;
}

std::string normalize_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = escaped_byte(text, i);
    if (byte < 0) {
      out += text[i];
      continue;
    }
    const char c = static_cast<char>(byte);
    if (is_unreserved(c))
      out += c;
    else
      append_escaped(out, c);
    i += 2;
  }
  return out;
}

std::string escape(std::string_view text, std::string_view special) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (special.find(c) == npos)
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

}  // namespace mlem::detail
