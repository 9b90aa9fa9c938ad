#include "command/detail/revs.hpp"

#include "base/error.hpp"
#include "command/detail/operands.hpp"
#include "history/range.hpp"
#include "model/repo_url.hpp"

namespace mlem::command {
namespace {

bool names_revs(const git::Registry& registry, const std::string& word) {
  if (word.empty()) return false;
  const auto range = history::Range::parse(word);
  if (range) return history::names_commits(registry, *range);
  return registry.find_commit(word).has_value();
}

}  // namespace

RevsAndPaths tell_revs_apart(const git::Registry& registry, const Options::Rest& rest) {
  RevsAndPaths told{.revs = {}, .paths = {}};
  for (const std::string& word : rest.words) {
    // A directory may have the name of a branch that is not meant.
    const bool is_file = !rest.has_separator && is_on_disk(registry, word);
    // Whether a file's name is a rev too takes a process to tell, and most are not: not those with a suffix.
    const bool is_rev = !(is_file && word.ends_with(".mlem")) && names_revs(registry, word);
    if (is_rev && is_file) {
      throw Error(ErrorKind::not_found, "ambiguous argument '" + redact(word) + "'", "both revision and filename",
                  "use '--' to separate paths from revisions: '[<rev>] -- [<path>...]'");
    }
    if (!is_rev && rest.has_separator) {
      throw Error(ErrorKind::not_found, "bad revision '" + redact(word) + "'", "it names no commit",
                  "paths follow '--'");
    }
    (is_rev ? told.revs : told.paths).push_back(word);
  }
  told.paths.insert(told.paths.end(), rest.paths.begin(), rest.paths.end());
  return told;
}

}  // namespace mlem::command
