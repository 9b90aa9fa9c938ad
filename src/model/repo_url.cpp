#include "model/repo_url.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/detail/redact_mistyped.hpp"
#include "model/detail/url_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

// An address is read by us, by git, by ssh or curl, and by a server. Whatever two of them could read differently (an
// escaped slash in the user part, a host with an escape, a user that begins with `-`) is refused here instead of
// guessed at. git decodes percent escapes once in `scheme://` addresses (parse_connect_url() in connect.c) and never in
// the scp form.

namespace mlem {
namespace {

using detail::UrlPieces;

constexpr auto npos = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

/// Returns the number of a port, 0 if `port` is none.
unsigned port_number(std::string_view port) {
  unsigned number = 0;
  for (const char c : port) {
    if (!is_digit(c)) return 0;
    number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > 65535) return 0;
  }
  return number;
}

unsigned default_port(std::string_view scheme) {
  if (scheme == "https") return 443;
  if (scheme == "http") return 80;
  if (scheme == "ssh") return 22;
  if (scheme == "git") return 9418;
  return 0;
}

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

std::string_view without_outer_slashes(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// What is above the root is the root.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (const std::string_view segment : kept) out.append(out.empty() ? "" : "/").append(segment);
  return out;
}

/// Whether `path` has `..` segments, as MLEM writes them in addresses of directories, and no escaped ones, which only
/// some would read as such.
bool has_only_plain_parents(std::string_view path) {
  const auto count = [](std::string_view text) {
    const auto segments = split(text, '/');
    return std::count(segments.begin(), segments.end(), "..");
  };
  return count(path) == count(detail::decode_escapes(path));
}

/// Whether the scp form has a password before its host: `secret@host:path` is a path on the host `user` to git, but
/// whoever writes `user:secret@host:path` means something else. `path` is what follows the first colon.
bool has_scp_password(std::string_view path) {
  const std::size_t colon = detail::scp_colon(path);
  return colon != npos && path.find('@') < colon && !path.starts_with(' ');
}

/// The functions below return which rule is broken, null if none is.
using Complaint = const char*;

/// Rules for every text, a helper's address too.
Complaint judge_text(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (!is_utf8(text)) return "it is not UTF-8";
  if (has_control_character(text)) return "it has a control character";
  if (text.starts_with('-')) return "it starts with '-'";
  return nullptr;
}

/// Rules for all parts of what git reads itself.
Complaint judge_address(std::string_view text) {
  if (text.find('\\') != npos) return "it has a '\\'";
  if (text.find('?') != npos) return "it has a query";
  if (text.find('#') != npos) return "it has a fragment";
  for (std::size_t i = text.find('%'); i != npos; i = text.find('%', i + 1))
    if (detail::escaped_byte(text, i) < 0) return "it has a malformed percent escape";
  const std::string decoded = detail::decode_escapes(text);
  if (has_control_character(decoded)) return "it has an escaped control character";
  if (decoded.find('\\') != std::string::npos) return "it has an escaped '\\'";
  return nullptr;
}

Complaint judge_user(std::string_view user) {
  const std::string decoded = detail::decode_escapes(user);
  if (decoded.empty()) return "its user is empty";
  if (decoded.starts_with('-')) return "its user starts with '-'";
  if (decoded.find('/') != std::string::npos) return "its user has a '/'";
  return nullptr;
}

Complaint judge_host(std::string_view host) {
  if (host.empty()) return "it has no host";
  if (host.starts_with('-')) return "its host starts with '-'";
  if (host.starts_with('[')) {
    const std::string_view literal = without_brackets(host);
    const bool is_literal =
        host.ends_with(']') && literal.find(':') != npos &&
        std::all_of(literal.begin(), literal.end(), [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
    return is_literal ? nullptr : "its host is not an IPv6 address";
  }
  // A host in another script is passed on; an escape or a shell's special character is part of no name.
  const bool is_name = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '.' || c == '_' ||
           static_cast<unsigned char>(c) > 0x7f;
  });
  if (!is_name) return "its host has a character that host names do not have";
  if (host.starts_with('.') || host.ends_with('.') || host.find("..") != npos) return "its host has an empty label";
  return nullptr;
}

Complaint judge_path(const UrlPieces& pieces) {
  if (pieces.is_scp && pieces.path.empty()) return "it has no path";
  if (pieces.is_scp && has_scp_password(pieces.path)) return "it has a password";
  const std::string_view path = without_outer_slashes(pieces.path);
  if (path.empty()) return nullptr;
  const std::string decoded = detail::decode_escapes(path);
  for (const std::string_view segment : split(decoded, '/')) {
    if (segment.empty()) return "it has an empty segment";
    const auto may_go_up = [&] { return pieces.scheme == "file" && has_only_plain_parents(path); };
    if (segment == ".." && !may_go_up()) return "it has a '..' segment";
    // `/./~/x` and the home directory `/~/x` differ for git, and would not once normalised.
    if (segment == "." && pieces.scheme != "file") return "it has a '.' segment";
  }
  return nullptr;
}

Complaint judge_file(const UrlPieces& pieces) {
  const bool is_local = pieces.host.empty() || to_lower_ascii(pieces.host) == "localhost";
  if (pieces.user || pieces.port || !is_local) return "a 'file:' address cannot name another host";
  return pieces.path.empty() ? "it has no path" : judge_path(pieces);
}

Complaint judge_pieces(const UrlPieces& pieces) {
  if (pieces.scheme == "file") return judge_file(pieces);
  if (pieces.user)
    if (const Complaint why = judge_user(*pieces.user)) return why;
  if (const Complaint why = judge_host(pieces.host)) return why;
  // An empty port is the default one: RFC 3986, 3.2.3.
  if (pieces.port && !pieces.port->empty() && port_number(*pieces.port) == 0) return "its port is not a port number";
  return judge_path(pieces);
}

/// Returns the path without the slashes around it, and on github.com without `.git`.
std::string_view repository_path(const UrlPieces& pieces) {
  constexpr std::string_view suffix = ".git";
  std::string_view path = without_outer_slashes(pieces.path);
  if (to_lower_ascii(pieces.host) == "github.com" && path.ends_with(suffix) && path != suffix &&
      !path.ends_with("/.git"))
    path.remove_suffix(suffix.size());
  return path;
}

/// Returns `text` up to its path, as written but for the host `localhost`.
std::string spelled_before_path(std::string_view text, const UrlPieces& pieces) {
  if (pieces.scheme == "file") return std::string(text.substr(0, text.find("://") + 3));
  return std::string(text.substr(0, text.size() - pieces.path.size()));
}

std::string normalized_path(const UrlPieces& pieces) {
  const std::string_view path = repository_path(pieces);
  if (pieces.is_scp) {
    const bool is_from_home = !pieces.path.starts_with('/') && !path.starts_with('~');
    return (is_from_home ? "/~/" : "/") + detail::escape(path, "%");
  }
  const std::string normalized = detail::normalize_escapes(path);
  return "/" + (pieces.scheme == "file" ? without_dot_segments(normalized) : normalized);
}

std::string normalized_authority(const UrlPieces& pieces) {
  if (pieces.scheme == "file") return {};
  std::string authority;
  if (pieces.user)
    authority = (pieces.is_scp ? detail::escape(*pieces.user, "%") : detail::normalize_escapes(*pieces.user)) + "@";
  authority += to_lower_ascii(pieces.host);
  const unsigned port = port_number(pieces.port.value_or(""));
  if (port != 0 && port != default_port(pieces.scheme)) authority += ":" + std::to_string(port);
  return authority;
}

/// Returns what may be printed of the user part of an address.
std::string redact_user(std::string_view user, std::string_view scheme) {
  const std::size_t colon = user.find(':');
  if (scheme != "ssh") return "***";
  if (colon != npos) return std::string(user.substr(0, colon)) + ":***";
  return detail::decode_escapes(user).find(':') == std::string::npos ? std::string(user) : "***";
}

/// Hides what `scheme://` addresses have behind `?`: a token, often. No address that is used has a query.
std::string redact_queries(std::string_view line) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t marker = line.find("://"); marker != npos; marker = line.find("://", std::max(done, marker + 3))) {
    const std::size_t end = std::min(line.find_first_of(" '\"", marker), line.size());
    const std::size_t question = line.find('?', marker);
    if (question >= end) continue;
    out += line.substr(done, question + 1 - done);
    out += "***";
    done = end;
  }
  out += line.substr(done);
  return out;
}

