#include "git/detail/objects.hpp"

#include <utility>

namespace mlem::git::detail {
namespace {

class NotedObjects final : public Objects {
 public:
  NotedObjects(std::unique_ptr<Objects> objects, Repository::NoteRead note)
      : objects_(std::move(objects)), note_(std::move(note)) {}

  bool has(const Oid& oid) override {
    const bool is_here = objects_->has(oid);
    if (is_here) note_(oid, false);
    return is_here;
  }
  std::optional<Object> find(const Oid& oid, std::size_t limit) override {
    auto object = objects_->find(oid, limit);
    if (object && object->size <= limit) note_(oid, object->type == ObjectType::commit);
    return object;
  }
  void read_many(ObjectType type, const std::vector<Oid>& oids, std::size_t limit,
                 const Repository::VisitBlob& visit) override {
    objects_->read_many(type, oids, limit, [&](std::size_t i, const std::optional<std::string_view>& content) {
      if (content) note_(oids[i], type == ObjectType::commit);
      return visit(i, content);
    });
  }
  std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) override {
    const auto sizes = objects_->blob_sizes(blobs);
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      if (sizes[i]) note_(blobs[i], false);
    }
    return sizes;
  }
  bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) override {
    return objects_->stream_blob(blob, take);
  }
  void release() override { objects_->release(); }

 private:
  std::unique_ptr<Objects> objects_;
  Repository::NoteRead note_;
};

}  // namespace

std::unique_ptr<Objects> make_noted_objects(std::unique_ptr<Objects> objects, Repository::NoteRead note) {
  return std::make_unique<NotedObjects>(std::move(objects), std::move(note));
}

}  // namespace mlem::git::detail
