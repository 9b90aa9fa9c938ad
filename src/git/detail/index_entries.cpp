// The few entries of an index that a command asks for. `git ls-files` takes all entries apart and compares each with
// each name, and libgit2 verifies the checksum besides: both cost many times what it takes to pass over the entries,
// which is all that happens here. What an index may have beyond entries that follow each other is left to git, and so
// is one that is corrupt.
//
// The format is that of gitformat-index(5), whose words are used.

#include "git/detail/big_endian.hpp"
#include "git/detail/index.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>

namespace mlem::git::detail {
namespace {

constexpr std::uint32_t assume_valid_flag = 0x8000;
constexpr std::uint32_t extended_flag = 0x4000;
constexpr std::uint32_t stage_mask = 0x3000;
constexpr int stage_shift = 12;
constexpr std::uint32_t name_length_mask = 0x0fff;
constexpr std::uint32_t skip_worktree_flag = 0x4000;  // of the extended flags
constexpr std::uint32_t intent_to_add_flag = 0x2000;  // of the extended flags

/// Goes from one entry to the next. Has a part of the file at a time: to map or to hold all of it takes more time than
/// to look at it.
class EntryReader {
 public:
  /// Ids have `id_size` bytes.
  EntryReader(const fs::path& index_file, std::size_t id_size)
      : id_size_(id_size), file_(index_file.c_str(), std::ios::binary | std::ios::ate) {
    constexpr std::size_t header_size = 12;
    const std::streamoff size = file_.tellg();
    if (size < static_cast<std::streamoff>(header_size + id_size)) return;
    unread_ = static_cast<std::size_t>(size) - id_size;  // the checksum is as long as an id
    file_.seekg(0);
    fill();
    if (rest_.size() < header_size || !rest_.starts_with("DIRC")) return;
    version_ = big_endian(rest_.substr(4, 4));
    if (version_ < 2 || version_ > 4) return;
    left_ = big_endian(rest_.substr(8, 4));
    rest_.remove_prefix(header_size);
    is_readable_ = true;
  }

  /// Returns whether all was understood so far.
  bool is_readable() const noexcept { return is_readable_; }

  /// Returns whether there was one more entry; then name() (until the next call) and the others are about it.
  bool next() {
    if (!is_readable_ || left_ == 0) return false;
    --left_;
    if (rest_.size() < usual_entry) fill();
    is_readable_ = read_entry();
    return is_readable_;
  }

  std::string_view name() const noexcept { return version_ == 4 ? std::string_view(unpacked_name_) : name_; }
  std::uint32_t flags() const noexcept { return flags_; }
  std::uint32_t extended_flags() const noexcept { return extended_; }
  Entry entry() const {
    constexpr std::size_t mode_at = 24;
    // char and unsigned char may alias.
    const auto* const id = reinterpret_cast<const std::uint8_t*>(fixed_.data()) + stat_size;
    return {big_endian(fixed_.substr(mode_at, 4)), Oid::from_bytes({id, id_size_})};
  }

