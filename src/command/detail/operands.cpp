#include "command/detail/operands.hpp"

#include "base/error.hpp"

#include <boost/filesystem/operations.hpp>

#include <sys/stat.h>

namespace mlem::command {
namespace {

/// `a..b` or `a...b` of two commits.
bool is_range(const git::Registry& registry, const std::string& word) {
  const std::size_t dots = word.find("..");
  // `..` alone is a directory, to git too.
  if (dots == std::string::npos || word.size() == 2) return false;
  const auto is_commit = [&](const std::string& side) {
    return registry.find_commit(side.empty() ? "HEAD" : side).has_value();
  };
  return is_commit(word.substr(0, dots)) && is_commit(word.substr(dots + (word.compare(dots, 3, "...") == 0 ? 3 : 2)));
}

/// Whether a word is a pathspec by its look, as git's setup.c has it: wildcards, or magic.
bool looks_like_pathspec(const std::string& word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\')
      ++i;
    else if (word[i] == '*' || word[i] == '?' || word[i] == '[')
      return true;
  }
  return word.starts_with(":(") || word.starts_with(":!") || word.starts_with(":^");
}

/// Whether a word names a file or directory of the work tree.
bool is_on_disk(const git::Registry& registry, const std::string& word) {
  if (word.empty() || !registry.has_work_tree()) return false;
  const bool from_top = word.starts_with(":/");
  const fs::path path = from_top ? registry.work_tree() / word.substr(2) : fs::absolute(word, registry.directory());
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

/// Or, unlike to git, of the index, where the links are.
bool names_file(const git::Registry& registry, const std::string& word) {
  return is_on_disk(registry, word) ||
         (registry.has_work_tree() && !word.starts_with(':') && !registry.index_files("", {word}).empty());
}

Error ambiguous(const std::string& word, const std::string& why) {
  return {ErrorKind::not_found, "ambiguous argument '" + word + "'", why,
          "use '--' to separate paths from revisions: '[<rev>] -- [<pathspec>...]'"};
}

}  // namespace

Operands tell_apart(const git::Registry& registry, const Options& options, const Options::Rest& rest, Ranges ranges) {
  Operands operands;
  operands.paths = rest.paths;
  for (const std::string& word : rest.words) {
    const bool may_be_rev = rest.has_separator || operands.paths.empty();
    const bool range = may_be_rev && ranges == Ranges::yes && is_range(registry, word);
    if (range || (may_be_rev && find_tree_ish(registry, word))) {
      if (!rest.has_separator && is_on_disk(registry, word)) throw ambiguous(word, "both revision and filename");
      if (operands.rev) throw options.wrong("more than one revision; paths follow '--'");
      operands.rev = word;
      operands.is_range = range;
      continue;
    }
    if (rest.has_separator || word.empty()) {
      throw Error(ErrorKind::not_found, "bad revision '" + word + "'", "it names no commit", "paths follow '--'");
    }
    if (!looks_like_pathspec(word) && !names_file(registry, word)) {
      throw ambiguous(word, "unknown revision or path not in the working tree");
    }
    operands.paths.push_back(word);
  }
  return operands;
}

std::optional<Oid> find_tree_ish(const git::Registry& registry, const std::string& expression) {
  const auto oid = registry.find_object(expression);
  return oid ? registry.objects().find_tree_ish(*oid) : std::nullopt;
}

}  // namespace mlem::command
