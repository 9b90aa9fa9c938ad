#include "git/merge_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "git/detail/command.hpp"

#include <boost/filesystem/operations.hpp>

#include <utility>
#include <vector>

namespace mlem::git {
namespace {

std::string write_side(const TemporaryDirectory& directory, const char* name, const std::string& text) {
  const fs::path file = directory.path() / name;
  AtomicFile(file, text).commit();
  return file.string();
}

}  // namespace

std::optional<MergedText> merge_texts(const Registry& registry, const TextMerge& merge) {
  // git reads regular files only; those of a killed process are removed by the next one.
  const fs::path parent = registry.is_there() ? registry.git_dir() : fs::temp_directory_path();
  const TemporaryDirectory directory(parent, "mlem-merge-");
  std::vector<std::string> arguments;
  if (merge.hides_base) arguments.insert(arguments.end(), {"-c", "merge.conflictStyle=merge"});
  arguments.insert(arguments.end(), {"merge-file", "-p", "-L", merge.our_label, "-L", "base", "-L",
                                     merge.their_label, "--marker-size=" + std::to_string(merge.marker_size)});
  arguments.push_back(write_side(directory, "ours", merge.ours));
  arguments.push_back(write_side(directory, "base", merge.base));
  arguments.push_back(write_side(directory, "theirs", merge.theirs));
  RunResult result = registry.git(std::move(arguments));
  // The exit code is the number of conflicts, 127 at most.
  constexpr int most_conflicts = 127;
  if (result.code >= 0 && result.code <= most_conflicts) return MergedText{std::move(result.output), result.code == 0};
  if (result.errors.find("Cannot merge binary files") != std::string::npos) return std::nullopt;
  throw Error(ErrorKind::unavailable, "cannot merge files", detail::last_fatal(result.errors));
}

}  // namespace mlem::git
