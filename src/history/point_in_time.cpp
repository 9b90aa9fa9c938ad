#include "history/point_in_time.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/history.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <vector>

namespace mlem::history {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns the words of a text in lower case.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_letter(text[i])) continue;
    const std::size_t start = i;
    while (i < text.size() && is_letter(text[i])) ++i;
    words.push_back(to_lower_ascii(text.substr(start, i - start)));
  }
  return words;
}

/// Returns whether a date names a day and nothing finer: neither a time nor how long ago something was.
bool names_day(std::string_view date) {
  constexpr std::string_view finer[] = {"ago",  "am",     "day",     "days",   "hour",    "hours", "midnight",
                                        "min",  "minute", "minutes", "month",  "months",  "never", "noon",
                                        "now",  "pm",     "sec",     "second", "seconds", "t",     "tea",
                                        "week", "weeks",  "year",    "years"};
  if (date.find(':') != std::string_view::npos || date.starts_with('@')) return false;
  constexpr std::size_t most_digits_of_day = 8;
  const bool is_number = std::all_of(date.begin(), date.end(), is_digit);
  if (date.empty() || (is_number && date.size() != most_digits_of_day)) return false;
  for (const std::string& word : words_of(date)) {
    if (std::find(std::begin(finer), std::end(finer), word) != std::end(finer)) return false;
  }
  return true;
}

/// The number that some digits are; nothing for more than a day, a month or a year takes.
std::optional<unsigned> number_of(std::string_view digits) {
  unsigned number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return failure == std::errc{} && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

bool is_day(unsigned year, unsigned month, unsigned day) {
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                     std::chrono::day(day))
      .ok();
}

/// Whether a date in digits is one that there is: git makes something of any. Others are not looked at.
bool may_be_there(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    constexpr std::size_t least_digits_of_time = 9;  // git takes those for seconds since 1970
    if (text.size() >= least_digits_of_time) return true;
    return text.size() == 8 &&
           is_day(*number_of(text.substr(0, 4)), *number_of(text.substr(4, 2)), *number_of(text.substr(6)));
  }
  const std::string_view date = text.substr(0, text.find_first_of(" T"));
  const std::vector<std::string_view> parts = split(date, '-');
  if (parts.size() != 3 || parts[0].size() != 4) return true;
  const auto year = number_of(parts[0]);
  const auto month = number_of(parts[1]);
  const auto day = number_of(parts[2]);
  return !year || !month || !day || is_day(*year, *month, *day);
}

}  // namespace

bool is_date(std::string_view text) {
  constexpr std::string_view words[] = {
      "ago",      "am",      "april",     "at",       "august",    "bst",     "cdt",    "cest",     "cet",
      "cst",      "day",     "days",      "december", "edt",       "eet",     "eight",  "eleven",   "est",
      "february", "five",    "four",      "friday",   "gmt",       "hour",    "hours",  "january",  "jst",
      "july",     "june",    "last",      "march",    "may",       "mdt",     "met",    "midnight", "minute",
      "minutes",  "monday",  "month",     "months",   "mst",       "nd",      "never",  "nine",     "noon",
      "november", "now",     "october",   "one",      "pdt",       "pm",      "pst",    "rd",       "saturday",
      "second",   "seconds", "september", "seven",    "six",       "st",      "sunday", "t",        "tea",
      "ten",      "th",      "three",     "thursday", "today",     "tuesday", "two",    "utc",      "wednesday",
      "week",     "weeks",   "year",      "years",    "yesterday", "z",       "zero"};
  if (!may_be_there(text)) return false;
  bool has_any = false;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      has_any = has_any || (text[i] >= '0' && text[i] <= '9');
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && is_letter(text[i])) ++i;
    const std::string word = to_lower_ascii(text.substr(start, i - start));
    const auto means = [&](std::string_view known) {
      return known == word || (word.size() >= 3 && known.starts_with(word));
    };
    if (std::none_of(std::begin(words), std::end(words), means)) return false;
    has_any = true;
  }
  return has_any;
}

std::string at_edge_of_day(const std::string& date, Edge edge) {
  if (!names_day(date)) return date;
  return date + (edge == Edge::start ? " 00:00:00" : " 23:59:59");
}

std::int64_t time_of(const git::Registry& registry, const std::string& date, Edge edge) {
  const auto time = is_date(date) ? git::find_time(registry, at_edge_of_day(date, edge)) : std::nullopt;
  if (time) return *time;
  throw Error(ErrorKind::invalid, "bad date '" + redact(date) + "'", "",
              "'2027-01-31', 'yesterday' and '2 weeks ago' are dates");
}

Oid commit_at(const git::Registry& registry, const std::string& rev_or_date) {
  if (const auto commit = registry.find_commit(rev_or_date)) return *commit;
  const std::string what = "bad revision or date '" + redact(rev_or_date) + "'";
  if (!is_date(rev_or_date)) throw Error(ErrorKind::not_found, what, "it is neither");
  if (const auto commit = git::find_commit_before(registry, at_edge_of_day(rev_or_date, Edge::end))) {
    return *commit;
  }
  throw Error(ErrorKind::not_found, what, "no commit is that old or of that name");
}

}  // namespace mlem::history
