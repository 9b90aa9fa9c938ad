#include "git/program.hpp"

#include "base/text.hpp"

namespace mlem::git {

std::string version_text(const Environment& environment) {
  return std::string(trim(run(Program{{"git", "--version"}, environment, {}}).output));
}

int show_manual(const std::string& page, const Environment& environment) {
  // To git every page is of a command or a guide of its own: cmd_to_page() of its builtin/help.c.
  if (!page.starts_with("git")) return run_attached({{"man", page}, environment, {}});
  return run_attached({{"git", "help", page}, environment, {}});
}

std::string find_pager(const Registry& registry, const std::string& name) {
  const std::string key = "pager." + name;
  const RunResult asked = registry.git({"config", "--type=bool", "--get", key});
  if (asked.code == 0 && trim(asked.output) == "false") return {};
  const bool is_command = asked.code > 1;  // 1: unset
  if (is_command && !registry.environment().find("GIT_PAGER")) return registry.config().find(key).value_or("");
  return std::string(trim(registry.git({"var", "GIT_PAGER"}).output));
}

}  // namespace mlem::git
