#pragma once

#include "git/registry.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mlem::history {

/// Two revs with dots between them, as gitrevisions(7) has them. A side that is left out is HEAD.
struct Range {
  std::string from;
  std::string to;
  bool is_symmetric = false;  ///< `a...b`: from where the two parted

  /// Takes `a..b` or `a...b` apart; nothing for a word without dots, and for `..`, which is a directory to git too.
  static std::optional<Range> parse(std::string_view text);
  /// Returns `a..b` or `a...b`.
  std::string text() const { return from + (is_symmetric ? "..." : "..") + to; }

  friend bool operator==(const Range&, const Range&) = default;
};

/// What a range compares.
struct Commits {
  Oid before;
  Oid after;

  friend bool operator==(const Commits&, const Commits&) = default;
};

/// Returns the commit that a rev of the command line names. Throws Error(not_found) if it names none.
Oid resolve_commit(const git::Registry& registry, const std::string& rev);

/// Returns whether both sides name commits.
bool names_commits(const git::Registry& registry, const Range& range);

/// Returns the commits of both sides; `before` is their merge base if the range is symmetric. Throws Error(not_found)
/// if a side names none or the two have no merge base.
Commits resolve(const git::Registry& registry, const Range& range);

}  // namespace mlem::history
