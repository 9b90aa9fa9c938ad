#include "git/history.hpp"

#include "base/text.hpp"

namespace mlem::git {
namespace {

std::optional<Oid> commit_in(const RunResult& result) {
  return result.code == 0 ? Oid::parse(trim(result.output)) : std::nullopt;
}

}  // namespace

std::optional<Oid> find_merge_base(const Registry& registry, const Oid& one, const Oid& other) {
  return commit_in(registry.git({"merge-base", one.hex(), other.hex()}));
}

std::optional<Oid> find_commit_before(const Registry& registry, const std::string& date) {
  return commit_in(registry.git({"rev-list", "-1", "--before=" + date, "HEAD", "--"}));
}

}  // namespace mlem::git
