#pragma once

#include "base/file.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

namespace mlem::git::detail {

/// Watches how much a repository grows while git fetches into it.
class Growth {
 public:
  /// `most` is in bytes of objects and refs.
  Growth(const fs::path& git_dir, std::uint64_t most);

  bool is_too_much() const;
  /// The same for who asks often. A server of plain files makes a file of each object: looking at all of them takes at
  /// most a part of the time.
  bool is_too_much_by_now();
  /// Removes the objects that were not there before: what is too large once would be kept in parts for ever.
  void undo() const;

 private:
  /// The bytes of objects and refs, unfinished ones among them.
  std::uint64_t bytes() const;

  fs::path git_dir_;
  std::uint64_t most_;
  std::set<std::string> objects_before_;
  std::uint64_t bytes_before_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
};

/// Removes what a killed fetch left behind: unfinished packs and objects, and locks that would stop every later one.
void remove_leftovers(const fs::path& git_dir);

}  // namespace mlem::git::detail
