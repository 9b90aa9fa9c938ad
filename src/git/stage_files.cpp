#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/pathspec_options.hpp"
#include "git/detail/raw_change.hpp"
#include "git/registry.hpp"

#include <array>
#include <charconv>
#include <unistd.h>
#include <utility>

// What becomes of files that a command has written: whether git would take them, their blobs, their entries.

namespace mlem::git {
namespace {

using detail::git_program;
using detail::output_of;
using detail::throw_not_understood;

std::string octal(std::uint32_t mode) {
  std::array<char, 16> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  return {digits.data(), result.ptr};
}

}  // namespace

bool Registry::is_ignored(const std::string& name) const {
  std::vector<std::string> arguments{"check-ignore", "--quiet"};
  // Without a look at the index, which takes its time; but a sparse checkout may have left a .gitignore there alone.
  if (!config().boolean("core.sparsecheckout", false)) arguments.emplace_back("--no-index");
  // An absolute name has no magic, and this command takes no pathspecs that are literal.
  arguments.insert(arguments.end(), {"--", (work_tree_ / name).string()});
  return run(git_program(std::move(arguments), detail::without_pathspec_options(at_root()), root())).code == 0;
}

bool Registry::is_outside_checkout(const std::string& name) const {
  if (!config().boolean("core.sparsecheckout", false)) return false;
  Environment environment = at_root_literally();
  // Of an index that is not there yet. In the repository's, it would take all that is beside the file for checked out.
  environment.set("GIT_INDEX_FILE", index_file_.string() + ".mlem-" + std::to_string(getpid()));
  return run(git_program({"add", "--dry-run", "--force", "--", name}, environment, root())).code == 1;
}

Oid Registry::write_blob(std::string_view name, std::string_view content) const {
  const std::string what_failed = "cannot write '" + escape_for_terminal(name) + "'";
  const std::string output = output_of(
      run(git_program({"hash-object", "-w", "--stdin", "--path=" + std::string(name)}, at_root(), root()), content),
      what_failed);
  const auto oid = Oid::parse(trim(output));
  if (!oid) throw_not_understood(output);
  return *oid;
}

void Registry::stage_files(const std::vector<File>& files, const std::vector<std::string>& removed) const {
  // First the entries, for git leaves one alone that is to be assumed unchanged or is outside of a sparse checkout.
  // Then what it finds in the work tree: the new ones know nothing of the files.
  std::vector<std::string> arguments{"update-index", "--add", "--replace"};
  std::string names;
  for (const File& file : files) {
    names += file.name + '\0';
    if (file.entry.oid == Oid()) continue;
    arguments.insert(arguments.end(),
                     {"--cacheinfo", octal(file.entry.mode) + ',' + file.entry.oid.hex() + ',' + file.name});
  }
  if (!removed.empty()) arguments.push_back("--remove");
  for (const std::string& name : removed) names += name + '\0';
  arguments.insert(arguments.end(), {"-z", "--stdin"});
  const RunResult result = run(git_program(std::move(arguments), at_root(), root()), names);
  if (result.code == 0) return;
  const std::string why = detail::last_fatal(result.errors);
  if (why.find("--cacheinfo cannot add") != std::string::npos) {
    throw Error(ErrorKind::invalid, "cannot update the index", escape_for_terminal(why));
  }
  // The lock may not be made for other reasons: no right, no room.
  const bool locked = why.find(".lock': File exists") != std::string::npos;
  throw Error(ErrorKind::unavailable, "cannot update the index", escape_for_terminal(why),
              locked ? "another git process may be at work here; if none is, remove the file" : "");
}

}  // namespace mlem::git
