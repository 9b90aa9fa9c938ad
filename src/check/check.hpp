#pragma once

#include "git/registry.hpp"
#include "model/finding.hpp"
#include "resolve/resolver.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::check {

/// Which links are judged, and in which tree aliases are resolved.
struct Scope {
  enum class Kind {
    index,      ///< every link of the index
    work_tree,  ///< every link file in the work tree
    commit,     ///< every link of a commit
    changes,    ///< what differs between `before` and `commit`, or the index if there is none
  };
  Kind kind = Kind::index;
  std::optional<Oid> commit;
  std::optional<Oid> before;  ///< of changes: a commit or tree
  std::vector<std::string> pathspecs;
};

/// How many links were judged, by what they came to.
struct Summary {
  std::size_t ok = 0;
  std::size_t broken = 0;
  std::size_t undecided = 0;
  std::size_t warnings = 0;
  std::size_t total() const noexcept { return ok + broken + undecided; }
};

/// Judges the links of `scope` and calls `report` for each, in path order. Objects are passed over.
/// Of changes, unchanged aliases are judged too where the change could have broken one: the contract's section 7.
Summary judge(const git::Registry& registry, const resolve::Settings& settings, const Scope& scope,
              const std::function<void(const Finding&)>& report);

}  // namespace mlem::check
