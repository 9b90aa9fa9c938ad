#include "git/http_config.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "git/detail/command.hpp"

namespace mlem::git {

Config http_config(std::string_view url, const Environment& environment, const std::string& directory) {
  // Without a repository: that of the current directory has settings too.
  RunResult result = run(detail::git_program(
      {"--git-dir=/dev/null", "config", "-z", "--get-urlmatch", "http", std::string(url)}, environment, directory));
  if (result.code == 1) return Config::parse({});  // nothing is set
  return Config::parse(detail::output_of(std::move(result), "cannot read git's configuration"));
}

Config parse_config_file(std::string_view text, const Environment& environment) {
  const RunResult result =
      run(detail::git_program({"--git-dir=/dev/null", "config", "-z", "--file=-", "--no-includes", "--list"},
                              environment, {}),
          text);
  if (result.code != 0) {
    throw Error(ErrorKind::invalid, "not a configuration file of git", detail::last_fatal(result.errors));
  }
  return Config::parse(result.output);
}

Config repository_config(std::string_view git_dir, Environment environment) {
  environment.unset("GIT_CONFIG_COUNT");
  environment.unset("GIT_CONFIG_PARAMETERS");
  const std::string directory(git_dir.empty() ? "/dev/null" : git_dir);
  RunResult result = run(detail::git_program({"--git-dir=" + directory, "config", "-z", "--list"}, environment, {}));
  return Config::parse(detail::output_of(std::move(result), "cannot read git's configuration"));
}

}  // namespace mlem::git
