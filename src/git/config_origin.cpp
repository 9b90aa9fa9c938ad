#include "git/config_origin.hpp"

#include "base/text.hpp"

namespace mlem::git {

std::vector<ConfigLine> lines_of_section(const Registry& registry, const std::string& section) {
  const RunResult listed = registry.git({"config", "-z", "--show-origin", "--get-regexp", "^" + section + "\\."});
  std::vector<ConfigLine> lines;
  // An origin, NUL, a key, newline, a value, NUL: git-config(1).
  const std::vector<std::string_view> fields = split(listed.output, '\0');
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::size_t newline = fields[i + 1].find('\n');
    lines.push_back({std::string(fields[i + 1].substr(0, newline)),
                     newline == std::string_view::npos ? "true" : std::string(fields[i + 1].substr(newline + 1)),
                     std::string(fields[i])});
  }
  return lines;
}

std::optional<std::string> find_origin_url(const std::string& directory, const Environment& environment) {
  const RunResult url = run(
      Program{{"git", "-C", directory, "config", "--get", "remote.origin.url"}, without_repository(environment), {}});
  return url.code == 0 ? std::optional(std::string(trim(url.output))) : std::nullopt;
}

}  // namespace mlem::git
