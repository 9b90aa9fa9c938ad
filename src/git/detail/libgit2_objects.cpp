#include "git/detail/libgit2.hpp"
#include "git/detail/loose_objects.hpp"
#include "git/detail/objects.hpp"

#include <git2/sys/odb_backend.h>

#include <utility>

namespace mlem::git::detail {
namespace {

// From as many on, a process that reads beside us is worth its start.
constexpr std::size_t least_in_bulk = 128;

/// Keeps what libgit2 holds for every pack in bounds: bases of deltas up to 16 MB, and what is mapped of the file. Only
/// closing lets it go.
constexpr std::size_t most_read_before_reopening = std::size_t{3} << 20;

ObjectType to_type(git_object_t type) {
  switch (type) {
    case GIT_OBJECT_COMMIT:
      return ObjectType::commit;
    case GIT_OBJECT_TREE:
      return ObjectType::tree;
    case GIT_OBJECT_TAG:
      return ObjectType::tag;
    default:
      return ObjectType::blob;
  }
}

/// Returns a database of what is in these directories, packs first.
OdbPtr open_objects(const std::vector<fs::path>& object_dirs) {
  constexpr int pack_priority = 2;
  constexpr int loose_priority = 1;
  git_odb* raw = nullptr;
  if (git_odb_new(&raw) < 0) throw_unreadable("objects");
  OdbPtr odb(raw);
  for (const fs::path& directory : object_dirs) {
    const auto add = [&](int rc, git_odb_backend* backend, int priority) {
      if (rc == 0 && git_odb_add_backend(odb.get(), backend, priority) == 0) return;
      if (rc == 0) backend->free(backend);
      throw_unreadable("the objects in '" + directory.string() + "'");
    };
    git_odb_backend* packs = nullptr;
    const int rc = git_odb_backend_pack(&packs, directory.c_str());
    add(rc, packs, pack_priority);
    add(0, make_loose_backend(directory), loose_priority);
  }
  return odb;
}

class Libgit2Objects final : public Objects {
 public:
  Libgit2Objects(std::vector<fs::path> object_dirs, std::unique_ptr<Objects> bulk)
      : object_dirs_(std::move(object_dirs)), bulk_(std::move(bulk)) {}

  bool has(const Oid& oid) override { return find_header(oid).has_value(); }

  std::optional<Object> find(const Oid& oid, std::size_t limit) override {
    std::optional<Object> object = find_header(oid);
    if (!object || object->size > limit) return object;
    if (bytes_read_ > most_read_before_reopening) close();
    const auto id = from_oid(oid);
    git_odb_object* raw = nullptr;
    const int rc = git_odb_read(&raw, odb(), &*id);
    const OdbObjectPtr owner(raw);
    if (rc == GIT_ENOTFOUND) return std::nullopt;
    if (rc < 0) throw_unreadable("object '" + oid.hex() + "'");
    bytes_read_ += git_odb_object_size(raw);
    object->content.assign(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
    return object;
  }

  void read_many(ObjectType type, const std::vector<Oid>& oids, std::size_t limit,
                 const Repository::VisitBlob& visit) override {
    if (oids.size() >= least_in_bulk) {
      bulk_->read_many(type, oids, limit, visit);
      bulk_->release();
      return;
    }
    for (std::size_t i = 0; i < oids.size(); ++i) {
      std::optional<Object> object;
      try {
        object = find(oids[i], limit);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable) throw;
      }
      const bool is_content = object && object->type == type && object->size <= limit;
      if (!visit(i, is_content ? std::optional<std::string_view>(object->content) : std::nullopt)) return;
    }
  }

  std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) override {
    if (blobs.size() >= least_in_bulk) {
      auto sizes = bulk_->blob_sizes(blobs);
      bulk_->release();
      return sizes;
    }
    std::vector<std::optional<std::uint64_t>> sizes(blobs.size());
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      try {
        const std::optional<Object> object = find_header(blobs[i]);
        if (object && object->type == ObjectType::blob) sizes[i] = object->size;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable) throw;
      }
    }
    return sizes;
  }

  // libgit2 streams loose objects only.
  bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) override {
    return bulk_->stream_blob(blob, take);
  }

  void release() override {
    close();
    bulk_->release();
  }

 private:
  /// Returns an object without its content.
  std::optional<Object> find_header(const Oid& oid) {
    const auto id = from_oid(oid);
    if (!id) return std::nullopt;
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    const int rc = git_odb_read_header(&size, &type, odb(), &*id);
    if (rc == GIT_ENOTFOUND) return std::nullopt;
    if (rc < 0) throw_unreadable("object '" + oid.hex() + "'");
    return Object{to_type(type), size, {}};
  }

  git_odb* odb() {
    if (!odb_) odb_ = open_objects(object_dirs_);
    return odb_.get();
  }
  void close() {
    odb_.reset();
    bytes_read_ = 0;
  }

  std::vector<fs::path> object_dirs_;
  std::unique_ptr<Objects> bulk_;
  OdbPtr odb_;
  std::size_t bytes_read_ = 0;  ///< since the database was opened
};

}  // namespace

std::unique_ptr<Objects> make_libgit2_objects(std::vector<fs::path> object_dirs, std::unique_ptr<Objects> bulk) {
  return std::make_unique<Libgit2Objects>(std::move(object_dirs), std::move(bulk));
}

}  // namespace mlem::git::detail
