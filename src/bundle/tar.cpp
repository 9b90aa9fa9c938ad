#include "bundle/tar.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <numeric>
#include <utility>

// The format is that of pax(1) in POSIX.1-2017: blocks of 512 bytes, a header before each file. What has 8 GiB or more
// does not fit into the size of a header, and has an extended header before it that says it.
//
// A header is read by making the one that the writer would have made: what differs in any byte is refused.

namespace mlem::bundle {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::uint64_t max_header_size = 0'77'777'777'777;
constexpr std::size_t longest_name = 100;
constexpr char type_file = '0';
constexpr char type_extended = 'x';
constexpr const char* name_of_extended = "size";

using Block = std::array<char, block_size>;

[[noreturn]] void refuse_archive(const std::string& why) {
  throw Error(ErrorKind::invalid, "not a bundle of git mlem", why);
}

Block make_header(const std::string& name, std::uint64_t size, std::int64_t time, char type) {
  Block block{};
  const auto put = [&](std::size_t offset, std::string_view text) {
    std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, fmt::format("{:011o}", time));
  put(148, "        ");  // the checksum, while it is made
  block[156] = type;
  put(257, "ustar");
  put(263, "00");
  put(329, "0000000");
  put(337, "0000000");
  const unsigned sum = std::accumulate(block.begin(), block.end(), 0U, [](unsigned so_far, char byte) {
    return so_far + static_cast<unsigned char>(byte);
  });
  put(148, fmt::format("{:06o}", sum));
  block[154] = '\0';
  return block;
}

/// `<length> size=<n>` and a newline, of which the length is that of all.
std::string extended_size(std::uint64_t size) {
  const std::string rest = fmt::format(" size={}\n", size);
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

std::string_view text_at(const Block& block, std::size_t offset, std::size_t size) {
  const std::string_view field(block.data() + offset, size);
  return field.substr(0, field.find('\0'));
}

std::uint64_t octal_at(const Block& block, std::size_t offset) {
  constexpr std::size_t digits = 11;
  std::uint64_t value = 0;
  const char* const begin = block.data() + offset;
  const auto parsed = std::from_chars(begin, begin + digits, value, 8);
  if (parsed.ec != std::errc{} || parsed.ptr != begin + digits) refuse_archive("it has an unexpected header");
  return value;
}

std::size_t padding(std::uint64_t size) { return (block_size - size % block_size) % block_size; }

std::string_view view(const Block& block) { return {block.data(), block.size()}; }

}  // namespace

void TarWriter::begin(const TarMember& member) {
  pad();
  if (member.size > max_header_size) {
    const std::string record = extended_size(member.size);
    take_(view(make_header(name_of_extended, record.size(), time_, type_extended)));
    written_ = 0;
    write(record);
    pad();
  }
  take_(view(make_header(member.name, member.size > max_header_size ? 0 : member.size, time_, type_file)));
  written_ = 0;
}

void TarWriter::write(std::string_view piece) {
  written_ += piece.size();
  take_(piece);
}

void TarWriter::pad() {
  static constexpr Block zeros{};
  if (const std::size_t count = padding(written_); count > 0) take_(view(zeros).substr(0, count));
  written_ = 0;
}

void TarWriter::finish() {
  static constexpr Block zeros{};
  pad();
  for (int i = 0; i < 2; ++i) take_(view(zeros));
}

void TarReader::read_whole(char* buffer, std::size_t size) {
  while (size > 0) {
    const std::size_t count = read_(buffer, size);
    if (count == 0) refuse_archive("it ends before it is whole");
    buffer += count;
    size -= count;
  }
}

std::optional<TarMember> TarReader::next() {
  Block block{};
  read_whole(block.data(), block.size());
  const Block zeros{};
  if (block == zeros) {
    read_whole(block.data(), block.size());
    char more = 0;
    if (block != zeros || read_(&more, 1) != 0) refuse_archive("it goes on where it should end");
    return std::nullopt;
  }
  const auto time = static_cast<std::int64_t>(octal_at(block, 136));
  if (!time_) time_ = time;
  TarMember member{std::string(text_at(block, 0, longest_name)), octal_at(block, 124)};
  if (block[156] == type_extended) {
    member = read_long_member(view(block), time);
  } else if (block != make_header(member.name, member.size, *time_, type_file)) {
    refuse_archive("it has an unexpected header");
  }
  left_ = member.size;
  return member;
}

/// Reads the rest of what begins with an extended header.
TarMember TarReader::read_long_member(std::string_view header, std::int64_t time) {
  Block block{};
  read_whole(block.data(), block.size());
  const std::string_view record = text_at(block, 0, block_size);
  const std::size_t start = std::min(record.find('='), record.size() - 1) + 1;
  std::uint64_t size = 0;
  std::from_chars(record.data() + start, record.data() + record.size(), size);
  const bool is_ours = size > max_header_size && record == extended_size(size) &&
                       header == view(make_header(name_of_extended, record.size(), time, type_extended));
  if (!is_ours) refuse_archive("it has an unexpected header");
  read_whole(block.data(), block.size());
  const std::string name(text_at(block, 0, longest_name));
  if (block != make_header(name, 0, *time_, type_file)) refuse_archive("it has an unexpected header");
  return {name, size};
}

void TarReader::take(const TakeBytes& take) {
  std::array<char, std::size_t{1} << 16> buffer;
  const std::size_t fill = padding(left_);
  while (left_ > 0) {
    const std::size_t count = read_(buffer.data(), std::min<std::uint64_t>(left_, buffer.size()));
    if (count == 0) refuse_archive("it ends before it is whole");
    take({buffer.data(), count});
    left_ -= count;
  }
  read_whole(buffer.data(), fill);
  if (std::any_of(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(fill), [](char c) { return c != 0; })) {
    refuse_archive("it has bytes between its files");
  }
}

}  // namespace mlem::bundle
