#include "git/detail/raw_change.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <string>

namespace mlem::git::detail {

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return mode;
}

Change parse_raw_change(std::string_view record) {
  std::array<std::string_view, 5> fields;
  std::string_view rest = record;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = i + 1 < fields.size() ? rest.find(' ') : rest.size();
    if (end == std::string_view::npos) throw_not_understood(record);
    fields[i] = rest.substr(0, end);
    if (i + 1 < fields.size()) rest.remove_prefix(end + 1);
  }
  if (!fields[0].starts_with(':') || fields[4].empty()) throw_not_understood(record);
  const auto entry = [&](std::string_view mode_text, std::string_view id) -> std::optional<Entry> {
    const auto mode = parse_mode(mode_text);
    if (!mode) throw_not_understood(record);
    if (*mode == 0) return std::nullopt;
    const auto oid = Oid::parse(id);
    if (!oid) throw_not_understood(record);
    return Entry{*mode, *oid};
  };
  return {{}, entry(fields[0].substr(1), fields[2]), entry(fields[1], fields[3]), fields[4] == "U"};
}

void throw_not_understood(std::string_view output) {
  throw Error(ErrorKind::unavailable, "cannot understand git's answer",
              "it has '" + escape_for_terminal(output.substr(0, 200)) + "'");
}

}  // namespace mlem::git::detail
