#include "git/detail/libgit2.hpp"

#include "base/error.hpp"
#include "git/repository.hpp"

#include <algorithm>

namespace mlem::git::detail {
namespace {

struct Library {
  Library() {
    if (git_libgit2_init() < 0) throw Error(ErrorKind::unavailable, "cannot start libgit2", libgit2_reason());
    // git has judged the owner before, and libgit2 does not take its `safe.directory=*` for an answer.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // Whoever wrote an object checked it against its id; git does not do so again at each read either.
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    // Extensions that do not change how objects and refs are read; compared in lower case. Not `objectformat`: SHA-256
    // repositories would open, and every read in them fail.
    const char* extensions[] = {"worktreeconfig", "partialclone", "preciousobjects"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
  }
  ~Library() { git_libgit2_shutdown(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

}  // namespace

void start_libgit2() { static const Library library; }

std::string libgit2_reason() {
  const git_error* error = git_error_last();
  if (error == nullptr || error->message == nullptr) return "libgit2 gives no reason";
  return error->message;
}

[[noreturn]] void throw_unreadable(const std::string& subject) {
  throw Error(ErrorKind::unavailable, "cannot read " + subject, libgit2_reason());
}

Oid to_oid(const git_oid& raw) { return Oid::from_bytes({raw.id, GIT_OID_RAWSZ}); }

std::optional<git_oid> from_oid(const Oid& oid) {
  const auto bytes = oid.bytes();
  if (bytes.size() != GIT_OID_RAWSZ) return std::nullopt;
  git_oid raw;
  std::copy(bytes.begin(), bytes.end(), raw.id);
  return raw;
}

}  // namespace mlem::git::detail

namespace mlem::git {

std::string library_version() {
  int major = 0;
  int minor = 0;
  int revision = 0;
  git_libgit2_version(&major, &minor, &revision);
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(revision);
}

}  // namespace mlem::git
