#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mlem {

/// The id of a Git object: 20 bytes (SHA-1) or 32 bytes (SHA-256).
class Oid {
 public:
  /// Returns the id that 40 or 64 hex digits of either case spell, nothing for any other text.
  static std::optional<Oid> parse(std::string_view hex);

  /// Returns the id of 20 or 32 raw bytes. Other sizes are a bug.
  static Oid from_bytes(std::span<const std::uint8_t> bytes);

  /// Returns 40 or 64 lower-case hex digits.
  std::string hex() const;
  /// Returns the first 7 hex digits: for display only.
  std::string short_hex() const;
  std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
  bool is_zero() const noexcept;

  friend bool operator==(const Oid&, const Oid&) = default;
  friend auto operator<=>(const Oid&, const Oid&) = default;

 private:
  std::array<std::uint8_t, 32> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace mlem

template <>
struct std::hash<mlem::Oid> {
  std::size_t operator()(const mlem::Oid& oid) const noexcept;
};
