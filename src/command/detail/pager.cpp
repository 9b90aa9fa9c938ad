#include "command/detail/pager.hpp"

#include "git/program.hpp"

#include <ostream>

namespace mlem::command {

std::string find_pager(const git::Registry& registry, const Context& context) {
  if (!context.out_is_terminal) return {};
  std::string pager = git::find_pager(registry, "mlem");
  return pager == "cat" ? std::string() : pager;
}

void print_paged(const std::string& pager, const std::string& text, Context& context) {
  if (pager.empty()) {
    context.out << text;
    return;
  }
  context.out.flush();
  Environment environment = context.environment;
  // git's own defaults, and git's own way: the pager is the user's shell command (git-var(1)).
  if (!environment.find("LESS")) environment.set("LESS", "FRX");
  if (!environment.find("LV")) environment.set("LV", "-c");
  const int code = run_attached({{"sh", "-c", pager}, environment, {}}, text);
  // The shell has said why. As git does, which prints without a pager then.
  constexpr int cannot_execute = 126;
  constexpr int not_found = 127;
  if (code == cannot_execute || code == not_found) context.out << text;
}

}  // namespace mlem::command
