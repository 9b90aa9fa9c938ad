#pragma once

#include "git/registry.hpp"
#include "history/link_change.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlem::history {

/// A `*.mlem` file that differs between two states of a registry.
struct FileChange {
  std::string name;           ///< from the root; of a removed one, its former name
  std::string former_name{};  ///< of a renamed one
  std::optional<git::Entry> before{};
  std::optional<git::Entry> after{};
  bool is_unmerged = false;  ///< in the index, where then is nothing to be read
  std::size_t commit = 0;    ///< the caller's number of the change that it is a part of
};

/// Reads what links said before and after they changed. Whatever is asked for at once is read in bulk.
class LinkReader {
 public:
  /// Both must outlive the reader.
  LinkReader(const git::Registry& registry, const source::Settings& settings)
      : registry_(registry), settings_(settings) {}

  /// Makes one renamed file of one that is gone and one that is new, where both have the same blob, or links to the
  /// same object of a source. `changes` are all between two states, or a part of those, in the order of their names.
  void join_renamed(std::vector<FileChange>& changes);

  /// Calls `visit` for those of `changes` that are about links, with their numbers, until it returns false.
  void read(const std::vector<FileChange>& changes,
            const std::function<bool(std::size_t i, LinkChange& change)>& visit);

 private:
  /// What a file is.
  struct Content {
    enum class State { nothing, not_a_link, broken, link };
    State state = State::nothing;
    Link link{};
    std::string flaw{};
    bool is_link() const { return state == State::link || state == State::broken; }
  };
  class Batch;
  Content parse(const git::Entry& entry, const std::optional<std::string_view>& text);
  void join_equal(std::vector<FileChange>& changes);
  void join_moved(std::vector<FileChange>& changes);
  static std::optional<LinkChange> change_of(const FileChange& change, Content before, const Content& after);
  void keep(const Oid& blob, Content content);

  const git::Registry& registry_;
  const source::Settings& settings_;
  /// What was read: what was there before a change is what an older one has led to, and many links may say the same.
  std::unordered_map<Oid, Content> kept_;
};

/// Returns all links that differ between two trees-ish, or between `before` and the index if there is no `after`; those
/// that match if there are pathspecs. In the order of their names.
std::vector<FileChange> list_changes(const git::Registry& registry, const source::Settings& settings,
                                     const std::optional<Oid>& before, const std::optional<Oid>& after,
                                     const std::vector<std::string>& pathspecs);

/// Returns whether git's change of a file is about the content of a `*.mlem` file.
bool concerns_link(const git::Change& change);

}  // namespace mlem::history
