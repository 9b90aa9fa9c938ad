#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::bundle {

/// Takes bytes, piece by piece.
using TakeBytes = std::function<void(std::string_view piece)>;

/// A file of an archive.
struct TarMember {
  std::string name;        ///< 100 bytes at most
  std::uint64_t size = 0;  ///< in bytes
};

/// Writes an archive of pax(1) that depends on nothing but its members: they are of nobody, and of one time.
class TarWriter {
 public:
  /// `time` is that of all members, in seconds since 1970.
  TarWriter(TakeBytes take, std::int64_t time) : take_(std::move(take)), time_(time) {}

  /// Begins a member, of which write() gets as many bytes as it has. The one before is whole.
  void begin(const TarMember& member);
  void write(std::string_view piece);
  /// Ends the archive.
  void finish();

 private:
  void pad();
  TakeBytes take_;
  std::int64_t time_;
  std::uint64_t written_ = 0;  ///< of the member
};

/// Reads an archive as TarWriter writes it, from its beginning to its end, and no other: what one program takes for a
/// file and another one does not is not in it.
class TarReader {
 public:
  /// Returns how many bytes it has put into a buffer of some size; 0 at the end.
  using Read = std::function<std::size_t(char* buffer, std::size_t size)>;

  explicit TarReader(Read read) : read_(std::move(read)) {}

  /// Returns the next member, whose bytes take() gives; nothing at the end of the archive. Throws Error(invalid) for
  /// anything else.
  std::optional<TarMember> next();
  /// Gives the bytes of the member. Throws Error(invalid) if the archive ends before they do.
  void take(const TakeBytes& take);

 private:
  void read_whole(char* buffer, std::size_t size);
  TarMember read_long_member(std::string_view header, std::int64_t time);
  Read read_;
  std::uint64_t left_ = 0;  ///< of the member, without what fills its last block
  std::optional<std::int64_t> time_;
};

}  // namespace mlem::bundle
