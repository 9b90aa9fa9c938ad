#include "git/http_config.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

namespace mlem::git {
namespace {

/// Returns a subsection as a configuration file has it (git-config(1), CONFIGURATION FILE).
std::string quoted(std::string_view subsection) {
  std::string text = "\"";
  for (const char c : subsection) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text += '"';
}

}  // namespace

Config http_config(std::string_view url, const Environment& environment, const std::string& directory) {
  // Without a repository: that of the current directory has settings too.
  RunResult result = run(detail::git_program(
      {"--git-dir=/dev/null", "config", "-z", "--get-urlmatch", "http", std::string(url)}, environment, directory));
  if (result.code == 1) return Config::parse({});  // nothing is set
  return Config::parse(detail::output_of(std::move(result), "cannot read git's configuration"));
}

std::vector<std::string> http_extra_headers(std::string_view url, const Environment& environment,
                                            const std::string& directory) {
  constexpr std::string_view section = "http.";
  constexpr std::string_view name = ".extraheader";
  const Program list = detail::git_program({"--git-dir=/dev/null", "config", "-z", "--list"}, environment, directory);
  const Config all = Config::parse(detail::output_of(run(list), "cannot read git's configuration"));
  std::vector<std::string> headers;
  std::string counted;  // the settings so far, each with its number for a value
  std::size_t number = 0;
  for (const auto& [key, value] : all.entries()) {
    if (!key.starts_with(section) || !key.ends_with(name)) continue;
    counted += key.size() < section.size() + name.size()
                   ? std::string("[http]")
                   : "[http " + quoted(key.substr(section.size(), key.size() - section.size() - name.size())) + "]";
    counted += "\n\textraHeader = " + std::to_string(++number) + "\n";
    // git takes one after the other, but for those that are for a larger part of the server than one before. With the
    // settings up to here it names this one if it takes it.
    const Program ask = detail::git_program(
        {"--git-dir=/dev/null", "config", "--file=-", "--get-urlmatch", "http.extraHeader", std::string(url)},
        environment, directory);
    if (trim(run(ask, counted).output) != std::to_string(number)) continue;
    if (value.empty())
      headers.clear();
    else
      headers.push_back(value);
  }
  return headers;
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
