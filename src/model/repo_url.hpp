#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mlem {

/// The address of a whole repository, as a link stores it.
///
/// Accepted spellings: `<scheme>://[user@]host[:port]/path`, the scp form `[user@]host:path`, `file:///path`.
/// Any scheme can be parsed (`ext::sh -c x` too, as scheme `ext`), so that the one place that knows which are
/// allowed can refuse it by name.
class RepoUrl {
 public:
  /// Returns `text` as an address. Throws Error(invalid) naming the rule for a leading `-`, control characters, `\`, an
  /// empty segment or `..` (raw or percent-encoded), a query, a fragment, a relative path, bytes that are not UTF-8,
  /// a missing host. Secrets are replaced by `***` in the message.
  static RepoUrl parse(std::string_view text);

  /// As written, with exactly one `/` at the end; `.git` before it is dropped on github.com.
  const std::string& text() const noexcept { return text_; }
  /// As git is given it: `text()` without the `/` at the end.
  std::string_view fetch_text() const noexcept;
  /// For comparing: scheme and host in lower case, default port and `/` at the end dropped, unreserved escapes decoded
  /// (RFC 3986, 6.2.2); on github.com without `.git`. The scp form becomes `ssh://[user@]host/~/path`, or
  /// `ssh://[user@]host/path` if its path is absolute.
  const std::string& normalized() const noexcept { return normalized_; }
  /// `text()` with every user part's secret replaced by `***`: the only spelling that may be printed.
  std::string printable() const;

  /// Lower case: `https`, `ssh` (the scp form too), `file`, `ext`, …
  const std::string& scheme() const noexcept { return scheme_; }
  /// Lower case, without port; an IPv6 literal without its brackets; empty for `file`.
  const std::string& host() const noexcept { return host_; }
  bool has_user() const noexcept { return has_user_; }
  bool has_password() const noexcept { return has_password_; }
  /// `<scheme>::<address>`, git's syntax for a remote helper.
  bool is_helper() const noexcept { return is_helper_; }
  /// The directory that a `file:` URL names, percent-decoded; nothing for other schemes.
  std::optional<std::string> local_path() const;

  friend bool operator==(const RepoUrl& a, const RepoUrl& b) { return a.normalized_ == b.normalized_; }

 private:
  RepoUrl() = default;
  std::string text_;
  std::string normalized_;
  std::string scheme_;
  std::string host_;
  std::string path_;
  bool has_user_ = false;
  bool has_password_ = false;
  bool is_helper_ = false;
};

/// An address with more in it than the repository: `https://host/org/repo/tree/<rev>/<path>` and its kin.
struct UrlParts {
  /// What the host's form says the first words after it are.
  enum class RevKind { none, any, branch, tag, commit };

  std::string repo;                     ///< what RepoUrl::parse takes
  RevKind rev_kind = RevKind::none;     ///< none: no rev in the address
  std::string rest;                     ///< `<rev>/<path>` (undivided: a branch may have slashes), or `<path>` if none

  friend bool operator==(const UrlParts&, const UrlParts&) = default;
};

/// Splits `text` where the repository ends (purely by its spelling; a `file:` URL is not looked up on disk and stays
/// whole unless a segment ends in `.git`):
/// `…/org/repo/tree|blob/<rev>/<path>` after two segments (GitHub), `…/src/branch|tag|commit/<rev>/<path>` (Gitea),
/// `…/-/tree|blob/<rev>/<path>` (GitLab, any depth), `bitbucket.org/org/repo/src/<rev>/<path>`,
/// `git://[host]/path:REV@[<path>]` (MLEM's form for local repositories; without host the repo is `file:///path`);
/// else a directory after two segments on github.com and bitbucket.org, elsewhere after a segment ending in `.git`.
/// Percent escapes in `rest` are decoded for http(s). Does not validate: its `repo` goes to RepoUrl::parse.
UrlParts split_url(std::string_view text);

/// Returns whether `text` is meant as an address: has `scheme://`, `helper::` or the scp form. A plain path is none.
bool looks_like_url(std::string_view text);

/// Returns the page that shows `path` at `rev` where the host's form is known (github.com, gitlab.com, bitbucket.org,
/// codeberg.org): `https://github.com/org/repo/tree/<rev>/<path>`; nothing for other hosts and schemes.
std::optional<std::string> browse_url(const RepoUrl& repo, std::string_view rev, std::string_view path);

}  // namespace mlem
