#include "model/oid.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace mlem {
namespace {

/// What hex_value() gives, without a call for each of the digits, of which a registry has millions.
constexpr auto hex_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int digit = 0; digit < 10; ++digit)
    values[static_cast<std::size_t>('0' + digit)] = static_cast<std::int8_t>(digit);
  for (int digit = 10; digit < 16; ++digit) {
    values[static_cast<std::size_t>('a' + digit - 10)] = static_cast<std::int8_t>(digit);
    values[static_cast<std::size_t>('A' + digit - 10)] = static_cast<std::int8_t>(digit);
  }
  return values;
}();

/// The two digits of each byte, for the same reason.
constexpr auto byte_digits = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) pairs[byte] = {digits[byte / 16], digits[byte % 16]};
  return pairs;
}();

}  // namespace

std::optional<Oid> Oid::parse(std::string_view hex) {
  if (hex.size() != 40 && hex.size() != 64) return std::nullopt;
  Oid oid;
  oid.size_ = static_cast<std::uint8_t>(hex.size() / 2);
  for (std::size_t i = 0; i < oid.size_; ++i) {
    const int high = hex_values[static_cast<unsigned char>(hex[2 * i])];
    const int low = hex_values[static_cast<unsigned char>(hex[2 * i + 1])];
    if (high < 0 || low < 0) return std::nullopt;
    oid.bytes_[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return oid;
}

Oid Oid::from_bytes(std::span<const std::uint8_t> bytes) {
  assert(bytes.size() == 20 || bytes.size() == 32);
  Oid oid;
  oid.size_ = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), oid.bytes_.begin());
  return oid;
}

std::string Oid::hex() const {
  std::string text(std::size_t{2} * size_, '0');
  for (std::size_t i = 0; i < size_; ++i) std::memcpy(&text[2 * i], byte_digits[bytes_[i]].data(), 2);
  return text;
}

std::string Oid::short_hex() const { return hex().substr(0, 7); }

bool Oid::is_zero() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace mlem

std::size_t std::hash<mlem::Oid>::operator()(const mlem::Oid& oid) const noexcept {
  // The bytes are a digest already: any of them are as good as a hash of all.
  std::size_t value = 0;
  std::memcpy(&value, oid.bytes().data(), std::min(sizeof value, oid.bytes().size()));
  return value;
}
