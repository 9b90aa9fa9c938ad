#include "git/config_origin.hpp"

#include "base/text.hpp"

#include <boost/filesystem/operations.hpp>

#include <string_view>

namespace mlem::git {

namespace {

/// Parses what `git config -z --show-origin` prints.
std::vector<ConfigLine> parse_lines(std::string_view listing) {
  std::vector<ConfigLine> lines;
  // An origin, NUL, a key, newline, a value, NUL: git-config(1).
  const std::vector<std::string_view> fields = split(listing, '\0');
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::size_t newline = fields[i + 1].find('\n');
    lines.push_back({std::string(fields[i + 1].substr(0, newline)),
                     newline == std::string_view::npos ? "true" : std::string(fields[i + 1].substr(newline + 1)),
                     std::string(fields[i])});
  }
  return lines;
}

}  // namespace

std::vector<ConfigLine> lines_of_section(const Registry& registry, const std::string& section) {
  return parse_lines(registry.git({"config", "-z", "--show-origin", "--get-regexp", "^" + section + "\\."}).output);
}

std::vector<fs::path> missing_includes(const Registry& registry) {
  std::vector<fs::path> missing;
  if (registry.config().all("include.path").empty()) return missing;
  const RunResult listed = registry.git(
      {"config", "-z", "--local", "--includes", "--show-origin", "--type=path", "--get-regexp", "^include\\.path$"});
  for (const ConfigLine& line : parse_lines(listed.output)) {
    // A path that is not absolute starts at the file that has it: git-config(1), "Includes".
    constexpr std::string_view scheme = "file:";
    if (!line.origin.starts_with(scheme)) continue;
    const fs::path file = fs::absolute(line.origin.substr(scheme.size()), registry.root());
    const fs::path included = fs::absolute(line.value, file.parent_path());
    boost::system::error_code failed;
    if (fs::status(included, failed).type() == fs::file_not_found) missing.push_back(included.lexically_normal());
  }
  return missing;
}

std::optional<std::string> find_origin_url(const std::string& directory, const Environment& environment) {
  const RunResult url = run(
      Program{{"git", "-C", directory, "config", "--get", "remote.origin.url"}, without_repository(environment), {}});
  return url.code == 0 ? std::optional(std::string(trim(url.output))) : std::nullopt;
}

}  // namespace mlem::git
