#include "model/source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mlem {
namespace {

using RevKind = UrlParts::RevKind;

/// Refs are files under `refs/` (or must be able to be): Linux's PATH_MAX bounds their names.
constexpr std::size_t max_ref_length = 4096;

Error invalid(std::string_view field, std::string_view value, std::string why) {
  return {ErrorKind::invalid, "invalid " + std::string(field) + " '" + escape_for_terminal(redact(value)) + "'",
          std::move(why)};
}

/// Returns whether `text` begins with all the segments of `beginning`.
bool starts_with_segments(std::string_view text, std::string_view beginning) {
  return text == beginning || is_below(text, beginning);
}

/// What the root of a tree is called in the path of a plain link.
constexpr std::string_view root_name = ".";

/// Returns the path from the root as a source has it: normalised. Only a plain one may be the root.
std::string source_path(std::string_view text, std::optional<Plain> plain) {
  if (!plain) return RepoPath::parse(text).text();
  std::string path = RepoPath::parse_or_root(text).text();
  return path.empty() ? std::string(root_name) : path;
}

/// Puts together what an address says, the rev beside it and the path behind it.
Source assemble(std::string_view url, const UrlParts& parts, const std::optional<std::string>& rev,
                std::string_view path, std::optional<Plain> plain) {
  if (plain && path.empty()) path = root_name;
  Source source;
  source.plain = plain;
  source.repo = RepoUrl::parse(parts.repo);
  source.rev_kind = parts.rev_kind;

  const bool is_undivided = parts.rev_kind != RevKind::none && parts.rev.empty();
  const bool agrees =
      is_undivided ? !rev || starts_with_segments(parts.rest, *rev) : parts.rev.empty() || !rev || *rev == parts.rev;
  if (!agrees) throw invalid("rev", *rev, "'" + escape_for_terminal(redact(url)) + "' names another rev");

  if (is_undivided) {
    source.undivided = parts.rest;
    source.path = path;
    return rev ? source.divided_at(*rev) : source;
  }
  if (rev)
    source.rev = Rev::parse(*rev);
  else
    source.rev = parts.rev.empty() ? Rev::head() : Rev::parse(parts.rev);
  const std::string whole = join(parts.rest, path);
  if (whole.empty()) throw invalid("address", url, "it names no file in the repository");
  source.path = source_path(whole, plain);
  if (!plain && !path.empty() && !parts.rest.empty()) source.directory = RepoPath::parse(parts.rest).text();
  return source;
}

/// Throws for an address that MLEM reads otherwise: to it `/blob/` is a directory of the default branch, and what
/// follows the repository has no escapes.
void require_address_of_mlem(std::string_view address) {
  constexpr std::string_view blob = "/blob/";
  const std::string repo = split_url(address).repo;
  if (!address.starts_with(repo)) return;  // MLEM's own form for local repositories
  const std::string_view rest = address.substr(repo.size());
  if (rest.starts_with(blob)) {
    throw Error(ErrorKind::invalid, "invalid repository '" + escape_for_terminal(redact(address)) + "'",
                "'blob' is a directory of the default branch to MLEM",
                "write '/tree/' instead of '/blob/', or the repository alone and 'rev'");
  }
  if (rest.find('%') != std::string_view::npos) {
    throw invalid("repository", address, "MLEM does not read the escape in it");
  }
}

bool has_parent_component(std::string_view path) {
  if (path.find("..") == std::string_view::npos) return false;
  const auto components = split(path, '/');
  return std::find(components.begin(), components.end(), "..") != components.end();
}

/// What a link with a rev and no repository points at.
Source at_rev(const Link& link) {
  if (link.path.starts_with('/')) throw invalid("path", link.path, "it is absolute");
  Source source;
  source.rev = Rev::parse(*link.rev);
  source.path = source_path(link.path, link.plain);
  source.plain = link.plain;
  return source;
}

}  // namespace

Source Source::from_url(std::string_view url, const std::optional<std::string>& rev, std::optional<Plain> plain) {
  return assemble(url, split_url(url), rev, {}, plain);
}

