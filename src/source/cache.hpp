#pragma once

#include "base/file.hpp"

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace mlem::source {

/// The directory that holds one bare repository for each remote source: git-mlem-fetch(1).
/// Everything in it can be fetched again: it may be deleted at any time.
class Cache {
 public:
  /// Uses `directory`, which is made when it is needed, for this user alone (0700), or `fallback` if this user may not
  /// write there, or if anything on the way to `directory` belongs to another user (root aside) or is writable by
  /// others (sticky directories aside). Throws Error(io) if neither will do.
  Cache(fs::path directory, const fs::path& fallback);

  const fs::path& directory() const noexcept { return directory_; }
  /// Whether `directory` was turned down.
  bool is_fallback() const noexcept { return is_fallback_; }

  /// Returns the name of an entry: SHA-256 of the normalised address and of what git makes of it.
  static std::string key(std::string_view normalized_url, std::string_view rewritten_url);

  /// Ends the name of a second entry of a source, for the history of all its branches and tags.
  static constexpr const char* history_suffix = "-history";
  /// Ends the name of a third one, for the history of some of its refs, with trees.
  static constexpr const char* trees_suffix = "-trees";
  /// Ends the name of a fourth, the same with trees however deep.
  static constexpr const char* all_trees_suffix = "-all-trees";
  /// Ends the name of a directory, with files of a source's objects that an import brought.
  static constexpr const char* files_suffix = "-files";

  /// The file in an entry that has the ids of the bundles that it is from.
  static constexpr const char* entry_imports_name = "source-imports";
  /// The file beside the entries that has the ids of the bundles that were imported.
  static constexpr const char* imports_name = "imported-bundles";
  /// Returns the name of what is of the registry itself.
  static std::string own_key() { return key("", ""); }

  /// Returns the place of a file that is kept beside the entries, in a directory that is made if needed. Throws
  /// Error(io).
  fs::path note(std::string_view name) const;

  /// Waits for an entry's lock: see FileLock.
  FileLock lock(std::string_view key, std::chrono::steady_clock::time_point deadline) const;
  /// Returns the entry's git directory, created or rebuilt if needed, with its config written from a constant.
  /// To be called with the entry's lock held.
  fs::path open(std::string_view key, std::string_view object_format) const;
  /// Returns the object format that the entry was opened with; empty if it does not exist.
  std::string object_format(std::string_view key) const;
  /// Returns the entry's git directory; empty if it does not exist.
  fs::path find(std::string_view key) const;
  /// Throws the entry away, and what was set aside of it. To be called with the entry's lock held.
  void remove(std::string_view key) const;
  /// Puts the entry out of the way, so that it is made anew. To be called with the entry's lock held.
  void set_aside(std::string_view key) const;
  /// Puts the entry that was set aside in the place of what was made since. To be called with the same lock held.
  void put_back(std::string_view key) const;
  /// Throws away what was set aside, if anything was. To be called with the same lock held.
  void remove_aside(std::string_view key) const;
  /// Removes what a git that was killed has left in the entry: locks, and packs that are not whole. To be called with
  /// the same lock held.
  void remove_leftovers(std::string_view key) const;
  /// Removes the entries, histories and locks of all sources but those whose keys are `used`, and what the same bundles
  /// brought as those, for an object may take other sources than its links name; what has no name of ours stays.
  /// Returns how many sources were removed. Throws Error(io), Error(unavailable) if one is in use.
  std::size_t prune(const std::set<std::string>& used) const;

 private:
  /// Returns the name of an entry's lock, its directory made if needed. Throws Error(io).
  fs::path lock_file(std::string_view key) const;
  /// Returns the ids of the bundles that an entry is from.
  std::set<std::string> imports_of(const std::string& key) const;
  /// Returns where set_aside() puts an entry.
  fs::path aside(std::string_view key) const;

  fs::path directory_;
  bool is_fallback_ = false;
};

}  // namespace mlem::source
