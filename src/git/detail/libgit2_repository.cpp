#include "git/detail/command.hpp"
#include "git/detail/libgit2.hpp"
#include "git/detail/loose_objects.hpp"
#include "git/detail/object_repository.hpp"

#include <git2/sys/odb_backend.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace mlem::git::detail {
namespace {

[[noreturn]] void throw_unreadable(const std::string& subject) {
  throw Error(ErrorKind::unavailable, "cannot read " + subject, libgit2_reason());
}

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

/// Keeps what libgit2 holds for every pack in bounds: bases of deltas up to 16 MB, and what is mapped of the file. Only
/// closing lets it go.
constexpr std::size_t most_read_before_reopening = std::size_t{3} << 20;

struct Handles {
  RepositoryPtr repository;
  OdbPtr odb;
};

/// Returns null if libgit2 does not know the repository's format.
RepositoryPtr open_git_dir(const fs::path& git_dir) {
  // By its exact place: libgit2's own search obeys variables that are not for this repository.
  constexpr unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT;
  git_repository* raw = nullptr;
  const int rc = git_repository_open_ext(&raw, git_dir.c_str(), flags, nullptr);
  RepositoryPtr repository(raw);
  if (rc == GIT_ENOTFOUND) {
    throw Error(ErrorKind::not_found, "cannot read '" + git_dir.string() + "'", "not a git repository");
  }
  return rc < 0 ? nullptr : std::move(repository);
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

class Libgit2Repository final : public ObjectRepository {
 public:
  Libgit2Repository(const fs::path& git_dir, const Environment& environment, const fs::path& object_dir,
                    std::vector<fs::path> object_dirs, Handles handles)
      : ObjectRepository(git_dir, environment, object_dir),
        object_dirs_(std::move(object_dirs)),
        handles_(std::move(handles)) {}

  void release() override {
    ObjectRepository::release();
    close();
  }

  std::optional<Oid> find_ref(std::string_view full_name) override {
    const std::string name(full_name);
    git_oid oid;
    const int rc = git_reference_name_to_id(&oid, repository(), name.c_str());
    if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC) return std::nullopt;
    if (rc < 0) throw_unreadable("ref '" + name + "'");
    return to_oid(oid);
  }

  std::optional<std::string> symbolic_target(std::string_view full_name) override {
    const std::string name(full_name);
    git_reference* raw = nullptr;
    const int rc = git_reference_lookup(&raw, repository(), name.c_str());
    const ReferencePtr reference(raw);
    if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC) return std::nullopt;
    if (rc < 0) throw_unreadable("ref '" + name + "'");
    const char* target = git_reference_symbolic_target(reference.get());
    if (target == nullptr) return std::nullopt;
    return target;
  }

  std::vector<Ref> refs(std::string_view prefix) override {
    // A ref's name has no character that is special in a glob.
    const std::string glob = std::string(prefix) + "*";
    git_reference_iterator* raw = nullptr;
    const int rc = git_reference_iterator_glob_new(&raw, repository(), glob.c_str());
    const ReferenceIteratorPtr iterator(raw);
    if (rc < 0) throw_unreadable("refs");
    std::vector<Ref> refs;
    const char* name = nullptr;
    int next = 0;
    while ((next = git_reference_next_name(&name, iterator.get())) == 0) {
      if (!std::string_view(name).starts_with(prefix)) continue;
      if (const auto oid = find_ref(name)) refs.push_back({name, *oid});
    }
    if (next != GIT_ITEROVER) throw_unreadable("refs");
    std::sort(refs.begin(), refs.end(), [](const Ref& a, const Ref& b) { return a.name < b.name; });
    return refs;
  }

 private:
  std::optional<ObjectHeader> find_header(const Oid& oid) override {
    const auto id = from_oid(oid);
    if (!id) return std::nullopt;
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    const int rc = git_odb_read_header(&size, &type, odb(), &*id);
    if (rc == GIT_ENOTFOUND) return std::nullopt;
    if (rc < 0) throw_unreadable("object '" + oid.hex() + "'");
    return ObjectHeader{to_type(type), size};
  }

  std::optional<std::string> find_content(const Oid& oid) override {
    const auto id = from_oid(oid);
    if (!id) return std::nullopt;
    if (bytes_read_ > most_read_before_reopening) close();
    git_odb_object* raw = nullptr;
    const int rc = git_odb_read(&raw, odb(), &*id);
    const OdbObjectPtr object(raw);
    if (rc == GIT_ENOTFOUND) return std::nullopt;
    if (rc < 0) throw_unreadable("object '" + oid.hex() + "'");
    bytes_read_ += git_odb_object_size(raw);
    return std::string(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
  }

  git_repository* repository() { return handles().repository.get(); }
  git_odb* odb() { return handles().odb.get(); }
  const Handles& handles() {
    if (!handles_) {
      RepositoryPtr repository = open_git_dir(git_dir());
      if (!repository) throw_unreadable("'" + git_dir().string() + "'");
      handles_ = Handles{std::move(repository), open_objects(object_dirs_)};
    }
    return *handles_;
  }
  void close() {
    handles_.reset();
    bytes_read_ = 0;
  }

  std::vector<fs::path> object_dirs_;
  std::optional<Handles> handles_;
  std::size_t bytes_read_ = 0;  ///< since the handles were opened
};

}  // namespace

std::unique_ptr<Repository> open_with_libgit2(const fs::path& git_dir, const Environment& environment,
                                              const fs::path& object_dir) {
  start_libgit2();
  RepositoryPtr repository = open_git_dir(git_dir);
  if (!repository) return nullptr;
  git_buf objects{};
  const BufferContent owner(&objects);
  if (git_repository_item_path(&objects, repository.get(), GIT_REPOSITORY_ITEM_OBJECTS) < 0) {
    throw_unreadable("the objects of '" + git_dir.string() + "'");
  }
  std::vector<fs::path> object_dirs;
  add_object_dirs(object_dirs, objects.ptr);
  const std::string more = environment.find("GIT_ALTERNATE_OBJECT_DIRECTORIES").value_or("");
  for (const fs::path& directory : split_alternates(more, ':')) add_object_dirs(object_dirs, directory);
  if (!object_dir.empty()) add_object_dirs(object_dirs, object_dir);
  OdbPtr odb = open_objects(object_dirs);
  return std::make_unique<Libgit2Repository>(git_dir, environment, object_dir, std::move(object_dirs),
                                             Handles{std::move(repository), std::move(odb)});
}

}  // namespace mlem::git::detail
