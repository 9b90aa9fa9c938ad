#pragma once

#include "base/file.hpp"
#include "git/detail/objects.hpp"
#include "git/detail/zlib_reader.hpp"
#include "model/oid.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlem::git::detail {

/// How much work reading may still be: bytes that are looked at or made.
class Allowance {
 public:
  explicit Allowance(std::uint64_t left) : left_(left) {}
  std::uint64_t left() const noexcept { return left_; }
  /// Takes `count` off. Returns whether there was so much.
  bool spend(std::uint64_t count) noexcept {
    const bool is_enough = count <= left_;
    left_ = is_enough ? left_ - count : 0;
    return is_enough;
  }

 private:
  std::uint64_t left_;
};

/// Reads the objects of one pack, whatever is in its files: nothing in them makes it read or take more than was allowed
/// to it, or anything outside of them. For ids of SHA-1 and indexes of version 2.
class PackReader {
 public:
  /// `index_file` is a `*.idx`, and has its pack beside it. Both are looked at when the first object is.
  explicit PackReader(const fs::path& index_file) : index_path_(index_file) {}

  /// Returns an object, its content if that has at most `limit` bytes. Nothing: it is not here, cannot be read, or
  /// would cost more than is left.
  std::optional<Object> find(const Oid& oid, std::size_t limit, Allowance& allowance);

 private:
  /// What is in the pack at some offset.
  struct Entry {
    std::uint64_t at = 0;                ///< the offset
    std::optional<std::uint64_t> base;   ///< offset of what it is a delta on; none: it is whole
    ObjectType type = ObjectType::blob;  ///< if it is whole
    std::uint64_t size = 0;              ///< bytes, unpacked
    std::uint64_t data = 0;              ///< offset of its stream
  };
  /// An object that was read, whole.
  struct Known {
    Entry entry;
    std::string content;
  };

  bool open_index();
  bool open_pack();
  std::optional<std::uint64_t> find_offset(std::string_view id) const;
  std::optional<std::uint64_t> read_offset(std::uint32_t number) const;
  std::optional<Entry> read_entry(std::uint64_t offset) const;
  std::optional<std::string> unpack(const Entry& entry, Allowance& allowance);
  std::optional<Object> read_chain(const Entry& whole, const std::vector<Entry>& deltas, std::size_t limit,
                                   Allowance& allowance);
  const std::string* content_of(const Entry& whole, Allowance& allowance);
  /// Keeps what is at `entry`, whose size it sets.
  const std::string& keep(Entry entry, std::string content);

  static constexpr std::size_t fanout_size = 256;

  fs::path index_path_;
  std::optional<bool> is_usable_;  ///< none: nobody has looked
  RegularFile index_;
  std::array<std::uint32_t, fanout_size> fanout_{};  ///< how many ids there are up to each first byte
  RegularFile pack_;
  std::uint64_t pack_end_ = 0;  ///< where its checksum begins
  std::unique_ptr<ZlibReader> stream_;
  std::unordered_map<std::uint64_t, Known> known_;  ///< by offset
};

/// Returns what `delta` makes of `base` (gitformat-pack(5)); nothing if it is malformed, not for a base of that size,
/// or would make more than is left.
std::optional<std::string> apply_delta(std::string_view base, std::string_view delta, Allowance& allowance);

}  // namespace mlem::git::detail
