#pragma once

#include "base/environment.hpp"
#include "base/file.hpp"
#include "git/repository.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::git::detail {

enum class ObjectType { commit, tree, blob, tag };

/// Returns the type that is called so; nothing if there is none of that name.
inline std::optional<ObjectType> parse_type(std::string_view name) {
  if (name == "commit") return ObjectType::commit;
  if (name == "tree") return ObjectType::tree;
  if (name == "blob") return ObjectType::blob;
  if (name == "tag") return ObjectType::tag;
  return std::nullopt;
}

struct Object {
  ObjectType type = ObjectType::blob;
  std::size_t size = 0;  ///< bytes of content
  std::string content;   ///< as git stores it, without its header; empty if it is larger than was asked for
};

/// Reads the objects of one repository by their ids. What is absent is nothing; every function throws
/// Error(unavailable) for what is there and cannot be read.
class Objects {
 public:
  virtual ~Objects() = default;
  virtual bool has(const Oid& oid) = 0;
  /// Returns an object, its content if that has at most `limit` bytes.
  virtual std::optional<Object> find(const Oid& oid, std::size_t limit) = 0;
  /// As Repository::read_blobs() has it, for objects of any one type.
  virtual void read_many(ObjectType type, const std::vector<Oid>& oids, std::size_t limit,
                         const Repository::VisitBlob& visit) = 0;
  /// As Repository::blob_sizes() has it.
  virtual std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) = 0;
  /// As Repository::stream_blob() has it.
  virtual bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) = 0;
  /// Lets go of the memory that reading took; the next call takes it up again.
  virtual void release() = 0;
};

/// Returns what reads the objects in these directories with libgit2, in this process, and many objects by way of
/// `bulk`.
std::unique_ptr<Objects> make_libgit2_objects(std::vector<fs::path> object_dirs, std::unique_ptr<Objects> bulk);

/// Returns what reads objects by way of `git cat-file` on the repository `git_dir`: nothing in its files can harm this
/// process. `environment` is for_reading(). Ids have `hex_digits` digits; one of another length is absent.
/// Where one of `object_dirs` has objects from a partial clone, git is asked for none that is not there.
std::unique_ptr<Objects> make_cat_file_objects(const fs::path& git_dir, const Environment& environment,
                                               std::size_t hex_digits, std::vector<fs::path> object_dirs);

/// Returns what reads by way of `objects` and tells `note` of it, as Repository::note_reads() has it.
std::unique_ptr<Objects> make_noted_objects(std::unique_ptr<Objects> objects, Repository::NoteRead note);

/// Returns what reads a few objects in these directories in this process, whatever is in their files, and lets `by_git`
/// read what is not there, cannot be read or is too much: that says why, too.
std::unique_ptr<Objects> make_bounded_objects(std::vector<fs::path> object_dirs, std::unique_ptr<Objects> by_git);

}  // namespace mlem::git::detail