/// Redacts every `scheme://` address in one line.
std::string redact_line(std::string_view line) {
  const std::size_t last_at = line.rfind('@');
  std::string out;
  std::size_t done = 0;
  for (std::size_t marker = line.find("://"); marker != npos; marker = line.find("://", std::max(done, marker + 3))) {
    const std::size_t begin = marker + 3;
    const std::string_view authority = line.substr(begin, line.find('/', begin) - begin);
    std::size_t at = authority.rfind('@');
    // A password with a plain `/` ends the authority too early: then what looks like the port is not a number.
    const std::size_t colon = authority.rfind(':');
    if (at == npos && colon != npos && !is_number(authority.substr(colon + 1)) && last_at != npos && last_at > begin)
      at = last_at - begin;
    if (at == npos) continue;

    const bool is_ssh = marker >= 3 && to_lower_ascii(line.substr(marker - 3, 3)) == "ssh";
    out += line.substr(done, begin - done);
    out += redact_user(line.substr(begin, at), is_ssh ? "ssh" : "");
    done = begin + at;
  }
  out += line.substr(done);
  return redact_queries(out);
}

std::string redact_once(std::string_view text) {
  if (const std::size_t length = detail::scheme_length(text, "::"))
    return std::string(text.substr(0, length)) + "::***";
  std::string out;
  for (const std::string_view line : split(text, '\n')) out += detail::redact_mistyped(redact_line(line)) + '\n';
  out.pop_back();
  const std::string_view redacted = out;
  const std::size_t colon = detail::scp_colon(redacted);
  if (colon != npos && detail::scheme_length(redacted, "://") == 0 && has_scp_password(redacted.substr(colon + 1)))
    out.replace(colon + 1, out.find('@', colon) - colon - 1, "***");
  return out;
}

}  // namespace

