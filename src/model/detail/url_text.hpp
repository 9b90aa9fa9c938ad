#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::detail {

/// An address taken apart by its spelling alone: nothing judged, nothing decoded. Views are into the text.
struct UrlPieces {
  std::string scheme;                    ///< lower case; `ssh` for the scp form
  bool is_scp = false;                   ///< `[user@]host:path`, `[user@][host:port]:path`
  std::optional<std::string_view> user;  ///< with its password
  std::string_view host;                 ///< with the brackets of an IPv6 literal
  std::optional<std::string_view> port;
  std::string_view path;  ///< begins with `/` or is empty; in the scp form it may be relative
};

/// Takes apart `scheme://…` and the scp form; returns nothing for any other text, `helper::…` among it.
std::optional<UrlPieces> take_apart(std::string_view text);

/// Returns the length of the scheme that `text` begins with; 0 if there is none with `marker` (`://`, `::`) behind it.
std::size_t scheme_length(std::string_view text, std::string_view marker);

/// Returns the place of the colon in `[user@]host:path`, npos if `text` has not the scp form: no slash before the first
/// colon, but for those in brackets (url_is_local_not_ssh() in git's connect.c).
std::size_t scp_colon(std::string_view text);

/// Returns the byte that the escape `%XX` at `at` stands for, -1 if no whole escape is there.
int escaped_byte(std::string_view text, std::size_t at);

/// Decodes whole escapes and keeps the rest, as git's url_decode().
std::string decode_escapes(std::string_view text);

/// Decodes the escapes of unreserved characters and writes the others in upper case: RFC 3986, 6.2.2.
std::string normalize_escapes(std::string_view text);

/// Escapes the bytes of `text` that are in `special`.
std::string escape(std::string_view text, std::string_view special);

}  // namespace mlem::detail
