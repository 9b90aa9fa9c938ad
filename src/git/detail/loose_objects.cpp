// libgit2 waits for ever for the rest of a loose object whose file ends early (libgit2/libgit2#7342), as after a power
// cut. So its databases get packs from libgit2 and loose objects from here.
//
// A loose object is a zlib stream of `<type> <size>\0<content>`, alone in a file.

#include "git/detail/loose_objects.hpp"

#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>  // git_error_set_str() since libgit2 1.8; before it was in <git2/errors.h>
#endif
#include <git2/sys/odb_backend.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace mlem::git::detail {
namespace {

int fail(const char* reason) {
  git_error_set_str(GIT_ERROR_ODB, reason);
  return GIT_ERROR;
}

git_object_t libgit2_type(std::string_view word) {
  if (word == "commit") return GIT_OBJECT_COMMIT;
  if (word == "tree") return GIT_OBJECT_TREE;
  if (word == "blob") return GIT_OBJECT_BLOB;
  if (word == "tag") return GIT_OBJECT_TAG;
  return GIT_OBJECT_INVALID;
}

/// Reads one file after the other. Every function returns 0 or a code of libgit2's with its reason set.
class Inflater {
 public:
  Inflater() {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() {
    close_file();
    inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// GIT_ENOTFOUND if there is no such file.
  int open_file(const char* path) {
    close_file();
    // A FIFO would hold us until somebody writes.
    descriptor_ = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) return errno == ENOENT || errno == ENOTDIR ? GIT_ENOTFOUND : fail(std::strerror(errno));
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) return fail(std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return fail("there is not a regular file in its place");
    inflateReset(&stream_);
    stream_.avail_in = 0;
    is_at_end_ = false;
    return 0;
  }

  /// Sets `count` to how many of `size` bytes there were: fewer only at the end of the stream.
  int read(char* to, std::size_t size, std::size_t& count) {
    count = 0;
    while (count < size && !is_at_end_) {
      if (stream_.avail_in == 0) {
        const int rc = fill();
        if (rc < 0) return rc;
        if (stream_.avail_in == 0) return fail("its file ends early");
      }
      constexpr std::size_t most = std::numeric_limits<uInt>::max();
      const auto room = static_cast<uInt>(std::min(size - count, most));
      // char and unsigned char may alias.
      stream_.next_out = reinterpret_cast<Bytef*>(to + count);
      stream_.avail_out = room;
      const int state = inflate(&stream_, Z_NO_FLUSH);
      count += room - stream_.avail_out;
      is_at_end_ = state == Z_STREAM_END;
      if (state != Z_OK && !is_at_end_) return fail("its file is corrupt");
    }
    return 0;
  }

  /// Returns whether neither the stream nor the file goes on.
  bool is_at_end() { return is_at_end_ && stream_.avail_in == 0 && fill() == 0 && stream_.avail_in == 0; }

 private:
  int fill() {
    ssize_t count = -1;
    do count = ::read(descriptor_, block_.data(), block_.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) return fail(std::strerror(errno));
    stream_.next_in = block_.data();
    stream_.avail_in = static_cast<uInt>(count);
    return 0;
  }

  void close_file() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

  z_stream stream_{};
  int descriptor_ = -1;
  bool is_at_end_ = false;
  std::array<Bytef, 16384> block_;
};

/// libgit2's notion of inheritance: it knows the first member.
struct LooseBackend : git_odb_backend {
  explicit LooseBackend(const fs::path& object_dir) : git_odb_backend(), path(object_dir.string() + "/") {
    git_odb_init_backend(this, GIT_ODB_BACKEND_VERSION);
    prefix = path.size();
  }
  std::string path;  ///< of the last object
  std::size_t prefix;
  Inflater file;
};

/// What `file` begins with.
struct Start {
  git_object_t type = GIT_OBJECT_INVALID;
  std::size_t size = 0;
  std::array<char, 32> bytes;  ///< git allows no longer header
  std::string_view content;    ///< of these bytes
};

int read_start(Start& start, LooseBackend& backend, const git_oid* oid) {
  std::array<char, GIT_OID_HEXSZ + 1> name;
  git_oid_pathfmt(name.data(), oid);
  backend.path.resize(backend.prefix);
  backend.path.append(name.data(), name.size());
  int rc = backend.file.open_file(backend.path.c_str());
  if (rc < 0) return rc;
  std::size_t count = 0;
  rc = backend.file.read(start.bytes.data(), start.bytes.size(), count);
  if (rc < 0) return rc;
  const std::string_view bytes(start.bytes.data(), count);
  const std::size_t blank = bytes.find(' ');
  const std::size_t nul = bytes.find('\0');
  if (blank >= nul || nul == std::string_view::npos) return fail("it has no header");
  start.type = libgit2_type(bytes.substr(0, blank));
  const char* const end = bytes.data() + nul;
  const auto parsed = std::from_chars(bytes.data() + blank + 1, end, start.size);
  if (start.type == GIT_OBJECT_INVALID || parsed.ec != std::errc{} || parsed.ptr != end) {
    return fail("it has no header");
  }
  start.content = bytes.substr(nul + 1);
  return 0;
}

extern "C" {

int read_loose_header(std::size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* oid) {
  Start start;
  const int rc = read_start(start, *static_cast<LooseBackend*>(backend), oid);
  if (rc < 0) return rc;
  *size = start.size;
  *type = start.type;
  return 0;
}

int read_loose(void** data, std::size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* oid) {
  Inflater& file = static_cast<LooseBackend*>(backend)->file;
  Start start;
  int rc = read_start(start, *static_cast<LooseBackend*>(backend), oid);
  if (rc < 0) return rc;
  if (start.size == std::numeric_limits<std::size_t>::max()) return fail("it is too large");
  if (start.content.size() > start.size) return fail("it is longer than its header says");
  // One byte more, which only what is too long reaches; and where nothing is left to read, the stream's end is met.
  auto* const content = static_cast<char*>(git_odb_backend_data_alloc(backend, start.size + 1));
  if (content == nullptr) return fail("there is not enough memory");
  std::copy(start.content.begin(), start.content.end(), content);
  std::size_t count = 0;
  rc = file.read(content + start.content.size(), start.size + 1 - start.content.size(), count);
  count += start.content.size();
  if (rc == 0 && count != start.size) {
    rc = fail(count < start.size ? "it is shorter than its header says" : "it is longer than its header says");
  }
  if (rc == 0 && !file.is_at_end()) rc = fail("its file has more behind its end");
  if (rc < 0) {
    git_odb_backend_data_free(backend, content);
    return rc;
  }
  content[start.size] = '\0';
  *data = content;
  *size = start.size;
  *type = start.type;
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
