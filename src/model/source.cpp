#include "model/source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

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

/// Puts together what an address says, the rev beside it and the path behind it.
Source assemble(std::string_view url, const UrlParts& parts, const std::optional<std::string>& rev,
                std::string_view path) {
  Source source;
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
  source.path = RepoPath::parse(whole).text();
  return source;
}

}  // namespace

Source Source::from_url(std::string_view url, const std::optional<std::string>& rev) {
  return assemble(url, split_url(url), rev, {});
}

Source Source::from_parts(const std::string& repo, const std::string& path, const std::optional<std::string>& rev) {
  if (is_surely_url(path)) throw invalid("path", path, "it is an address, and the link names a repository too");
  if (path.starts_with('/')) throw invalid("path", path, "it is absolute");
  const std::string url = repo.starts_with('/') ? file_url(repo) : repo;
  if (!looks_like_url(url)) throw invalid("repository", repo, "it is a relative path");
  return assemble(url, split_url(url), rev, path);
}

Source Source::from_link(const Link& link) {
  if (is_surely_url(link.path) && !link.repo) return from_url(link.path, link.rev);
  if (link.repo) return from_parts(*link.repo, link.path, link.rev);
  if (link.path.starts_with('/')) throw invalid("path", link.path, "it is absolute");
  Source source;
  source.path = link.path;
  if (link.rev) {
    source.rev = Rev::parse(*link.rev);
    source.path = RepoPath::parse(link.path).text();
  }
  return source;
}

RepoPath Source::tree_path(std::string_view project_root) const {
  assert(undivided.empty());
  return RepoPath::parse(path, is_alias() ? project_root : std::string_view());
}

std::vector<std::string_view> Source::possible_revs() const {
  const std::string_view text = undivided;
  std::vector<std::string_view> revs;
  for (std::size_t end = text.find('/'); end != std::string_view::npos && end <= max_ref_length;
       end = text.find('/', end + 1))
    revs.push_back(text.substr(0, end));
  if (!path.empty() && text.size() <= max_ref_length) revs.push_back(text);
  return revs;
}

Source Source::divided_at(std::string_view rev_text) const {
  assert(starts_with_segments(undivided, rev_text));
  Source source = *this;
  source.rev = Rev::parse(rev_text);
  std::string_view directory = std::string_view(undivided).substr(rev_text.size());
  if (directory.starts_with('/')) directory.remove_prefix(1);
  const std::string whole = join(directory, path);
  if (whole.empty()) throw invalid("path", undivided, "it names a rev and no file");
  source.path = RepoPath::parse(whole).text();
  source.undivided.clear();
  return source;
}

}  // namespace mlem
