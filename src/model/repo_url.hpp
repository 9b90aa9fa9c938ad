#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mlem {

/// The address of a whole repository, as a link stores it.
///
/// Accepted spellings: `<scheme>://[user@]host[:port]/path`, the scp form `[user@]host:path` (with a port
/// `[host:port]:path`), `file:///path`.
/// Any scheme can be parsed (`ext::sh -c x` too, as scheme `ext`), so that the one place that knows which are
/// allowed can refuse it by name.
class RepoUrl {
 public:
  /// Returns `text` as an address. Throws Error(invalid) naming the rule for a leading `-` (of a user or host too),
  /// control characters, `\`, an empty segment, `.` or `..` (raw or percent-encoded; in a `file:` URL
  /// `.` and a raw `..` are taken, for MLEM writes them), a malformed escape, a query, a fragment, a relative path,
  /// bytes that are not UTF-8, a missing or malformed host or port, a `file:` URL with another host than `localhost`.
  /// Secrets are replaced by `***` in the message; its hint is the corrected_address(), if there is one.
  static RepoUrl parse(std::string_view text);

  /// As written, with exactly one `/` at the end; `.git` before it is dropped on github.com, and `localhost` in a
  /// `file:` URL, which git would take for a directory. A helper's address is kept to the letter.
  const std::string& text() const noexcept { return parts_->text; }
  /// As git is given it: `text()` without the `/` at the end.
  std::string_view fetch_text() const noexcept;
  /// For comparing: scheme and host in lower case, default port and `/` at the end dropped, `.` and `..` of a
  /// `file:` URL resolved, unreserved escapes decoded (RFC 3986, 6.2.2); on github.com without `.git`. The scp form
  /// becomes `ssh://[user@]host/~/path`, or `ssh://[user@]host/path` if its path is absolute. Can be parsed again, and
  /// is then its own normalised form.
  const std::string& normalized() const noexcept { return parts_->normalized; }
  /// `text()` as redact() gives it, escaped for a terminal: the only spelling that may be printed.
  const std::string& printable() const noexcept { return parts_->printable; }

  /// Lower case: `https`, `ssh` (the scp form too), `file`, `ext`, …
  const std::string& scheme() const noexcept { return parts_->scheme; }
  /// Lower case, without port; an IPv6 literal without its brackets; empty for `file`.
  const std::string& host() const noexcept { return parts_->host; }
  bool has_user() const noexcept { return parts_->has_user; }
  bool has_password() const noexcept { return parts_->has_password; }
  /// `<scheme>::<address>`, git's syntax for a remote helper.
  bool is_helper() const noexcept { return parts_->is_helper; }
  /// The directory that a `file:` URL names, percent-decoded, without `.` and `..`; nothing for other schemes.
  std::optional<std::string> local_path() const;

  friend bool operator==(const RepoUrl& a, const RepoUrl& b) { return a.parts_->normalized == b.parts_->normalized; }

 private:
  struct Parts {
    std::string text;
    std::string normalized;
    std::string printable;
    std::string scheme;
    std::string host;
    std::string path;
    bool has_user = false;
    bool has_password = false;
    bool is_helper = false;
  };
  explicit RepoUrl(Parts parts);
  std::shared_ptr<const Parts> parts_;  ///< shared by all copies, of which a registry makes many
};

/// An address with more in it than the repository: `https://host/org/repo/tree/<rev>/<path>` and its kin.
struct UrlParts {
  /// What the host's form says the first words after it are. No address says `newest_version`: then the newest version
  /// is meant of what the rev is one of, as newest_version() has it.
  enum class RevKind { none, any, branch, tag, commit, newest_version };

  std::string repo;                  ///< what RepoUrl::parse takes
  RevKind rev_kind = RevKind::none;  ///< none: no rev in the address
  std::string rev;   ///< the rev, if the address itself says where it ends: `…:REV@`, a full id, the end
  std::string rest;  ///< `<path>`; `<rev>/<path>`, undivided, if there is a rev and `rev` is empty

  friend bool operator==(const UrlParts&, const UrlParts&) = default;
};

/// Splits `text` where the repository ends (purely by its spelling; a `file:` URL is not looked up on disk and stays
/// whole):
/// `…/org/repo/tree|blob/<rev>/<path>` after two segments (GitHub), `…/src/branch|tag|commit/<rev>/<path>` (Gitea),
/// `…/-/tree|blob/<rev>/<path>` (GitLab, any depth), `bitbucket.org/org/repo/src/<rev>/<path>`,
/// `huggingface.co/[datasets/|spaces/]org/name/tree|blob|resolve/<rev>/<path>`, all of them with or without `.git`
/// behind the repository; `git://[host]/path:REV@[<path>]` (MLEM's form for local repositories; without host the repo
/// is `file:///path`); `<repo>@<rev>:<path>`, where `<repo>` ends in `/`; else a directory after two segments on
/// github.com and bitbucket.org, elsewhere after a segment ending in `.git`. The forms with a rev are those of http(s)
/// pages. Percent escapes in `rev` and `rest` are decoded, but for the scp form, MLEM's and the last one. Does not
/// validate: its `repo` goes to RepoUrl::parse, and is all of a `text` with a query or fragment.
UrlParts split_url(std::string_view text);

/// Returns whether `text` is meant as an address: has `scheme://`, `helper::` or the scp form. A plain path is none.
bool looks_like_url(std::string_view text);

/// Returns whether `text` is an address even where `<rev>:<path>` or a file's name may stand: as looks_like_url(), but
/// the scp form must have a user.
bool is_surely_url(std::string_view text);

/// Returns the `file://` address of the directory `path`, which is absolute; what would be special in a URL is escaped.
std::string file_url(std::string_view path);

/// Returns `text`, an address or any text with addresses in it, with secrets replaced by `***`: a password, the whole
/// user part where it may be a token (any scheme but ssh), and the address that is given to a remote helper. Also in
/// addresses with a typing error (`https:/user:token@host`, `user:token@host/path`).
std::string redact(std::string_view text);

/// Returns the spelling that would do of an address that RepoUrl::parse() or why_forbidden() refuses for what people
/// paste with it: a query or fragment, the user of http(s), a password, `git+ssh://` and its kin with pip's `@<rev>`, a
/// scheme in capitals, `github://<org>:<repo>@<rev>/<path>`. Nothing if there is no such thing in it, or more is wrong.
std::optional<std::string> corrected_address(std::string_view text);

/// Returns the address that the repository has on the web: `https://github.com/org/repo` for
/// `git@github.com:org/repo.git`, and for `ssh://` and `http://`, where browse_url() knows the host; everything else as
/// it is.
RepoUrl web_address(const RepoUrl& repo);

/// Returns the page that shows `path` at `rev` where the host's form is known (github.com, gitlab.com, bitbucket.org,
/// codeberg.org, huggingface.co): `https://github.com/org/repo/tree/<rev>/<path>`; nothing for other hosts and schemes,
/// and on codeberg.org for a rev that does not tell whether it is a branch, a tag or a commit.
std::optional<std::string> browse_url(const RepoUrl& repo, std::string_view rev, std::string_view path);

}  // namespace mlem
