#pragma once

#include "base/process.hpp"
#include "git/repository.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git::detail {

enum class ObjectType { commit, tree, blob, tag };

/// What is known of an object without reading it.
struct ObjectHeader {
  ObjectType type = ObjectType::blob;
  std::size_t size = 0;  ///< bytes of content
};

/// What commits, tags and trees say, given a way to read objects. Both ways give the same bytes, so what is made of
/// them is the same too.
class ObjectRepository : public Repository {
 public:
  bool has(const Oid& oid) final { return find_header(oid).has_value(); }
  std::optional<Oid> find_commit(const Oid& oid) final;
  std::optional<Oid> find_tree_ish(const Oid& oid) final;
  std::int64_t commit_time(const Oid& commit) final;
  Lookup find(const Oid& commit, std::string_view path) final;
  void walk(const Oid& commit, std::string_view directory,
            const std::function<bool(const std::string& path, const Entry&)>& visit) final;
  void diff(const std::optional<Oid>& before, const Oid& after, const std::function<bool(Change change)>& visit) final;
  std::optional<std::string> find_blob(const Oid& blob, std::size_t limit) final;
  void read_blobs(const std::vector<Oid>& blobs, std::size_t limit, const VisitBlob& visit) final;
  void release() override { last_trees_.clear(); }

 protected:
  ObjectRepository(fs::path git_dir, const Environment& environment, const fs::path& object_dir);

  const fs::path& git_dir() const noexcept { return git_dir_; }
  /// git on this repository, for reading.
  Program program(std::vector<std::string> arguments) const;

 private:
  /// Returns nothing if the object is absent. Throws Error(unavailable) if it cannot be read.
  virtual std::optional<ObjectHeader> find_header(const Oid& oid) = 0;
  /// Returns an object as git stores it, without its header, in the same way.
  virtual std::optional<std::string> find_content(const Oid& oid) = 0;

  /// Throws Error(invalid) if the object is larger than `limit` bytes, Error(unavailable) if it is not of that type.
  std::optional<std::string> read_as(ObjectType type, const Oid& oid, std::size_t limit);
  /// Returns what `oid` is or a chain of tags leads to, and its type; nothing if it is absent.
  std::optional<std::pair<Oid, ObjectType>> peel(const Oid& oid);
  /// Returns the tree that a commit has, or that `commit` is; nothing if it is absent.
  std::optional<Oid> tree_of(const Oid& commit);
  /// Returns a tree's content. Throws Error(unavailable) if it is absent.
  std::string read_tree(const Oid& tree);

  /// A tree for looking many names up.
  struct KnownTree {
    Oid oid;
    std::string content;
    std::vector<std::uint32_t> offsets;  ///< of its entries in `content`, sorted by name
    std::string_view name_at(std::uint32_t offset) const;
  };
  /// Returns the entries of the tree on the way to a path, `depth` directories below the root; null if it is absent.
  const KnownTree* known_tree(const Oid& tree, std::size_t depth);

  fs::path git_dir_;
  Environment environment_;

  // Links of one registry are looked up in the same few commits, mostly in a row.
  std::optional<std::pair<Oid, Oid>> last_commit_and_tree_;
  std::optional<std::pair<Oid, Oid>> last_peeled_;  ///< a commit, or tags that lead to it
  std::optional<std::pair<Oid, std::int64_t>> last_time_;
  std::vector<KnownTree> last_trees_;  ///< by depth
};

/// Opens with libgit2; null if it does not know the repository's format. Throws Error(not_found) if there is none.
std::unique_ptr<Repository> open_with_libgit2(const fs::path& git_dir, const Environment& environment,
                                              const fs::path& object_dir);

/// Opens by way of `git cat-file`. Throws Error(unavailable) with git's reason if git refuses.
std::unique_ptr<Repository> open_with_plumbing(const fs::path& git_dir, const Environment& environment,
                                               const fs::path& object_dir);

}  // namespace mlem::git::detail
