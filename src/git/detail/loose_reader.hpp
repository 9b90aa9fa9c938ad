#pragma once

#include "base/file.hpp"
#include "git/detail/objects.hpp"
#include "git/detail/zlib_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mlem::git::detail {

/// Reads the loose objects of one directory, one after the other. A file that ends early, that has less or more than it
/// says or that is not a file has a flaw.
class LooseReader {
 public:
  enum class State { open, absent, flawed };

  explicit LooseReader(const fs::path& object_dir) : path_(object_dir.string() + "/"), prefix_(path_.size()) {}

  /// Opens the object whose id has these hex digits and reads what its file says of it.
  State open(std::string_view hex);
  /// Returns what is wrong with the last object.
  const char* flaw() const noexcept { return flaw_; }
  /// These are of the object that is open: its type, the bytes of its content, and those of its file.
  ObjectType type() const noexcept { return type_; }
  std::size_t size() const noexcept { return size_; }
  std::uint64_t file_size() const noexcept { return file_.size(); }
  /// Reads its content to `to`, which has one byte more. Returns whether all of it was there, and nothing else.
  bool read(std::span<char> to);

 private:
  static constexpr std::size_t longest_header = 32;  ///< that git allows

  std::string path_;  ///< of the last object
  std::size_t prefix_;
  RegularFile file_;
  ZlibReader stream_;
  const char* flaw_ = nullptr;
  ObjectType type_ = ObjectType::blob;
  std::size_t size_ = 0;
  std::array<char, longest_header> start_;  ///< of what was unpacked
  std::string_view content_;                ///< of that
};

}  // namespace mlem::git::detail
