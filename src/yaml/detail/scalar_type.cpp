#include "yaml/detail/scalar_type.hpp"

#include <cstddef>

namespace mlem::yaml::detail {
namespace {

bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hexadecimal(char c) noexcept { return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Reads one regular expression of the resolver from left to right; none of them needs to step back.
class Matcher {
 public:
  explicit Matcher(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  bool next_is(char c) const noexcept { return rest_.starts_with(c); }

  bool eat(std::string_view word) noexcept {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool eat_one_of(std::string_view characters) noexcept {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Eats as many characters as `accepts` allows and returns their number, at most `most`.
  template <class Accepts>
  std::size_t eat_while(Accepts accepts, std::size_t most = std::string_view::npos) noexcept {
    std::size_t count = 0;
    while (count < most && count < rest_.size() && accepts(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count;
  }

  /// `[0-9][0-9_]*`
  bool eat_number() noexcept {
    if (rest_.empty() || !is_decimal(rest_.front())) return false;
    eat_while([](char c) { return is_decimal(c) || c == '_'; });
    return true;
  }

  /// `(?::[0-5]?[0-9])+`
  bool eat_base_60() noexcept {
    bool any = false;
    while (eat(":")) {
      const bool tens = !rest_.empty() && rest_.front() <= '5';
      const std::size_t digits = eat_while(is_decimal, tens ? 2 : 1);
      if (digits == 0) return false;
      any = true;
    }
    return any;
  }

  /// `(?:[eE][-+][0-9]+)?`
  bool eat_exponent() noexcept {
    if (!eat_one_of("eE")) return true;
    return eat_one_of("-+") && eat_while(is_decimal) > 0;
  }

 private:
  std::string_view rest_;
};

bool is_integer(std::string_view text) noexcept {
  Matcher number(text);
  number.eat_one_of("-+");
  if (number.eat("0")) {
    if (number.at_end()) return true;
    if (number.eat("b")) {
      return number.eat_while([](char c) { return c == '0' || c == '1' || c == '_'; }) > 0 && number.at_end();
    }
    if (number.eat("x")) {
      return number.eat_while([](char c) { return is_hexadecimal(c) || c == '_'; }) > 0 && number.at_end();
    }
    number.eat_while([](char c) { return (c >= '0' && c <= '7') || c == '_'; });
    return number.at_end();
  }
  return number.eat_number() && (number.at_end() || (number.eat_base_60() && number.at_end()));
}

bool is_real(std::string_view text) noexcept {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  Matcher number(text);
  const bool sign = number.eat_one_of("-+");
  if (number.eat(".")) {
    if (number.eat("inf") || number.eat("Inf") || number.eat("INF")) return number.at_end();
    return !sign && number.eat_number() && number.eat_exponent() && number.at_end();
  }
  if (!number.eat_number()) return false;
  const bool base_60 = number.next_is(':');
  if ((base_60 && !number.eat_base_60()) || !number.eat(".")) return false;
  number.eat_while([](char c) { return is_decimal(c) || c == '_'; });
  return (base_60 || number.eat_exponent()) && number.at_end();
}

bool is_timestamp(std::string_view text) noexcept {
  Matcher date(text);
  if (date.eat_while(is_decimal, 4) != 4 || !date.eat("-")) return false;
  const std::size_t month_digits = date.eat_while(is_decimal, 2);
  if (month_digits == 0 || !date.eat("-")) return false;
  const std::size_t day_digits = date.eat_while(is_decimal, 2);
  if (day_digits == 0) return false;
  if (date.at_end()) return month_digits == 2 && day_digits == 2;

  if (!date.eat_one_of("Tt") && date.eat_while(is_blank) == 0) return false;
  if (date.eat_while(is_decimal, 2) == 0) return false;
  if (!date.eat(":") || date.eat_while(is_decimal, 2) != 2) return false;
  if (!date.eat(":") || date.eat_while(is_decimal, 2) != 2) return false;
  if (date.eat(".")) date.eat_while(is_decimal);
  if (date.at_end()) return true;

  date.eat_while(is_blank);
  if (date.eat("Z")) return date.at_end();
  if (!date.eat_one_of("-+") || date.eat_while(is_decimal, 2) == 0) return false;
  return date.at_end() || (date.eat(":") && date.eat_while(is_decimal, 2) == 2 && date.at_end());
}

ScalarType word_type(std::string_view text) noexcept {
  for (const std::string_view word : {"yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False",
                                      "FALSE", "on", "On", "ON", "off", "Off", "OFF"}) {
    if (text == word) return ScalarType::boolean;
  }
  for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
    if (text == word) return ScalarType::null;
  }
  if (text == "<<") return ScalarType::merge;
  if (text == "=") return ScalarType::value;
  return ScalarType::string;
}

}  // namespace

ScalarType scalar_type(std::string_view text) noexcept {
  if (text.empty()) return ScalarType::null;
  // Nearly all text can be told by its first character.
  if (std::string_view("yYnNtTfFoO~<=").find(text.front()) != std::string_view::npos) return word_type(text);
  if (std::string_view("-+.0123456789").find(text.front()) == std::string_view::npos) return ScalarType::string;
  if (is_integer(text)) return ScalarType::integer;
  if (is_real(text)) return ScalarType::real;
  if (is_timestamp(text)) return ScalarType::timestamp;
  return ScalarType::string;
}

}  // namespace mlem::yaml::detail
