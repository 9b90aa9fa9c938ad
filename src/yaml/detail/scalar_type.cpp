#include "yaml/detail/scalar_type.hpp"

#include <cstddef>

// The regular expressions of Python's YAML loader are written out by hand, as one pass from left to right: none of them
// has to step back, so that the time is proportional to the text. The first character decides about nearly all text.
// Behind that come two more questions about Python: whether it can make a value of the text at all, for which dates are
// held against the calendar, and whether it would print that value as it is written.

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

/// The length of a sign and of `0b` or `0x`, which digits have to follow.
std::size_t prefix_size(std::string_view integer) noexcept {
  const std::size_t sign = integer.find_first_not_of("-+") == 1 ? 1 : 0;
  const std::string_view digits = integer.substr(sign);
  return sign + (digits.starts_with("0b") || digits.starts_with("0x") ? 2 : 0);
}

/// `0|-?[1-9][0-9]*`, which Python prints as it is written; `-0` too, which it does not.
bool is_decimal_integer(std::string_view text) noexcept {
  Matcher number(text);
  number.eat("-");
  if (number.eat("0")) return number.at_end();
  return number.eat_while(is_decimal) > 0 && number.at_end();
}

/// Whether Python prints a number as it is written: no zeros to spare, few enough digits that a double holds them all,
/// and not so small that an exponent is printed.
bool is_short_decimal(std::string_view text) noexcept {
  constexpr std::size_t most_digits = 15;
  constexpr std::size_t most_leading_zeros = 3;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || !is_decimal_integer(text.substr(0, dot))) return false;
  const std::string_view fraction = text.substr(dot + 1);
  if (fraction.empty() || fraction.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (text.size() > most_digits || (fraction.back() == '0' && fraction != "0")) return false;
  const bool is_small = text.substr(0, dot) == "0" || text.substr(0, dot) == "-0";
  return !is_small || fraction == "0" || fraction.find_first_not_of('0') <= most_leading_zeros;
}

/// The next number in a timestamp, or -1 where there are no more.
int next_number(std::string_view& text) noexcept {
  const std::size_t start = text.find_first_of("0123456789");
  if (start == std::string_view::npos) return -1;
  int number = 0;
  text.remove_prefix(start);
  for (; !text.empty() && is_decimal(text.front()); text.remove_prefix(1)) {
    number = number < 10'000 ? number * 10 + (text.front() - '0') : number;
  }
  return number;
}

/// Whether Python has the date and time that a timestamp writes.
bool is_in_calendar(std::string_view text) noexcept {
  const int year = next_number(text);
  const int month = next_number(text);
  const int day = next_number(text);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leaps = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (day > days[month - 1] + (month == 2 && leaps ? 1 : 0)) return false;
  if (text.empty()) return true;
  const int hour = next_number(text);
  const int minute = next_number(text);
  const int second = next_number(text);
  if (hour > 23 || minute > 59 || second > 59) return false;
  if (text.starts_with('.')) next_number(text);
  const int zone_hours = next_number(text);
  const int zone_minutes = next_number(text);
  return zone_hours <= 22 && zone_minutes <= 59;
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

bool is_constructible(std::string_view text) noexcept {
  constexpr std::size_t longest_number = 256;
  switch (scalar_type(text)) {
    case ScalarType::merge:
    case ScalarType::value:
      return false;
    case ScalarType::integer:
      return text.size() <= longest_number && text.find_last_of("0123456789abcdefABCDEF") + 1 > prefix_size(text);
    case ScalarType::real:
      return text.size() <= longest_number;
    case ScalarType::timestamp:
      return is_in_calendar(text);
    default:
      return true;
  }
}

bool keeps_text(std::string_view text) noexcept {
  switch (scalar_type(text)) {
    case ScalarType::string:
      return true;
    case ScalarType::boolean:
      return text == "True" || text == "False";
    case ScalarType::integer:
      return is_decimal_integer(text) && text != "-0";
    case ScalarType::real:
      return is_short_decimal(text);
    default:
      return false;
  }
}

}  // namespace mlem::yaml::detail
