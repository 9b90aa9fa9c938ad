// Packs of anybody, read within bounds. Every number in them is looked at before it is used, and all that is done is
// taken off an allowance: bases that lead to each other for ever, streams that go on and on and sizes that nobody has
// memory for come to its end, like everything that is just too large. What was unpacked is kept, for it is the base of
// others, and no more than was allowed. Nothing is mapped into memory.
//
// The formats and their words are those of gitformat-pack(5).

#include "git/detail/pack_reader.hpp"

#include "git/detail/big_endian.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace mlem::git::detail {
namespace {

constexpr std::size_t sha1_size = 20;
constexpr std::uint64_t fanout_at = 8;
constexpr std::uint64_t ids_at = fanout_at + 4 * 256;
constexpr std::uint64_t pack_header_size = 12;

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

bool read_whole(const RegularFile& file, std::uint64_t at, std::span<char> to) {
  return file.read(at, to) == static_cast<ssize_t>(to.size());
}

/// Takes bytes off the front of a text, which may be at its end.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}

  std::size_t left() const noexcept { return rest_.size(); }
  /// Returns the next byte; 0, and is_short() from then on, if there is none.
  std::uint8_t next() {
    if (rest_.empty()) {
      is_short_ = true;
      return 0;
    }
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::optional<std::string_view> take(std::size_t count) {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  bool is_short() const noexcept { return is_short_; }

 private:
  std::string_view rest_;
  bool is_short_ = false;
};

/// Goes on with a size whose lower `shift` bits are in `size`: seven bits a byte, the lowest first, as long as there is
/// a flag for more. Nothing if it has no end, or more bits than there are.
std::optional<std::uint64_t> read_size(Bytes& bytes, std::uint64_t size, unsigned shift) {
  constexpr unsigned last_shift = 56;
  for (bool goes_on = true; goes_on; shift += 7) {
    if (shift > last_shift) return std::nullopt;
    const std::uint8_t byte = bytes.next();
    size |= std::uint64_t{byte & 0x7fU} << shift;
    goes_on = (byte & 0x80U) != 0;
  }
  return bytes.is_short() ? std::nullopt : std::optional(size);
}

/// Reads how far before an entry its base is.
std::optional<std::uint64_t> read_distance(Bytes& bytes) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max() >> 8U;
  std::uint8_t byte = bytes.next();
  std::uint64_t distance = byte & 0x7fU;
  while ((byte & 0x80U) != 0) {
    if (distance >= largest) return std::nullopt;
    byte = bytes.next();
    distance = (distance + 1) << 7U | (byte & 0x7fU);
  }
  return bytes.is_short() ? std::nullopt : std::optional(distance);
}

/// Reads the number of which `flags` says which bytes there are, the lowest first.
std::size_t read_parts(Bytes& bytes, unsigned flags) {
  std::size_t number = 0;
  for (unsigned shift = 0; flags != 0; flags >>= 1U, shift += 8) {
    if ((flags & 1U) != 0) number |= std::size_t{bytes.next()} << shift;
  }
  return number;
}

}  // namespace

std::optional<std::string> apply_delta(std::string_view base, std::string_view delta, Allowance& allowance) {
  Bytes bytes(delta);
  const auto base_size = read_size(bytes, 0, 0);
  const auto size = base_size ? read_size(bytes, 0, 0) : std::nullopt;
  if (!size || *base_size != base.size() || !allowance.spend(*size)) return std::nullopt;
  std::string result;
  result.reserve(*size);
  while (bytes.left() > 0) {
    const std::uint8_t instruction = bytes.next();
    std::optional<std::string_view> piece;
    if ((instruction & 0x80U) != 0) {
      constexpr std::size_t unsaid_size = 0x10000;
      const std::size_t at = read_parts(bytes, instruction & 0x0fU);
      std::size_t count = read_parts(bytes, instruction >> 4U & 0x07U);
      if (count == 0) count = unsaid_size;
      if (at <= base.size() && count <= base.size() - at) piece = base.substr(at, count);
    } else if (instruction != 0) {
      piece = bytes.take(instruction);
    }
    if (!piece || bytes.is_short() || piece->size() > *size - result.size()) return std::nullopt;
    result += *piece;
  }
  return result.size() == *size ? std::optional(std::move(result)) : std::nullopt;
}

