// libgit2 waits for ever for the rest of a loose object whose file ends early (libgit2/libgit2#7342), as after a power
// cut. So its databases get packs from libgit2 and loose objects from here.

#include "git/detail/loose_objects.hpp"

#include "git/detail/loose_reader.hpp"

#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>  // git_error_set_str() since libgit2 1.8; before it was in <git2/errors.h>
#endif
#include <git2/sys/odb_backend.h>

#include <array>
#include <memory>

namespace mlem::git::detail {
namespace {

int fail(const char* reason) {
  git_error_set_str(GIT_ERROR_ODB, reason);
  return GIT_ERROR;
}

git_object_t libgit2_type(ObjectType type) {
  switch (type) {
    case ObjectType::commit:
      return GIT_OBJECT_COMMIT;
    case ObjectType::tree:
      return GIT_OBJECT_TREE;
    case ObjectType::tag:
      return GIT_OBJECT_TAG;
    default:
      return GIT_OBJECT_BLOB;
  }
}

/// libgit2's notion of inheritance: it knows the first member.
struct LooseBackend : git_odb_backend {
  explicit LooseBackend(const fs::path& object_dir) : git_odb_backend(), reader(object_dir) {
    git_odb_init_backend(this, GIT_ODB_BACKEND_VERSION);
  }
  LooseReader reader;
};

/// Returns 0 if the reader has that object open, else a code of libgit2's with its reason set.
int open_object(LooseReader& reader, const git_oid* oid) {
  std::array<char, GIT_OID_HEXSZ> hex;
  git_oid_fmt(hex.data(), oid);
  const LooseReader::State state = reader.open({hex.data(), hex.size()});
  if (state == LooseReader::State::absent) return GIT_ENOTFOUND;
  return state == LooseReader::State::open ? 0 : fail(reader.flaw());
}

extern "C" {

int read_loose_header(std::size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* oid) {
  LooseReader& reader = static_cast<LooseBackend*>(backend)->reader;
  if (const int rc = open_object(reader, oid); rc != 0) return rc;
  *size = reader.size();
  *type = libgit2_type(reader.type());
  return 0;
}

int read_loose(void** data, std::size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* oid) {
  LooseReader& reader = static_cast<LooseBackend*>(backend)->reader;
  if (const int rc = open_object(reader, oid); rc != 0) return rc;
  auto* const content = static_cast<char*>(git_odb_backend_data_alloc(backend, reader.size() + 1));
  if (content == nullptr) return fail("there is not enough memory");
  if (!reader.read({content, reader.size() + 1})) {
    git_odb_backend_data_free(backend, content);
    return fail(reader.flaw());
  }
  content[reader.size()] = '\0';
  *data = content;
  *size = reader.size();
  *type = libgit2_type(reader.type());
  return 0;
}

void free_loose(git_odb_backend* backend) { delete static_cast<LooseBackend*>(backend); }

}  // extern "C"

}  // namespace

git_odb_backend* make_loose_backend(const fs::path& object_dir) {
  auto backend = std::make_unique<LooseBackend>(object_dir);
  backend->read = read_loose;
  backend->read_header = read_loose_header;
  backend->free = free_loose;
  return backend.release();
}

}  // namespace mlem::git::detail
