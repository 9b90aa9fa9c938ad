// A loose object is a zlib stream of `<type> <size>\0<content>`, alone in a file.

#include "git/detail/loose_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>

namespace mlem::git::detail {

LooseReader::State LooseReader::open(std::string_view hex) {
  path_.resize(prefix_);
  path_.append(hex.substr(0, 2)).append("/").append(hex.substr(2));
  file_ = RegularFile(path_.c_str());
  if (!file_.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return State::absent;
    flaw_ = errno == EINVAL ? "there is not a regular file in its place" : std::strerror(errno);
    return State::flawed;
  }
  constexpr std::uint64_t header_within = 4096;  // packed; to read on is not for who only wants to know the size
  stream_.start(file_, 0, std::min(file_.size(), header_within));
  std::size_t count = 0;
  flaw_ = stream_.read(start_, count);
  if (flaw_ != nullptr) return State::flawed;
  flaw_ = "it has no header";
  const std::string_view start(start_.data(), count);
  const std::size_t blank = start.find(' ');
  const std::size_t nul = start.find('\0');
  if (blank >= nul || nul == std::string_view::npos) return State::flawed;
  const auto type = parse_type(start.substr(0, blank));
  const char* const end = start.data() + nul;
  const auto parsed = std::from_chars(start.data() + blank + 1, end, size_);
  if (!type || parsed.ec != std::errc{} || parsed.ptr != end) return State::flawed;
  flaw_ = "it is too large";
  if (size_ == std::numeric_limits<std::size_t>::max()) return State::flawed;
  type_ = *type;
  content_ = start.substr(nul + 1);
  return State::open;
}

bool LooseReader::read(std::span<char> to) {
  flaw_ = "it is longer than its header says";
  if (content_.size() > size_) return false;
  std::copy(content_.begin(), content_.end(), to.begin());
  // The byte behind the content is reached only by what is too long; and to look for it is to meet the stream's end.
  std::size_t count = 0;
  stream_.go_on_to(file_.size());
  if (const char* const flaw = stream_.read(to.subspan(content_.size()), count)) {
    flaw_ = flaw;
    return false;
  }
  count += content_.size();
  if (count > size_) return false;
  flaw_ = "it is shorter than its header says";
  if (count < size_) return false;
  flaw_ = "its file has more behind its end";
  char more = '\0';
  return stream_.position() == file_.size() && file_.read(file_.size(), {&more, 1}) == 0;
}

}  // namespace mlem::git::detail
