#pragma once

#include "check/check.hpp"
#include "check/detail/receiver.hpp"
#include "git/repository.hpp"
#include "model/oid.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mlem::check::detail {

/// The tips that a new ref can be compared with: whatever is there was judged, or is older than the hook.
class Baselines {
 public:
  /// Known are the refs whose full names begin with one of `prefixes`, and where `head` leads if it is not empty.
  /// `receiver` must outlive this.
  Baselines(const Receiver& receiver, std::vector<std::string> prefixes, std::string head);

  /// Takes a tip up that has been judged in this push, a commit or tree.
  void add(const Oid& tip);
  /// Returns the tips that a new one is compared with, HEAD's first: with those that were judged in this push, no more
  /// than 64, and no more than 64 that are there, the nearest merge base first. If one of them has the same tree, that
  /// one alone. Throws Error(unavailable) if there is no time left to tell.
  std::vector<Oid> candidates_for(const Oid& tip);
  /// Returns that of `candidates` which differs from `tip` in the fewest files that matter to links; nothing of none.
  std::optional<Oid> nearest_to(const Oid& tip, const std::vector<Oid>& candidates) const;

 private:
  struct Known {
    std::vector<Oid> tips;  ///< commits and trees, each once
    std::optional<Oid> of_head;
  };
  const Known& known();
  std::vector<Oid> nearest_known(const Oid& tip);

  const Receiver& receiver_;
  std::vector<std::string> prefixes_;
  std::string head_;
  std::optional<Known> known_;  ///< nothing: not listed yet
  std::deque<Oid> judged_;      ///< in this push, the latest first
};

}  // namespace mlem::check::detail
