#include "git/detail/command.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <utility>

namespace mlem::git::detail {

Environment in_english(Environment environment) {
  // LC_ALL would win over LC_MESSAGES.
  if (const auto all = environment.find("LC_ALL")) {
    environment.set("LC_CTYPE", *all);
    environment.unset("LC_ALL");
  }
  environment.set("LC_MESSAGES", "C");
  environment.unset("LANGUAGE");
  return environment;
}

Environment for_git(const Environment& environment) {
  Environment own = in_english(environment);
  own.set("GIT_NO_REPLACE_OBJECTS", "1");
  own.set("GIT_GRAFT_FILE", "/dev/null");
  return own;
}

Program git_program(std::vector<std::string> arguments, const Environment& environment, const std::string& directory) {
  // A graft file is old-fashioned to git even if it is empty, and it says so at every turn.
  arguments.insert(arguments.begin(), {"git", "-c", "advice.graftFileDeprecated=false"});
  return {std::move(arguments), for_git(environment), directory};
}

Environment for_reading(Environment environment, const fs::path& object_dir) {
  environment.set("GIT_NO_LAZY_FETCH", "1");
  environment.unset("GIT_OBJECT_DIRECTORY");
  if (object_dir.empty()) return environment;
  // A list with `:` between its items, which git reads in C quotes too.
  std::string alternates = "\"";
  for (const char c : object_dir.string()) {
    if (c == '"' || c == '\\') alternates += '\\';
    alternates += c;
  }
  alternates += '"';
  if (const auto others = environment.find("GIT_ALTERNATE_OBJECT_DIRECTORIES")) alternates += ":" + *others;
  environment.set("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternates);
  return environment;
}

Program program_on(const fs::path& git_dir, std::vector<std::string> arguments, const Environment& environment) {
  arguments.insert(arguments.begin(), "--git-dir=" + git_dir.string());
  return git_program(std::move(arguments), environment, {});
}

std::vector<fs::path> split_alternates(std::string_view list, char separator) {
  std::vector<fs::path> directories;
  std::string directory;
  bool quoted = false;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i == list.size() || (list[i] == separator && !quoted)) {
      if (!directory.empty() && directory.front() != '#') directories.emplace_back(directory);
      directory.clear();
    } else if (list[i] == '"' && (quoted || directory.empty())) {
      quoted = !quoted;
    } else {
      if (quoted && list[i] == '\\' && i + 1 < list.size()) ++i;
      directory += list[i];
    }
  }
  return directories;
}

std::string last_fatal(std::string_view errors) {
  constexpr std::string_view fatal = "fatal: ";
  constexpr std::string_view error = "error: ";
  std::string_view last;
  std::string_view last_error;
  std::string_view last_of_all;
  for (const std::string_view line : split(errors, '\n')) {
    if (line.starts_with(fatal)) last = line.substr(fatal.size());
    if (line.starts_with(error)) last_error = line.substr(error.size());
    if (!trim(line).empty()) last_of_all = trim(line);
  }
  if (last.empty()) return std::string(last_of_all);
  return last_error.empty() ? std::string(last) : std::string(last) + ": " + std::string(last_error);
}

std::string output_of(RunResult result, std::string_view what_failed) {
  if (result.code != 0) {
    std::string why = last_fatal(result.errors);
    if (why.empty()) why = "git ended with code " + std::to_string(result.code);
    throw Error(ErrorKind::unavailable, std::string(what_failed), std::move(why));
  }
  return std::move(result.output);
}

std::vector<std::string_view> records(std::string_view output) {
  if (output.empty()) return {};
  if (output.back() == '\0') output.remove_suffix(1);
  return split(output, '\0');
}

}  // namespace mlem::git::detail
