#include "git/config.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <limits>

namespace mlem::git {
namespace {

/// Returns the number that git's own parser takes `text` for: git_parse_signed() in its config.c. (That of libgit2 does
/// not see that a suffix makes a number too large.)
std::optional<std::int64_t> parse_integer(const std::string& text, std::int64_t most) {
  errno = 0;
  char* end = nullptr;
  const std::intmax_t value = std::strtoimax(text.c_str(), &end, 0);
  if (errno == ERANGE || end == text.c_str()) return std::nullopt;
  const std::string suffix = to_lower_ascii(end);
  std::int64_t factor = 1;
  if (suffix == "k")
    factor = std::int64_t{1} << 10;
  else if (suffix == "m")
    factor = std::int64_t{1} << 20;
  else if (suffix == "g")
    factor = std::int64_t{1} << 30;
  else if (!suffix.empty())
    return std::nullopt;
  if (value > most / factor || value < -most / factor) return std::nullopt;
  return value * factor;
}

[[noreturn]] void throw_bad_value(std::string_view key, const std::string& value, std::string_view wanted) {
  throw Error(ErrorKind::invalid,
              "bad config value '" + escape_for_terminal(value) + "' for '" + escape_for_terminal(key) + "'",
              "it is not a " + std::string(wanted));
}

}  // namespace

Config Config::parse(std::string_view listing) {
  Config config;
  for (const std::string_view record : detail::records(listing)) config.add(record);
  return config;
}

Config Config::parse_with_scopes(std::string_view listing) {
  Config config;
  const std::vector<std::string_view> records = detail::records(listing);
  for (std::size_t i = 0; i + 1 < records.size(); i += 2) {
    config.is_shared_.push_back(records[i] == "system" || records[i] == "global");
    config.add(records[i + 1]);
  }
  return config;
}

void Config::add(std::string_view record) {
  const std::size_t newline = record.find('\n');
  // A key without `=` is true to git, and has no newline here.
  const std::string_view value = newline == std::string_view::npos ? "true" : record.substr(newline + 1);
  entries_.emplace_back(record.substr(0, newline), value);
  if (newline == std::string_view::npos) without_value_.emplace_back(record);
}

bool Config::lacks_value(std::string_view key) const {
  return std::find(without_value_.begin(), without_value_.end(), key) != without_value_.end();
}

std::optional<std::string> Config::find(std::string_view key) const {
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(), [key](const auto& entry) { return entry.first == key; });
  return found == entries_.rend() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Config::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : entries_) {
    if (name == key) values.push_back(value);
  }
  return values;
}

bool Config::boolean(std::string_view key, bool otherwise) const {
  const auto value = find(key);
  if (!value) return otherwise;
  const std::string word = to_lower_ascii(*value);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word.empty() || word == "false" || word == "no" || word == "off") return false;
  const auto number = parse_integer(*value, std::numeric_limits<int>::max());
  if (!number) throw_bad_value(key, *value, "boolean");
  return *number != 0;
}

std::int64_t Config::integer(std::string_view key, std::int64_t otherwise) const {
  const auto value = find(key);
  if (!value) return otherwise;
  const auto number = parse_integer(*value, std::numeric_limits<std::int64_t>::max());
  if (!number) throw_bad_value(key, *value, "number");
  return *number;
}

}  // namespace mlem::git