Source Source::from_parts(const std::string& repo, const std::string& path, const std::optional<std::string>& rev,
                          std::optional<Plain> plain) {
  if (is_surely_url(path)) throw invalid("path", path, "it is an address, and the link names a repository too");
  if (path.starts_with('/')) throw invalid("path", path, "it is absolute");
  const std::string url = repo.starts_with('/') ? file_url(repo) : repo;
  if (!looks_like_url(url)) throw invalid("repository", repo, "it is a relative path");
  return assemble(url, split_url(url), rev, path, plain);
}

Source Source::from_link(const Link& link) {
  if (is_surely_url(link.path) && !link.repo) {
    if (link.path.find("://") == std::string::npos && link.path.find("::") == std::string::npos) {
      throw invalid("path", link.path, "it is an address to git and a file's name to MLEM");
    }
    require_address_of_mlem(link.path);
    return from_url(link.path, link.rev, link.plain);
  }
  if (!link.plain || link.path != root_name) require_one_reading(link.path);
  if (link.repo || link.rev) {
    if (link.repo) require_address_of_mlem(*link.repo);
    const Source source = link.repo ? from_parts(*link.repo, link.path, link.rev, link.plain) : at_rev(link);
    if (!has_parent_component(link.path)) return source;
    throw Error(ErrorKind::invalid, "invalid path '" + escape_for_terminal(link.path) + "'",
                "it leads through a directory that need not be there, and then MLEM finds nothing or something else",
                "write 'path: " + escape_for_terminal(source.path) + "'");
  }
  if (link.plain) {
    throw Error(ErrorKind::invalid, "invalid plain link", "it names neither a repository nor a rev, as an alias",
                "only a link to a metafile can be an alias");
  }
  if (link.path.starts_with('/')) throw invalid("path", link.path, "it is absolute");
  Source source;
  source.path = link.path;
  return source;
}

RepoPath Source::tree_path(std::string_view project_root) const {
  assert(undivided.empty());
  const std::string_view base = is_alias() ? project_root : std::string_view();
  return plain ? RepoPath::parse_or_root(path, base) : RepoPath::parse(path, base);
}

std::vector<std::string_view> Source::possible_revs() const {
  const std::string_view text = undivided;
  std::vector<std::string_view> revs;
  for (std::size_t end = text.find('/'); end != std::string_view::npos && end <= max_ref_length;
       end = text.find('/', end + 1)) {
    if (end > 0) revs.push_back(text.substr(0, end));
  }
  if (!path.empty() && text.size() <= max_ref_length) revs.push_back(text);
  return revs;
}

Source Source::divided_at(std::string_view rev_text) const {
  assert(starts_with_segments(undivided, rev_text));
  Source source = *this;
  source.rev = Rev::parse(rev_text);
  std::string_view inner = std::string_view(undivided).substr(rev_text.size());
  if (inner.starts_with('/')) inner.remove_prefix(1);
  const std::string whole = join(inner, path);
  if (whole.empty()) throw invalid("path", undivided, "it names a rev and no file");
  source.path = source_path(whole, plain);
  source.directory = plain || path.empty() || inner.empty() ? std::string() : RepoPath::parse(inner).text();
  source.undivided.clear();
  return source;
}

void require_one_reading(std::string_view path) {
  const auto refuse = [path](std::string why, std::string hint) {
    return Error(ErrorKind::invalid, "invalid path '" + escape_for_terminal(redact(path)) + "'", std::move(why),
                 std::move(hint));
  };
  if (path.find('\\') != std::string_view::npos) {
    std::string slashes(path);
    std::replace(slashes.begin(), slashes.end(), '\\', '/');
    throw refuse("it has a '\\', which is a '/' to MLEM",
                 "write 'path: " + escape_for_terminal(redact(slashes)) + "' if that is meant");
  }
  const std::string_view last = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (last.empty() && !path.empty()) throw refuse("it ends in '/'", "leave the '/' out");
  if (last == "." || last == "..") throw refuse("it ends in '" + std::string(last) + "' and names no file", {});
}

}  // namespace mlem
