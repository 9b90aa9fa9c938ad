#include "command/detail/operands.hpp"

#include "base/error.hpp"
#include "command/output.hpp"
#include "model/object_name.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "model/rev.hpp"

#include <boost/filesystem/operations.hpp>

#include <sys/stat.h>
#include <utility>

namespace mlem::command {
namespace {

/// `a..b` or `a...b` of two commits.
std::optional<history::Range> find_range(const git::Registry& registry, const std::string& word) {
  auto range = history::Range::parse(word);
  return range && history::names_commits(registry, *range) ? range : std::nullopt;
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

/// Whether a word names a file or directory of the work tree or, unlike to git, of the index, where the links are; a
/// link without its `.mlem` too.
bool names_file(const git::Registry& registry, const std::string& word) {
  if (!registry.has_work_tree()) return false;
  const std::string link = word + std::string(mlem_suffix);
  if (is_on_disk(registry, word) || is_on_disk(registry, link)) return true;
  return !word.starts_with(':') && !registry.index_files("", {word, link}).empty();
}

/// The commit or tree that an expression of gitrevisions(7) names; nothing if it names neither.
std::optional<Oid> find_tree_ish(const git::Registry& registry, const std::string& expression) {
  const auto oid = registry.find_object(expression);
  return oid ? registry.objects().find_tree_ish(*oid) : std::nullopt;
}

/// `<rev>:<directory>`.
struct Directory {
  Oid commit;
  std::string path;  ///< empty: the root
};

/// Takes it apart; nothing for what is written otherwise or has no commit.
std::optional<Directory> find_directory_of(const git::Registry& registry, const std::string& word) {
  if (word.ends_with(':')) {
    const auto commit = registry.find_commit(word.substr(0, word.size() - 1));
    return commit ? std::optional(Directory{*commit, ""}) : std::nullopt;
  }
  const ObjectName name = ObjectName::parse(word);
  if (name.kind != ObjectName::Kind::rev) return std::nullopt;
  const auto commit = registry.find_commit(name.rev);
  if (!commit) return std::nullopt;
  // With a component more, for a root has no path of its own.
  const RepoPath inside = RepoPath::parse(name.path + "/x", name.is_relative_to_cwd() ? registry.prefix() : "");
  return Directory{*commit, std::string(inside.directory())};
}

Error ambiguous(const std::string& word, const std::string& why) {
  return {ErrorKind::not_found, "ambiguous argument '" + redact(word) + "'", why,
          "use '--' to separate paths from revisions: '[<rev>] -- [<pathspec>...]'"};
}

}  // namespace

bool is_on_disk(const git::Registry& registry, const std::string& word) {
  if (word.empty() || !registry.has_work_tree()) return false;
  const bool from_top = word.starts_with(":/");
  const fs::path path = from_top ? registry.work_tree() / word.substr(2) : fs::absolute(word, registry.directory());
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

Operands tell_apart(const git::Registry& registry, const Options& options, const Options::Rest& rest, Ranges ranges) {
  Operands operands;
  std::optional<Directory> directory;
  operands.paths = rest.paths;
  operands.prefix = registry.prefix();
  for (const std::string& word : rest.words) {
    const bool may_be_rev = rest.has_separator || operands.paths.empty();
    auto range = may_be_rev && ranges == Ranges::yes ? find_range(registry, word) : std::nullopt;
    const auto tree = may_be_rev && !range ? find_tree_ish(registry, word) : std::nullopt;
    if (range || tree) {
      if (!rest.has_separator && is_on_disk(registry, word)) throw ambiguous(word, "both revision and filename");
      if (operands.rev) throw options.wrong("more than one revision; paths follow '--'");
      operands.rev = word;
      operands.range = std::move(range);
      operands.tree = tree;
      if (operands.range || registry.find_commit(word)) continue;
      directory = find_directory_of(registry, word);
      if (directory)
        operands.tree = directory->commit;
      else
        operands.prefix.clear();
      continue;
    }
    if (rest.has_separator || word.empty()) {
      throw Error(ErrorKind::not_found, "bad revision '" + redact(word) + "'", "it names no commit",
                  "paths follow '--'");
    }
    if (!looks_like_pathspec(word) && !names_file(registry, word)) {
      throw ambiguous(word, "unknown revision or path not in the working tree");
    }
    operands.paths.push_back(word);
  }
  if (directory && !operands.paths.empty()) {
    throw options.wrong("'" + *operands.rev + "' is a directory already; paths follow a commit");
  }
  if (directory && !directory->path.empty()) {
    // Magic means nothing where the user has switched it off.
    const std::string literal = registry.environment().find("GIT_LITERAL_PATHSPECS").value_or("0");
    operands.paths = {literal == "0" ? ":(top,literal)" + directory->path
                                     : relative_to(directory->path + "/", registry.prefix()) + "."};
  }
  return operands;
}

std::string parse_ref(const git::Registry& registry, const std::string& word) {
  if (word == "HEAD") {
    std::string branch = registry.objects().final_ref("HEAD");
    if (branch != "HEAD") return branch;
    throw Error(ErrorKind::invalid, "HEAD is detached", "it is not a branch's tip", "name the ref that is meant");
  }
  std::string name = full_ref_name(word);
  if (!is_ref_name(name) || word.starts_with('-')) {
    throw Error(ErrorKind::invalid, "'" + redact(word) + "' is not a name of a ref", "", "see git-check-ref-format(1)");
  }
  return name;
}

}  // namespace mlem::command
