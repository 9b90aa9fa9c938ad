#include "model/oid.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace mlem {

std::optional<Oid> Oid::parse(std::string_view hex) {
  if (hex.size() != 40 && hex.size() != 64) return std::nullopt;
  Oid oid;
  oid.size_ = static_cast<std::uint8_t>(hex.size() / 2);
  for (std::size_t i = 0; i < oid.size_; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
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
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(std::size_t{2} * size_, '0');
  for (std::size_t i = 0; i < size_; ++i) {
    text[2 * i] = digits[bytes_[i] >> 4U];
    text[2 * i + 1] = digits[bytes_[i] & 0xfU];
  }
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