std::optional<Object> PackReader::find(const Oid& oid, std::size_t limit, Allowance& allowance) {
  // What looking for an object and at an entry takes besides its bytes.
  constexpr std::uint64_t step = 1024;
  if (!is_usable_) is_usable_ = open_index();
  const auto bytes = oid.bytes();
  if (!*is_usable_ || bytes.size() != sha1_size) return std::nullopt;
  // char and unsigned char may alias.
  auto offset = find_offset({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!offset) return std::nullopt;
  if (!pack_.is_open()) is_usable_ = open_pack();
  if (!*is_usable_) return std::nullopt;
  std::vector<Entry> deltas;  // what is looked for comes first, each is on the next
  std::optional<Entry> whole;
  while (!whole) {
    if (!allowance.spend(step)) return std::nullopt;
    const auto known = known_.find(*offset);
    const auto entry = known != known_.end() ? known->second.entry : read_entry(*offset);
    if (!entry) return std::nullopt;
    if (entry->base)
      deltas.push_back(*entry);
    else
      whole = entry;
    offset = entry->base;
  }
  return read_chain(*whole, deltas, limit, allowance);
}

std::optional<Object> PackReader::read_chain(const Entry& whole, const std::vector<Entry>& deltas, std::size_t limit,
                                             Allowance& allowance) {
  Object object{whole.type, whole.size, {}};
  std::optional<std::string> last;
  if (!deltas.empty()) {
    last = unpack(deltas.front(), allowance);
    Bytes bytes(last ? *last : std::string_view());
    const auto base_size = read_size(bytes, 0, 0);
    const auto size = base_size ? read_size(bytes, 0, 0) : std::nullopt;
    if (!size) return std::nullopt;
    object.size = *size;
  }
  if (object.size > limit) return object;
  const std::string* content = content_of(whole, allowance);
  for (std::size_t i = deltas.size(); content != nullptr && i > 0; --i) {
    const Entry& entry = deltas[i - 1];
    const auto delta = i > 1 ? unpack(entry, allowance) : std::move(last);
    auto made = delta ? apply_delta(*content, *delta, allowance) : std::nullopt;
    content = made ? &keep({entry.at, {}, whole.type, 0, entry.data}, std::move(*made)) : nullptr;
  }
  if (content == nullptr) return std::nullopt;
  object.content = *content;
  return object;
}

const std::string* PackReader::content_of(const Entry& whole, Allowance& allowance) {
  if (const auto known = known_.find(whole.at); known != known_.end()) return &known->second.content;
  auto content = unpack(whole, allowance);
  return content ? &keep(whole, std::move(*content)) : nullptr;
}

const std::string& PackReader::keep(Entry entry, std::string content) {
  entry.size = content.size();
  return known_.insert_or_assign(entry.at, Known{entry, std::move(content)}).first->second.content;
}

bool PackReader::open_index() {
  index_ = RegularFile(index_path_.c_str());
  std::array<char, ids_at> start;
  if (!index_.is_open() || !read_whole(index_, 0, start)) return false;
  if (!view(start).starts_with(std::string_view("\377tOc\0\0\0\2", fanout_at))) return false;
  for (std::size_t i = 0; i < fanout_size; ++i) fanout_[i] = big_endian(view(start).substr(fanout_at + 4 * i, 4));
  if (!std::is_sorted(fanout_.begin(), fanout_.end())) return false;
  // Id, CRC and offset of each object and two checksums; of each but one may be a long offset.
  const std::uint64_t count = fanout_.back();
  const std::uint64_t least = ids_at + count * (sha1_size + 4 + 4) + 2 * sha1_size;
  return index_.size() >= least && index_.size() <= least + 8 * count;
}

bool PackReader::open_pack() {
  fs::path path = index_path_;
  pack_ = RegularFile(path.replace_extension(".pack").c_str());
  std::array<char, pack_header_size> header;
  if (!pack_.is_open() || pack_.size() < header.size() + sha1_size || !read_whole(pack_, 0, header)) return false;
  const std::string_view text = view(header);
  const std::uint32_t version = big_endian(text.substr(4, 4));
  pack_end_ = pack_.size() - sha1_size;
  stream_ = std::make_unique<ZlibReader>();
  return text.starts_with("PACK") && (version == 2 || version == 3) && big_endian(text.substr(8, 4)) == fanout_.back();
}

std::optional<std::uint64_t> PackReader::find_offset(std::string_view id) const {
  constexpr std::uint32_t at_once = 64;
  const auto first_byte = static_cast<std::uint8_t>(id.front());
  std::uint32_t first = first_byte > 0 ? fanout_[first_byte - 1U] : 0;
  std::uint32_t end = fanout_[first_byte];
  std::array<char, at_once * sha1_size> ids;
  while (end - first > at_once) {
    const std::uint32_t middle = first + (end - first) / 2;
    const std::span<char> one(ids.data(), sha1_size);
    if (!read_whole(index_, ids_at + std::uint64_t{middle} * sha1_size, one)) return std::nullopt;
    (view(one) <= id ? first : end) = middle;
  }
  const std::span<char> rest(ids.data(), (end - first) * sha1_size);
  if (!read_whole(index_, ids_at + std::uint64_t{first} * sha1_size, rest)) return std::nullopt;
  for (std::uint32_t i = 0; i < end - first; ++i) {
    if (view(rest).substr(i * sha1_size, sha1_size) == id) return read_offset(first + i);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> PackReader::read_offset(std::uint32_t number) const {
  constexpr std::uint32_t is_long = 0x80000000;
  const std::uint64_t count = fanout_.back();
  std::array<char, 8> bytes;
  const std::span<char> half(bytes.data(), 4);
  if (!read_whole(index_, ids_at + count * (sha1_size + 4) + std::uint64_t{number} * 4, half)) return std::nullopt;
  const std::uint32_t offset = big_endian(view(half));
  if ((offset & is_long) == 0) return offset;
  const std::uint64_t at = ids_at + count * (sha1_size + 4 + 4) + std::uint64_t{offset & ~is_long} * bytes.size();
  if (at + bytes.size() > index_.size() - 2 * sha1_size || !read_whole(index_, at, bytes)) return std::nullopt;
  return std::uint64_t{big_endian(view(bytes).substr(0, 4))} << 32U | big_endian(view(bytes).substr(4));
}

std::optional<PackReader::Entry> PackReader::read_entry(std::uint64_t offset) const {
  constexpr std::size_t longest = 32;  // two numbers of ten bytes, or one and an id
  if (offset < pack_header_size || offset >= pack_end_) return std::nullopt;
  std::array<char, longest> start;
  const std::span<char> there(start.data(), std::min<std::uint64_t>(longest, pack_end_ - offset));
  if (!read_whole(pack_, offset, there)) return std::nullopt;
  Bytes bytes(view(there));
  const std::uint8_t first = bytes.next();
  Entry entry;
  entry.at = offset;
  const auto size =
      (first & 0x80U) != 0 ? read_size(bytes, first & 0x0fU, 4) : std::optional(first & std::uint64_t{0x0f});
  if (!size) return std::nullopt;
  entry.size = *size;
  constexpr std::array types{ObjectType::commit, ObjectType::tree, ObjectType::blob, ObjectType::tag};
  const unsigned kind = first >> 4U & 0x07U;
  if (kind == 6) {
    const auto distance = read_distance(bytes);
    if (!distance || *distance == 0 || *distance > offset) return std::nullopt;
    entry.base = offset - *distance;
  } else if (kind == 7) {
    const auto id = bytes.take(sha1_size);
    entry.base = id ? find_offset(*id) : std::nullopt;
    if (!entry.base) return std::nullopt;
  } else if (kind >= 1 && kind <= types.size()) {
    entry.type = types[kind - 1];
  } else {
    return std::nullopt;
  }
  entry.data = offset + there.size() - bytes.left();
  return entry;
}

std::optional<std::string> PackReader::unpack(const Entry& entry, Allowance& allowance) {
  if (!allowance.spend(entry.size)) return std::nullopt;
  stream_->start(pack_, entry.data, std::min(pack_end_, entry.data + allowance.left()));
  // A byte more is reached only by what is too long; and to look for it is to meet the stream's end.
  std::string content(entry.size + 1, '\0');
  std::size_t count = 0;
  const bool is_whole = stream_->read(content, count) == nullptr && count == entry.size;
  if (!allowance.spend(stream_->position() - entry.data) || !is_whole) return std::nullopt;
  content.pop_back();
  return content;
}

}  // namespace mlem::git::detail