  /// Returns whether entries are all that the index has: behind the last one there is no extension that has to be
  /// understood.
  bool is_complete() {
    constexpr std::size_t header_size = 8;
    while (rest_.size() + unread_ > 0) {
      fill();
      if (rest_.size() < header_size || rest_.front() < 'A' || rest_.front() > 'Z') return false;
      const std::size_t size = big_endian(rest_.substr(4, 4));
      rest_.remove_prefix(header_size);
      if (!skip(size)) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t stat_size = 40;
  static constexpr std::size_t buffer_size = std::size_t{1} << 16;
  static constexpr std::size_t usual_entry = std::size_t{1} << 13;  ///< bytes; one with a longer name is for git

  /// Reads on, as far as there is room for.
  void fill() {
    std::memmove(buffer_.data(), rest_.data(), rest_.size());
    const std::size_t count = std::min(buffer_size - rest_.size(), unread_);
    file_.read(buffer_.data() + rest_.size(), static_cast<std::streamsize>(count));
    const auto read = static_cast<std::size_t>(file_.gcount());
    unread_ = read == count ? unread_ - count : 0;
    rest_ = {buffer_.data(), rest_.size() + read};
  }

  /// Returns whether there was so much.
  bool skip(std::size_t size) {
    const std::size_t here = std::min(size, rest_.size());
    rest_.remove_prefix(here);
    if (size - here > unread_) return false;
    unread_ -= size - here;
    file_.seekg(static_cast<std::streamoff>(size - here), std::ios::cur);
    return true;
  }

  bool read_entry() {
    std::size_t size = stat_size + id_size_ + 2;
    if (rest_.size() < size) return false;
    flags_ = big_endian(rest_.substr(size - 2, 2));
    extended_ = 0;
    if ((flags_ & extended_flag) != 0) {
      if (version_ == 2 || rest_.size() < size + 2) return false;
      extended_ = big_endian(rest_.substr(size, 2));
      if ((extended_ & ~(skip_worktree_flag | intent_to_add_flag)) != 0) return false;
      size += 2;
    }
    fixed_ = rest_.substr(0, size);
    return version_ == 4 ? read_packed_name() : read_name();
  }

  bool read_name() {
    std::size_t length = flags_ & name_length_mask;
    if (length == name_length_mask) length = rest_.find('\0', fixed_.size()) - fixed_.size();
    // One to eight NULs fill an entry up to a multiple of eight bytes.
    if (length >= rest_.size() - fixed_.size()) return false;
    const std::size_t size = (fixed_.size() + length + 8) / 8 * 8;
    if (size > rest_.size() || rest_[fixed_.size() + length] != '\0') return false;
    name_ = rest_.substr(fixed_.size(), length);
    rest_.remove_prefix(size);
    return true;
  }

  /// The name says how many bytes of the one before are to be taken away, and what is to be added.
  bool read_packed_name() {
    std::size_t at = fixed_.size();
    std::size_t surplus = 0;
    for (bool goes_on = true; goes_on; ++at) {
      if (at == rest_.size() || surplus > unpacked_name_.size()) return false;
      const auto byte = static_cast<unsigned char>(rest_[at]);
      if (at > fixed_.size()) ++surplus;
      surplus = surplus << 7U | (byte & 0x7fU);
      goes_on = (byte & 0x80U) != 0;
    }
    const std::size_t end = rest_.find('\0', at);
    if (end == std::string_view::npos || surplus > unpacked_name_.size()) return false;
    unpacked_name_.resize(unpacked_name_.size() - surplus);
    unpacked_name_ += rest_.substr(at, end - at);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::size_t id_size_;
  std::uint32_t version_ = 0;
  std::uint32_t left_ = 0;  ///< entries
  bool is_readable_ = false;
  std::ifstream file_;
  std::size_t unread_ = 0;  ///< bytes of the file before its checksum
  std::vector<char> buffer_ = std::vector<char>(buffer_size);
  std::string_view rest_{buffer_.data(), 0};
  std::string_view fixed_;  ///< the entry before its name
  std::uint32_t flags_ = 0;
  std::uint32_t extended_ = 0;
  std::string_view name_;
  std::string unpacked_name_;  ///< in version 4
};

/// Returns whether a file is one of `names` or below one.
bool is_at_or_below(std::string_view file, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const bool may_be = file.size() > name.size() ? file[name.size()] == '/' : file.size() == name.size();
    return may_be && file.starts_with(name);
  });
}

}  // namespace

std::optional<std::deque<File>> find_index_entries(const fs::path& index_file, std::size_t id_size,
                                                   const std::vector<std::string>& names) {
  // A symbolic link or a FIFO is for git too.
  boost::system::error_code failure;
  if (fs::symlink_status(index_file, failure).type() != fs::regular_file) return std::nullopt;
  EntryReader reader(index_file, id_size);
  std::deque<File> files;
  while (reader.next()) {
    if (!is_at_or_below(reader.name(), names)) continue;
    // git looks whether the file is there all the same: `sparse.expectFilesOutsideOfPatterns` in git-config(1).
    if ((reader.extended_flags() & skip_worktree_flag) != 0) return std::nullopt;
    if ((reader.extended_flags() & intent_to_add_flag) != 0) continue;
    const auto stage = static_cast<int>((reader.flags() & stage_mask) >> stage_shift);
    const bool is_assumed = (reader.flags() & assume_valid_flag) != 0;
    files.push_back({std::string(reader.name()), reader.entry(), stage, false, is_assumed});
  }
  if (!reader.is_readable() || !reader.is_complete()) return std::nullopt;
  return files;
}

}  // namespace mlem::git::detail
