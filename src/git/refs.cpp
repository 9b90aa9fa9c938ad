#include "git/refs.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <string_view>

namespace mlem::git {

std::vector<std::string> list_symbolic_refs(const Registry& registry) {
  const RunResult listed = registry.git({"for-each-ref", "--format=%(if)%(symref)%(then)%(refname)%(end)"});
  if (listed.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list refs", escape_for_terminal(trim(listed.errors)));
  }
  std::vector<std::string> names;
  for (const std::string_view name : split(listed.output, '\n')) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

std::optional<std::vector<Oid>> list_tips_with(const Registry& registry, const std::vector<Oid>& commits,
                                               const std::vector<std::string>& prefixes, std::size_t most,
                                               const Limits& limits, Interrupt* interrupt) {
  if (commits.empty()) return std::vector<Oid>();
  std::vector<std::string> arguments{"for-each-ref", "--format=%(objectname)", "--sort=creatordate",
                                     "--count=" + std::to_string(most)};
  for (const Oid& commit : commits) arguments.push_back("--contains=" + commit.hex());
  // A prefix up to a slash is a pattern too.
  arguments.insert(arguments.end(), prefixes.begin(), prefixes.end());
  const RunResult listed = registry.git(std::move(arguments), {}, limits, interrupt);
  if (listed.end == RunResult::End::deadline) return std::nullopt;
  if (listed.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list refs", escape_for_terminal(trim(listed.errors)));
  }
  std::vector<Oid> tips;
  for (const std::string_view id : split(listed.output, '\n')) {
    if (const auto oid = Oid::parse(id)) tips.push_back(*oid);
  }
  return tips;
}

}  // namespace mlem::git
