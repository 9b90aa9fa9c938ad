#pragma once

#include "base/process.hpp"
#include "git/history.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <vector>

namespace mlem::check::detail {

/// Said where a push takes longer than it may.
inline constexpr const char* hint_of_time = "push less at once, or have 'mlem.hookTimeout' raised";

/// The registry that is pushed to, with the time that is left for it.
class Receiver {
 public:
  /// Both must outlive the receiver.
  Receiver(const git::Registry& registry, const source::Settings& settings);

  /// A push of more is no work of people, and the list would take more memory than a server has.
  static constexpr std::size_t most_changes = 1'000'000;

  const git::Registry& registry;
  const source::Settings& settings;
  std::size_t changes = 0;  ///< of links, that were listed for all refs so far

  /// Throws Error(unavailable) with `what_failed` if there is no time left.
  void require_time(const char* what_failed) const;
  /// What bounds a run of git.
  Limits limits() const;
  /// Returns whether a ref that was at `before` keeps all that it had when it is at `tip`. Throws Error(unavailable) if
  /// there is no time left to tell.
  bool is_forward(const Oid& before, const Oid& tip) const;
  /// History::list_commits(), which throws Error(unavailable) too if there is no time left.
  std::vector<git::Commit> list_commits(const std::vector<Oid>& tips, const std::vector<Oid>& known,
                                        const git::RefSelection& known_refs) const;

 private:
  git::History history_;
};

}  // namespace mlem::check::detail
