#include "base/text.hpp"
#include "model/detail/url_text.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <array>
#include <vector>

// Addresses with more in them than a repository, and pages that show a part of one. Where the repository ends cannot be
// told from the address alone; these are the forms of the hosts, as git-mlem(1) lists them.

namespace mlem {
namespace {

using RevKind = UrlParts::RevKind;
using Segments = std::vector<std::string_view>;

/// Where the repository ends and what follows it begins, counted in segments of the path.
struct Border {
  std::size_t repo_end;
  std::size_t rest_begin;
  RevKind rev_kind;
};

RevKind gitea_kind(std::string_view word) {
  if (word == "branch") return RevKind::branch;
  if (word == "tag") return RevKind::tag;
  if (word == "commit") return RevKind::commit;
  return RevKind::none;
}

bool is_tree_or_blob(std::string_view word) { return word == "tree" || word == "blob"; }

/// The pages of Hugging Face, of a model (`org/name`) or of a data set or space (`datasets/org/name`). Some of the
/// first that it had are of no organisation (`gpt2`).
std::optional<Border> find_hugging_face_page(const Segments& segments) {
  const bool has_kind = segments[0] == "datasets" || segments[0] == "spaces";
  const std::size_t name = has_kind ? 1 : 0;
  for (const std::size_t end : {name + 2, name + 1}) {
    if (segments.size() <= end + 1) continue;
    const bool is_page = is_tree_or_blob(segments[end]) || segments[end] == "resolve";
    if (is_page) return Border{end, end + 1, RevKind::any};
  }
  return std::nullopt;
}

/// Returns where the repository ends and the rev begins if the address is a page of a web host, whose mark is not
/// behind the segment `limit`.
std::optional<Border> find_page(const Segments& segments, std::string_view host, std::size_t limit) {
  const std::size_t size = segments.size();
  if (host == "bitbucket.org") {
    if (size > 3 && segments[2] == "src") return Border{2, 3, RevKind::any};
    return std::nullopt;
  }
  if (host == "huggingface.co") return find_hugging_face_page(segments);
  if (size > 3 && limit >= 2 && is_tree_or_blob(segments[2])) return Border{2, 3, RevKind::any};
  if (host == "github.com") return std::nullopt;
  for (std::size_t i = 2; i + 2 < size && i <= limit; ++i) {
    if (segments[i] == "-" && is_tree_or_blob(segments[i + 1])) return Border{i, i + 2, RevKind::any};
    if (segments[i] == "src" && gitea_kind(segments[i + 1]) != RevKind::none)
      return Border{i, i + 2, gitea_kind(segments[i + 1])};
  }
  return std::nullopt;
}

Border find_border(const Segments& segments, const detail::UrlPieces& pieces) {
  const std::string host = to_lower_ascii(pieces.host);
  const std::size_t size = segments.size();
  // What a folder of this machine is called does not tell whether it is a repository.
  if (pieces.scheme == "file") return {size, size, RevKind::none};
  const bool has_two_segments = host == "github.com" || host == "bitbucket.org";
  const auto dot_git = std::find_if(segments.begin(), segments.end(),
                                    [](std::string_view segment) { return segment.ends_with(".git"); });
  std::size_t end = size;
  if (has_two_segments)
    end = std::min(size, std::size_t{2});
  else if (dot_git != segments.end())
    end = static_cast<std::size_t>(dot_git - segments.begin()) + 1;

  if (pieces.scheme == "http" || pieces.scheme == "https")
    if (const auto page = find_page(segments, host, has_two_segments ? size : end)) return *page;
  return {end, end, RevKind::none};
}

/// Moves the rev out of `rest` where its end is certain: an id has no slash, and one segment cannot be divided.
void divide_if_certain(UrlParts& parts) {
  const std::size_t slash = parts.rest.find('/');
  const std::string first = parts.rest.substr(0, slash);
  if (slash != std::string::npos && parts.rev_kind != RevKind::commit && !Oid::parse(first)) return;
  parts.rev = first;
  parts.rest.erase(0, slash == std::string::npos ? slash : slash + 1);
}

/// MLEM's form for local repositories, `git://[host]/path:REV@[<path>]`. It has no escapes, and its rev no `@`.
std::optional<UrlParts> split_mlem_form(std::string_view text) {
  const auto pieces = detail::take_apart(text);
  if (!pieces || pieces->scheme != "git") return std::nullopt;
  const std::string_view path = pieces->path;
  const std::size_t colon = path.find(':');
  const std::size_t at = path.find('@', colon == std::string_view::npos ? path.size() : colon);
  if (at == std::string_view::npos || at == colon + 1) return std::nullopt;

  UrlParts parts;
  const std::string_view directory = path.substr(0, colon);
  if (pieces->host.empty())
    parts.repo = file_url(directory);
  else
    parts.repo = text.substr(0, text.size() - path.size() + colon);
  parts.rev_kind = RevKind::any;
  parts.rev = path.substr(colon + 1, at - colon - 1);
  parts.rest = path.substr(at + 1);
  if (parts.rest.starts_with('/')) parts.rest.erase(0, 1);
  return parts;
}

/// What `link` prints where a host's pages are not known, `<repo>@<rev>:<path>`: an address ends in `/`, and a rev has
/// no colon. It has no escapes behind the address.
std::optional<UrlParts> split_printed_form(std::string_view text) {
  const auto pieces = detail::take_apart(text);
  if (!pieces) return std::nullopt;
  const std::string_view path = pieces->path;
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::size_t at = path.rfind("/@", colon);
  if (at == std::string_view::npos || at + 2 == colon) return std::nullopt;
  UrlParts parts;
  parts.repo = text.substr(0, text.size() - path.size() + at + 1);
  parts.rev_kind = RevKind::any;
  parts.rev = path.substr(at + 2, colon - at - 2);
  parts.rest = path.substr(colon + 1);
  return parts;
}

}  // namespace

UrlParts split_url(std::string_view text) {
  if (auto parts = split_mlem_form(text)) return *parts;
  if (auto parts = split_printed_form(text)) return *parts;

  UrlParts parts;
  parts.repo = text;
  const auto pieces = detail::take_apart(text);
  // A query or fragment is neither path nor rev, and RepoUrl::parse says so.
  if (!pieces || text.find_first_of("?#") != std::string_view::npos) return parts;

  std::string_view path = pieces->path;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  const Segments segments = split(path, '/');
  const Border border = find_border(segments, *pieces);
  if (border.repo_end == segments.size()) return parts;

  const std::string_view last_of_repo = segments[border.repo_end - 1];
  parts.repo = text.substr(0, static_cast<std::size_t>(last_of_repo.data() - text.data()) + last_of_repo.size());
  const std::string_view first_of_rest = segments[border.rest_begin];
  const std::string_view rest = path.substr(static_cast<std::size_t>(first_of_rest.data() - path.data()));
  parts.rest = pieces->is_scp ? std::string(rest) : detail::decode_escapes(rest);
  parts.rev_kind = border.rev_kind;
  if (parts.rev_kind != RevKind::none) divide_if_certain(parts);
  return parts;
}

bool looks_like_url(std::string_view text) {
  return detail::scheme_length(text, "::") > 0 || detail::take_apart(text).has_value();
}

bool is_surely_url(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return false;  // most paths are told by this alone
  if (detail::scheme_length(text, "::") > 0) return true;
  const auto pieces = detail::take_apart(text);
  // `@:path` and `HEAD@{1}:path` are revs.
  return pieces && (!pieces->is_scp || (pieces->user && !pieces->user->empty() && !pieces->host.starts_with('{')));
}

std::string file_url(std::string_view path) {
  std::string special = "%?#";
  // An address is UTF-8; a directory's name need not be.
  if (!is_utf8(path))
    for (int byte = 0x80; byte <= 0xff; ++byte) special += static_cast<char>(byte);
  return "file://" + detail::escape(path, special);
}

RepoUrl web_address(const RepoUrl& repo) {
  constexpr auto known =
      std::to_array<std::string_view>({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "huggingface.co"});
  const bool is_ssh = repo.scheme() == "ssh";
  const bool is_known = std::find(known.begin(), known.end(), repo.host()) != known.end();
  // The user of ssh is the host's, as in `git@github.com`. With http it is somebody's own.
  if (!is_known || repo.has_password() || (!is_ssh && (repo.scheme() != "http" || repo.has_user()))) return repo;
  const std::string& address = repo.normalized();
  std::string_view rest = std::string_view(address).substr(repo.scheme().size() + std::string_view("://").size());
  if (repo.has_user()) rest.remove_prefix(std::min(rest.find('@') + 1, rest.size()));
  rest.remove_prefix(repo.host().size());
  if (!rest.starts_with('/')) return repo;  // a port of its own
  // So the scp form is normalised.
  constexpr std::string_view home = "/~/";
  if (is_ssh && rest.starts_with(home)) rest.remove_prefix(home.size() - 1);
  return RepoUrl::parse("https://" + repo.host() + std::string(rest));
}

std::optional<std::string> browse_url(const RepoUrl& repo, std::string_view rev, std::string_view path) {
  std::string base = repo.normalized();
  // An address with a user or a port of its own is no page that everybody can open.
  if (repo.is_helper() || !base.starts_with("https://" + repo.host() + "/")) return std::nullopt;
  // git may be told it, and the hosts' pages do not have it.
  if (constexpr std::string_view suffix = ".git"; base.ends_with(suffix)) base.erase(base.size() - suffix.size());

  std::string page;
  std::string shown_rev(rev);
  if (repo.host() == "github.com" || repo.host() == "huggingface.co") {
    page = "/tree/";
  } else if (repo.host() == "gitlab.com") {
    page = "/-/tree/";
  } else if (repo.host() == "bitbucket.org") {
    page = "/src/";
  } else if (repo.host() == "codeberg.org") {
    constexpr std::string_view heads = "refs/heads/";
    constexpr std::string_view tags = "refs/tags/";
    if (Oid::parse(rev)) {
      page = "/src/commit/";
    } else if (rev.starts_with(heads)) {
      page = "/src/branch/";
      shown_rev.erase(0, heads.size());
    } else if (rev.starts_with(tags)) {
      page = "/src/tag/";
      shown_rev.erase(0, tags.size());
    } else {
      return std::nullopt;  // its pages name the kind, and split_url() reads none without it
    }
  } else {
    return std::nullopt;
  }
  constexpr std::string_view special = " \"#%<>?";
  page = base + page + detail::escape(shown_rev, special);
  if (!path.empty()) page += "/" + detail::escape(path, special);
  return page;
}

}  // namespace mlem