RepoUrl::RepoUrl(Parts parts) {
  parts.printable = escape_for_terminal(redact(parts.text));
  parts_ = std::make_shared<const Parts>(std::move(parts));
}

RepoUrl RepoUrl::parse(std::string_view text) {
  const auto refuse = [text](Complaint why) {
    const auto corrected = corrected_address(text);
    return Error(ErrorKind::invalid, "invalid address '" + escape_for_terminal(redact(text)) + "'", why,
                 corrected ? "write '" + escape_for_terminal(*corrected) + "'" : std::string());
  };
  if (const Complaint why = judge_text(text)) throw refuse(why);

  Parts url;
  if (const std::size_t length = detail::scheme_length(text, "::")) {
    url.is_helper = true;
    url.scheme = to_lower_ascii(text.substr(0, length));
    url.text = text;
    url.normalized = url.scheme + std::string(text.substr(length));
    return RepoUrl(std::move(url));
  }

  if (const Complaint why = judge_address(text)) throw refuse(why);
  const std::optional<UrlPieces> pieces = detail::take_apart(text);
  if (!pieces) throw refuse("it is a path and no address");
  if (const Complaint why = judge_pieces(*pieces)) throw refuse(why);

  const std::string_view path = repository_path(*pieces);
  const bool is_absolute = !pieces->is_scp || pieces->path.starts_with('/');
  url.text = spelled_before_path(text, *pieces) + (is_absolute ? "/" : "");
  if (!path.empty()) url.text += std::string(path) + "/";

  url.scheme = pieces->scheme;
  if (url.scheme != "file") url.host = to_lower_ascii(without_brackets(pieces->host));
  url.has_user = pieces->user.has_value();
  url.has_password = detail::decode_escapes(pieces->user.value_or("")).find(':') != std::string::npos;
  url.path = normalized_path(*pieces);
  const bool is_bare_host = url.path == "/" && url.scheme != "file";
  url.normalized = url.scheme + "://" + normalized_authority(*pieces) + (is_bare_host ? "" : url.path);
  return RepoUrl(std::move(url));
}

std::string_view RepoUrl::fetch_text() const noexcept {
  const std::string_view text = parts_->text;
  // The `/` of a root (`file:///`, `host:/`) is its path.
  if (parts_->is_helper || text.ends_with("//") || text.ends_with(":/")) return text;
  return text.substr(0, text.size() - 1);
}

std::optional<std::string> RepoUrl::local_path() const {
  if (parts_->scheme != "file" || parts_->is_helper) return std::nullopt;
  return detail::decode_escapes(parts_->path);
}

std::string redact(std::string_view text) {
  // Whatever is hidden is before an `@`, behind a `?` or behind `::`; and most texts, of which there may be many, have
  // none of them.
  const bool may_hide = std::any_of(text.begin(), text.end(), [](char c) { return c == '@' || c == '%' || c == '?'; });
  if (!may_hide && text.find("::") == npos) return std::string(text);
  // What hides one secret may make the text before it read as an address with another.
  std::string redacted = redact_once(text);
  constexpr int most_rounds = 16;
  for (int round = 0; round < most_rounds; ++round) {
    std::string again = redact_once(redacted);
    if (again == redacted) return redacted;
    redacted = std::move(again);
  }
  return "***";
}

}  // namespace mlem
