#pragma once

#include "git/repository.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git::detail {

/// Throws Error(unavailable) about an object that git would not have written.
[[noreturn]] void throw_corrupt(const Oid& oid, std::string why);

/// An entry of a tree as git stores it.
struct RawEntry {
  std::string_view name;
  Entry entry;
  std::size_t size = 0;  ///< bytes, to the next one
};

/// Reads the first entry of `rest`, the content of `tree` from there on. Throws Error(unavailable) if it is not
/// well-formed.
RawEntry parse_entry(const Oid& tree, std::string_view rest);

/// The entries of one tree, one after the other. It may be moved, so names are remembered by their place.
class TreeReader {
 public:
  TreeReader(const Oid& tree, std::string content) : tree_(tree), content_(std::move(content)) {}

  /// Returns whether there was one more entry; then `name()` (until the next call) and `entry()` are about it.
  /// Throws Error(unavailable) for a tree that git would not write: of two entries with one name, a file and a
  /// directory too, some programs see one and some the other.
  bool next();

  std::string_view name() const noexcept { return text(name_); }
  const Entry& entry() const noexcept { return entry_; }
  /// Where the entry is in the content.
  std::size_t offset() const noexcept { return offset_; }
  const Oid& oid() const noexcept { return tree_; }
  /// Of the content, in bytes.
  std::size_t size() const noexcept { return content_.size(); }
  std::string take_content() && { return std::move(content_); }

 private:
  /// A part of the content.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  Place place_of(std::string_view part) const noexcept {
    return {static_cast<std::size_t>(part.data() - content_.data()), part.size()};
  }
  std::string_view text(Place place) const noexcept { return {content_.data() + place.offset, place.size}; }

  Oid tree_;
  std::string content_;
  std::size_t position_ = 0;
  std::size_t offset_ = 0;
  Place name_;
  std::vector<Place> files_;  ///< each begins with the one before, and what comes next may begin with the last
  Entry entry_;
};

/// What two trees have under one name.
struct EntryPair {
  std::string_view name;
  std::optional<Entry> before;
  std::optional<Entry> after;
};

/// Two trees, walked like two sorted lists that are merged. One that is not there has no entries.
class TreePair {
 public:
  TreePair(std::optional<TreeReader> before, std::optional<TreeReader> after);

  /// Returns what there is under the next name, nothing at the end. The name is good until the pair is moved.
  std::optional<EntryPair> next();

  /// Of both contents, in bytes.
  std::size_t size() const noexcept { return before_.size() + after_.size(); }
  /// Returns the tree that has nothing to be compared with; nothing if there are two.
  std::optional<Oid> only() const {
    if (before_.tree && after_.tree) return std::nullopt;
    return (before_.tree ? before_.tree : after_.tree)->oid();
  }

 private:
  struct Side {
    std::optional<TreeReader> tree;
    bool has_entry = false;
    void next() { has_entry = tree && tree->next(); }
    std::size_t size() const noexcept { return tree ? tree->size() : 0; }
    Entry take(std::string_view& name) {
      name = tree->name();
      const Entry entry = tree->entry();
      next();
      return entry;
    }
  };
  /// Less than 0: `before` alone has the next name; more: `after` alone; 0: both.
  int compare() const;

  Side before_;
  Side after_;
};

}  // namespace mlem::git::detail
