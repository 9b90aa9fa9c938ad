#pragma once

#include "base/file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/types.h>
#include <zlib.h>

namespace mlem::git::detail {

/// A regular file that is open for reading. It is never mapped: whoever cuts a mapped file off ends its readers by a
/// signal.
class RegularFile {
 public:
  RegularFile() = default;
  /// Opens a file. What is not there, may not be read or is not a file is not open, and errno says why; a FIFO holds
  /// nobody up.
  explicit RegularFile(const char* path);
  RegularFile(RegularFile&& other) noexcept;
  RegularFile& operator=(RegularFile&& other) noexcept;
  ~RegularFile();

  bool is_open() const noexcept { return descriptor_ >= 0; }
  /// Returns its size in bytes when it was opened.
  std::uint64_t size() const noexcept { return size_; }
  /// Reads up to all of `to` from byte `at` on. Returns how many bytes there were, fewer only at the end of the file;
  /// -1 if they cannot be read, and errno says why.
  ssize_t read(std::uint64_t at, std::span<char> to) const;

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// Unpacks streams of zlib that are in files, one after the other. A message that it returns says what is wrong; null
/// is success.
class ZlibReader {
 public:
  ZlibReader();
  ~ZlibReader();
  ZlibReader(const ZlibReader&) = delete;
  ZlibReader& operator=(const ZlibReader&) = delete;

  /// Begins with the stream at byte `at` of a file, which has to end before byte `end` and is to be open until then.
  void start(const RegularFile& file, std::uint64_t at, std::uint64_t end);
  /// Sets another end.
  void go_on_to(std::uint64_t end) noexcept { end_ = end; }
  /// Sets `count` to how many bytes of `to` there were: fewer only at the end of the stream.
  const char* read(std::span<char> to, std::size_t& count);
  /// Returns up to which byte of the file the stream was read.
  std::uint64_t position() const noexcept { return next_ - stream_.avail_in; }

 private:
  const char* fill();

  z_stream stream_{};
  const RegularFile* file_ = nullptr;
  std::uint64_t next_ = 0;  ///< byte of the file that is to be read
  std::uint64_t end_ = 0;
  bool is_at_end_ = false;
  std::array<char, 8192> block_;
};

}  // namespace mlem::git::detail
