#pragma once

#include "base/process.hpp"
#include "git/detail/objects.hpp"
#include "git/repository.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mlem::git::detail {

/// What commits, tags and trees say, given a way to read objects. All ways give the same bytes, so what is made of
/// them is the same too.
class ObjectRepository : public Repository {
 public:
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) final { deadline_ = deadline; }
  void require_time(const Oid& oid) const final;
  void note_reads(NoteRead note) final { objects_ = make_noted_objects(std::move(objects_), std::move(note)); }
  bool has(const Oid& oid) final { return objects_->has(oid); }
  std::optional<Oid> find_commit(const Oid& oid) final;
  std::optional<Oid> find_tree_ish(const Oid& oid) final;
  std::int64_t commit_time(const Oid& commit) final;
  Lookup find(const Oid& commit, std::string_view path) final;
  std::optional<std::vector<std::pair<std::string, Entry>>> list(const Oid& tree) final;
  std::optional<Oid> list_all(const std::vector<Oid>& trees, const VisitEntry& visit) final;
  std::vector<Oid> walk(const Oid& commit, std::string_view directory,
                        const std::function<bool(const std::string& path, const Entry&)>& visit) final;
  void diff(const std::optional<Oid>& before, const Oid& after, const std::function<bool(Change change)>& visit) final;
  std::optional<std::string> find_blob(const Oid& blob, std::size_t limit) final;
  void read_blobs(const std::vector<Oid>& blobs, std::size_t limit, const VisitBlob& visit) final;
  std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) final {
    return objects_->blob_sizes(blobs);
  }
  bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) final {
    return objects_->stream_blob(blob, take);
  }
  void release() override {
    last_trees_.clear();
    objects_->release();
  }

 protected:
  explicit ObjectRepository(std::unique_ptr<Objects> objects) : objects_(std::move(objects)) {}

 private:
  /// Returns an object of any type, and remembers what a commit says. Throws Error(invalid) if a commit or a tag is too
  /// large.
  std::optional<Object> find_object(const Oid& oid);
  /// Throws Error(invalid) if the object is larger than `limit` bytes, Error(unavailable) if it is not of that type.
  std::optional<std::string> read_as(ObjectType type, const Oid& oid, std::size_t limit);
  /// Returns what `oid` is or a chain of tags leads to, and its type; nothing if it is absent.
  std::optional<std::pair<Oid, ObjectType>> peel(const Oid& oid);
  /// Returns a commit's content until another is read; null if it is absent.
  const std::string* read_commit(const Oid& commit);
  /// Returns the tree that a commit has, or that `commit` is; nothing if it is absent.
  std::optional<Oid> tree_of(const Oid& commit);
  /// Returns a tree's content; nothing if it is absent.
  std::optional<std::string> read_tree(const Oid& tree);
  /// Remembers a tree that has no files however deep they are looked for.
  void add_barren(const Oid& tree);

  /// A tree for looking many names up.
  struct KnownTree {
    Oid oid;
    std::string content;
    std::vector<std::uint32_t> offsets;  ///< of its entries in `content`, sorted by name
    std::string_view name_at(std::uint32_t offset) const;
  };
  /// Returns the entries of the tree on the way to a path, `depth` directories below the root; null if it is absent.
  const KnownTree* known_tree(const Oid& tree, std::size_t depth);
  /// Lets go of the trees that were looked up in, but the one at `place`, if they take too much memory.
  void bound_known_trees(std::size_t place);

  std::unique_ptr<Objects> objects_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;

  // Links of one registry are looked up in the same few commits, mostly in a row.
  std::optional<std::pair<Oid, Oid>> last_commit_and_tree_;
  std::unordered_map<Oid, Oid> peeled_;                     ///< of commits, and of tags that lead to one, that one
  std::optional<std::pair<Oid, std::string>> last_commit_;  ///< its content
  std::vector<KnownTree> last_trees_;                       ///< by depth
  std::unordered_set<Oid> barren_;                          ///< trees that lead to no files
};

/// Opens with libgit2, objects aside if they are to be read apart; null if it does not know the repository's format.
/// Throws Error(not_found) if there is none.
std::unique_ptr<Repository> open_with_libgit2(const fs::path& git_dir, const Environment& environment, Reading reading,
                                              const fs::path& object_dir);

/// Opens by way of git's own programs. Throws Error(unavailable) with git's reason if git refuses.
std::unique_ptr<Repository> open_with_plumbing(const fs::path& git_dir, const Environment& environment,
                                               const fs::path& object_dir);

}  // namespace mlem::git::detail
