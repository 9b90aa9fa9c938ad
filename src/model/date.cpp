#include "model/date.hpp"

#include <charconv>
#include <chrono>

namespace mlem {
namespace {

/// The number that `text` is in digits; -1 if it is anything else.
int number_of_digits(std::string_view text) {
  int number = -1;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = failure == std::errc{} && rest == text.data() + text.size() && text.front() != '-';
  return is_number ? number : -1;
}

}  // namespace

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = number_of_digits(text.substr(0, 4));
  const int month = number_of_digits(text.substr(5, 2));
  const int day = number_of_digits(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

}  // namespace mlem
