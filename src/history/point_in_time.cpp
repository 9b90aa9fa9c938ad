#include "history/point_in_time.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/history.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <iterator>

namespace mlem::history {

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
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
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

Oid commit_at(const git::Registry& registry, const std::string& rev_or_date) {
  if (const auto commit = registry.find_commit(rev_or_date)) return *commit;
  const std::string what = "bad revision or date '" + redact(rev_or_date) + "'";
  if (!is_date(rev_or_date)) throw Error(ErrorKind::not_found, what, "it is neither");
  if (const auto commit = git::find_commit_before(registry, rev_or_date)) return *commit;
  throw Error(ErrorKind::not_found, what, "no commit is that old or of that name");
}

}  // namespace mlem::history
