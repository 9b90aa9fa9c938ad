#pragma once

#include "base/file.hpp"
#include "base/process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mlem::git::detail {

/// Returns `environment` with git's messages in English; the encoding of texts stays the user's, for filters need it.
Environment in_english(Environment environment);

/// Returns `environment` for git: in_english(), and without replace refs and grafts, for whoever may push could put a
/// signed commit in the place of another.
Environment for_git(const Environment& environment);

/// Returns `git` with these arguments, in an environment for_git().
Program git_program(std::vector<std::string> arguments, const Environment& environment, const std::string& directory);

/// Returns `environment` for reading what a repository has, in `object_dir` too (empty: nowhere else), and nothing
/// else: what a partial clone has left on its server is not fetched.
Environment for_reading(Environment environment, const fs::path& object_dir);

/// Returns git on the repository `git_dir` with these arguments; `environment` is for_reading().
Program program_on(const fs::path& git_dir, std::vector<std::string> arguments, const Environment& environment);

/// Returns the directories of a list of alternates, as git reads GIT_ALTERNATE_OBJECT_DIRECTORIES (separated by `:`,
/// git(1)) and `info/alternates` (by newlines, gitrepository-layout(5)): in C quotes where one has the separator
/// itself, a comment where one begins with `#`.
std::vector<fs::path> split_alternates(std::string_view list, char separator);

/// Returns what git says it died of: the last `fatal:` line of its stderr without that word, and the last `error:` line
/// with the cause if there is one; without a `fatal:` line, the last line.
std::string last_fatal(std::string_view errors);

/// Returns `result.output`. Throws Error(unavailable) with `what_failed` if the run did not succeed.
std::string output_of(RunResult result, std::string_view what_failed);

/// Splits output of `-z` at its NULs, one behind every record.
std::vector<std::string_view> records(std::string_view output);

}  // namespace mlem::git::detail
