#include "git/detail/zlib_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <new>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mlem::git::detail {

RegularFile::RegularFile(const char* path) : descriptor_(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) return;
  struct stat status {};
  int failure = fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (failure == 0 && !S_ISREG(status.st_mode)) failure = EINVAL;
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (failure == 0) return;
  close(std::exchange(descriptor_, -1));
  errno = failure;
}

RegularFile::RegularFile(RegularFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

RegularFile& RegularFile::operator=(RegularFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

RegularFile::~RegularFile() {
  if (is_open()) close(descriptor_);
}

ssize_t RegularFile::read(std::uint64_t at, std::span<char> to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t count = pread(descriptor_, to.data() + done, to.size() - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

ZlibReader::ZlibReader() {
  if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
}

ZlibReader::~ZlibReader() { inflateEnd(&stream_); }

void ZlibReader::start(const RegularFile& file, std::uint64_t at, std::uint64_t end) {
  inflateReset(&stream_);
  stream_.avail_in = 0;
  file_ = &file;
  next_ = at;
  end_ = end;
  is_at_end_ = false;
}

const char* ZlibReader::read(std::span<char> to, std::size_t& count) {
  count = 0;
  while (count < to.size() && !is_at_end_) {
    if (stream_.avail_in == 0) {
      if (const char* const flaw = fill()) return flaw;
    }
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const auto room = static_cast<uInt>(std::min(to.size() - count, most));
    // char and unsigned char may alias.
    stream_.next_out = reinterpret_cast<Bytef*>(to.data() + count);
    stream_.avail_out = room;
    const int state = inflate(&stream_, Z_NO_FLUSH);
    count += room - stream_.avail_out;
    is_at_end_ = state == Z_STREAM_END;
    if (state != Z_OK && !is_at_end_) return "its file is corrupt";
  }
  return nullptr;
}

const char* ZlibReader::fill() {
  const std::uint64_t left = end_ > next_ ? end_ - next_ : 0;
  const std::size_t wanted = std::min<std::uint64_t>(block_.size(), left);
  const ssize_t count = wanted > 0 ? file_->read(next_, {block_.data(), wanted}) : 0;
  if (count < 0) return std::strerror(errno);
  if (count == 0) return "its file ends early";
  next_ += static_cast<std::uint64_t>(count);
  stream_.next_in = reinterpret_cast<Bytef*>(block_.data());
  stream_.avail_in = static_cast<uInt>(count);
  return nullptr;
}

}  // namespace mlem::git::detail
