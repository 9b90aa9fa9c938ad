#include "model/detail/dtype.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mlem::object::detail {
namespace {

/// What a name of an element type says.
struct Dtype {
  enum class Kind { boolean, unsigned_integer, integer, brain, real, complex, other };
  Kind kind = Kind::other;
  int bits = 0;           ///< of one number; of a complex one both parts
  bool nullable = false;  ///< values may be missing: pandas' own types
};

struct Named {
  std::string_view name;
  Dtype dtype;
};

using Kind = Dtype::Kind;
constexpr auto numbers = std::to_array<Named>({
    {"bool", {Kind::boolean, 8}},
    {"boolean", {Kind::boolean, 8, true}},
    {"int", {Kind::integer, 64}},
    {"int8", {Kind::integer, 8}},
    {"int16", {Kind::integer, 16}},
    {"int32", {Kind::integer, 32}},
    {"int64", {Kind::integer, 64}},
    {"Int8", {Kind::integer, 8, true}},
    {"Int16", {Kind::integer, 16, true}},
    {"Int32", {Kind::integer, 32, true}},
    {"Int64", {Kind::integer, 64, true}},
    {"uint8", {Kind::unsigned_integer, 8}},
    {"uint16", {Kind::unsigned_integer, 16}},
    {"uint32", {Kind::unsigned_integer, 32}},
    {"uint64", {Kind::unsigned_integer, 64}},
    {"UInt8", {Kind::unsigned_integer, 8, true}},
    {"UInt16", {Kind::unsigned_integer, 16, true}},
    {"UInt32", {Kind::unsigned_integer, 32, true}},
    {"UInt64", {Kind::unsigned_integer, 64, true}},
    {"bfloat16", {Kind::brain, 16}},
    {"float", {Kind::real, 64}},
    {"float16", {Kind::real, 16}},
    {"float32", {Kind::real, 32}},
    {"float64", {Kind::real, 64}},
    {"float128", {Kind::real, 128}},
    {"Float32", {Kind::real, 32, true}},
    {"Float64", {Kind::real, 64, true}},
    {"complex", {Kind::complex, 128}},
    {"complex64", {Kind::complex, 64}},
    {"complex128", {Kind::complex, 128}},
    {"complex256", {Kind::complex, 256}},
});

/// Types that take nothing but themselves, by how their names begin.
constexpr auto others =
    std::to_array<std::string_view>({"str", "bytes", "NoneType", "category", "datetime64", "timedelta64", "period",
                                     "Period", "interval", "Interval", "Sparse", "void"});

std::optional<Dtype> parse_dtype(std::string_view name) noexcept {
  const auto* const number =
      std::find_if(numbers.begin(), numbers.end(), [&](const Named& n) { return n.name == name; });
  if (number != numbers.end()) return number->dtype;
  const bool is_other =
      std::any_of(others.begin(), others.end(), [&](std::string_view prefix) { return name.starts_with(prefix); });
  return is_other ? std::optional<Dtype>(Dtype{}) : std::nullopt;
}

/// Returns the bits of the narrowest real number that holds every such integer, as numpy counts: 64 bits fit 64 bits.
int real_bits(int integer_bits) noexcept { return std::min(integer_bits * 2, 64); }

bool fits_number(const Dtype& value, const Dtype& wanted) noexcept {
  if (value.kind == Kind::boolean) return true;
  if (value.kind == wanted.kind) return value.bits <= wanted.bits;
  const bool from_integer = value.kind == Kind::integer || value.kind == Kind::unsigned_integer;
  switch (wanted.kind) {
    case Kind::integer:
      return value.kind == Kind::unsigned_integer && value.bits < wanted.bits;
    case Kind::real:
      if (value.kind == Kind::brain) return wanted.bits >= 32;
      return from_integer && real_bits(value.bits) <= wanted.bits;
    case Kind::complex:
      if (value.kind == Kind::brain) return true;
      return 2 * (from_integer ? real_bits(value.bits) : value.bits) <= wanted.bits;
    default:
      return false;
  }
}

}  // namespace

Fit dtype_fit(std::string_view value, std::string_view wanted) noexcept {
  if (value == wanted) return Fit::yes;
  const std::optional<Dtype> from = parse_dtype(value);
  const std::optional<Dtype> to = parse_dtype(wanted);
  if (!from || !to) return Fit::unknown;
  if (from->kind == Kind::other || to->kind == Kind::other) return Fit::no;
  if (from->nullable && !to->nullable) return Fit::no;
  return fits_number(*from, *to) ? Fit::yes : Fit::no;
}

}  // namespace mlem::object::detail
