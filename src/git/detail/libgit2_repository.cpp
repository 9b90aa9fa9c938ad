#include "git/detail/command.hpp"
#include "git/detail/libgit2.hpp"
#include "git/detail/object_dirs.hpp"
#include "git/detail/object_repository.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mlem::git::detail {
namespace {

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

class Libgit2Repository final : public ObjectRepository {
 public:
  Libgit2Repository(const fs::path& git_dir, RepositoryPtr repository, std::unique_ptr<Objects> objects)
      : ObjectRepository(std::move(objects)), git_dir_(git_dir), repository_(std::move(repository)) {}

  void release() override {
    ObjectRepository::release();
    repository_.reset();
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
    git_reference* next_ref = nullptr;
    int next = 0;
    while ((next = git_reference_next(&next_ref, iterator.get())) == 0) {
      const ReferencePtr ref(next_ref);
      const std::string name = git_reference_name(ref.get());
      if (!name.starts_with(prefix)) continue;
      const git_oid* const target = git_reference_target(ref.get());
      if (const auto oid = target != nullptr ? std::optional(to_oid(*target)) : find_ref(name)) {
        refs.push_back({name, *oid});
      }
    }
    if (next != GIT_ITEROVER) throw_unreadable("refs");
    std::sort(refs.begin(), refs.end(), [](const Ref& a, const Ref& b) { return a.name < b.name; });
    return refs;
  }

 private:
  git_repository* repository() {
    if (!repository_) repository_ = open_git_dir(git_dir_);
    if (!repository_) throw_unreadable("'" + git_dir_.string() + "'");
    return repository_.get();
  }

  fs::path git_dir_;
  RepositoryPtr repository_;
};

}  // namespace

std::unique_ptr<Repository> open_with_libgit2(const fs::path& git_dir, const Environment& environment, Reading reading,
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
  constexpr std::size_t sha1_digits = 40;
  const bool is_apart = reading == Reading::apart;
  auto by_git = make_cat_file_objects(git_dir, for_reading(environment, object_dir), sha1_digits,
                                      is_apart ? object_dirs : std::vector<fs::path>{});
  auto reader = is_apart ? make_bounded_objects(std::move(object_dirs), std::move(by_git))
                         : make_libgit2_objects(std::move(object_dirs), std::move(by_git));
  return std::make_unique<Libgit2Repository>(git_dir, std::move(repository), std::move(reader));
}

}  // namespace mlem::git::detail
