// A tree is a row of `<octal mode> <name>\0<raw id>`: "Git Internals - Git Objects".

#include "git/detail/tree_reader.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cstdint>

namespace mlem::git::detail {
namespace {

/// The order of a tree's entries: a directory's name counts as if it ended in a slash.
int compare_as_git(std::string_view a, bool a_is_directory, std::string_view b, bool b_is_directory) {
  const std::size_t common = std::min(a.size(), b.size());
  if (const int order = a.substr(0, common).compare(b.substr(0, common)); order != 0) return order;
  const auto next = [common](std::string_view name, bool directory) -> int {
    if (name.size() > common) return static_cast<unsigned char>(name[common]);
    return directory ? '/' : 0;
  };
  const int order = next(a, a_is_directory) - next(b, b_is_directory);
  return order != 0 ? order : static_cast<int>(a.size()) - static_cast<int>(b.size());
}

}  // namespace

void throw_corrupt(const Oid& oid, std::string why) {
  throw Error(ErrorKind::unavailable, "cannot read object '" + oid.hex() + "'", std::move(why));
}

RawEntry parse_entry(const Oid& tree, std::string_view rest) {
  RawEntry raw;
  // A registry has these by the million: no call for what is six digits.
  constexpr std::size_t most_digits = 10;
  std::size_t space = 0;
  for (; space < rest.size() && space < most_digits && rest[space] >= '0' && rest[space] <= '7'; ++space) {
    raw.entry.mode = raw.entry.mode * 8 + static_cast<std::uint32_t>(rest[space] - '0');
  }
  const std::size_t nul = rest.find('\0', space);
  const std::size_t id_size = tree.bytes().size();
  if (space == 0 || nul == std::string_view::npos || rest[space] != ' ' || rest.size() - nul - 1 < id_size) {
    throw_corrupt(tree, "it is not a well-formed tree");
  }
  raw.name = rest.substr(space + 1, nul - space - 1);
  // Who asks for the path would be led past what is listed under it.
  if (raw.name.empty() || raw.name.find('/') != std::string_view::npos) {
    throw_corrupt(tree, "it has a name that is empty or has a slash");
  }
  // char and unsigned char may alias.
  raw.entry.oid = Oid::from_bytes({reinterpret_cast<const std::uint8_t*>(rest.data()) + nul + 1, id_size});
  raw.size = nul + 1 + id_size;
  return raw;
}

bool TreeReader::next() {
  if (position_ == content_.size()) return false;
  const RawEntry raw = parse_entry(tree_, std::string_view(content_).substr(position_));
  if (position_ > 0 && compare_as_git(name(), is_directory(entry_), raw.name, is_directory(raw.entry)) >= 0) {
    throw_corrupt(tree_, "its entries are not in order");
  }
  // Between a file `a` and a directory `a` there may be others, all of which begin so: `a.b`.
  while (!files_.empty() && !raw.name.starts_with(text(files_.back()))) files_.pop_back();
  if (!is_directory(raw.entry)) {
    files_.push_back(place_of(raw.name));
  } else if (!files_.empty() && text(files_.back()) == raw.name) {
    throw_corrupt(tree_, "it has two entries of one name");
  }
  name_ = place_of(raw.name);
  entry_ = raw.entry;
  offset_ = position_;
  position_ += raw.size;
  return true;
}

TreePair::TreePair(std::optional<TreeReader> before, std::optional<TreeReader> after)
    : before_{std::move(before)}, after_{std::move(after)} {
  before_.next();
  after_.next();
}

std::optional<EntryPair> TreePair::next() {
  if (!before_.has_entry && !after_.has_entry) return std::nullopt;
  const int order = compare();
  EntryPair both;
  if (order <= 0) both.before = before_.take(both.name);
  if (order >= 0) both.after = after_.take(both.name);
  return both;
}

int TreePair::compare() const {
  if (!before_.has_entry) return 1;
  if (!after_.has_entry) return -1;
  return compare_as_git(before_.tree->name(), is_directory(before_.tree->entry()), after_.tree->name(),
                        is_directory(after_.tree->entry()));
}

}  // namespace mlem::git::detail
