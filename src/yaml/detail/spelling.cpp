#include "yaml/detail/spelling.hpp"

#include "yaml/detail/text_lines.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mlem::yaml::detail {
namespace {

std::string as_line_ends(std::string text, std::string_view eol) {
  if (eol == "\n") return text;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + eol.size())) {
    text.replace(at, 1, eol);
  }
  return text;
}

std::string quoted(std::string_view value, char quote) {
  std::string out(1, quote);
  for (const char c : value) {
    if (c == quote || (quote == '"' && c == '\\')) out += quote == '"' ? '\\' : c;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::string_view first_line_end(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

std::string Spelling::scalar(std::string_view value, const PlacedNode& map, std::size_t column,
                             const PlacedNode* old) const {
  const bool had_colon = old != nullptr && old->plain && old->value.find(':') != std::string::npos;
  if (old != nullptr && old->kind == Event::Kind::scalar && old->end > old->start) {
    const std::string_view spelled = text.substr(old->start, old->end - old->start);
    const bool is_ascii = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
    const bool has_quotes = spelled.front() == '\'' || spelled.front() == '"';
    if (is_ascii && has_quotes && spelled != usual(old->value, map, column, had_colon)) {
      return quoted(value, spelled.front());
    }
  }
  return usual(value, map, column, had_colon);
}

std::string Spelling::usual(std::string_view value, const PlacedNode& map, std::size_t column,
                            bool may_have_colon) const {
  if (is_json) return quoted(value, '"');
  std::string written = write_scalar(value, column, map.column);
  const bool is_plain = written.front() != '\'' && written.front() != '"';
  const std::string_view ends = may_have_colon ? ",?[]{}" : ",?[]{}:";
  if (map.flow && is_plain && value.find_first_of(ends) != std::string_view::npos) return quoted(value, '\'');
  return as_line_ends(std::move(written), eol);
}

std::string Spelling::nested(const std::vector<std::string_view>& keys, std::string_view value,
                             const PlacedNode& map) const {
  std::string out;
  if (map.flow) {
    for (const std::string_view key : keys) {
      out.append(is_json ? quoted(key, '"') : std::string(key)).append(key == keys.back() ? ": " : ": {");
    }
    out += scalar(value, map, 0, nullptr);
    return out.append(keys.size() - 1, '}');
  }
  PlacedNode level;
  level.column = map.column;
  for (const std::string_view key : keys) {
    out.append(level.column, ' ').append(key).append(":");
    if (key == keys.back()) break;
    out.append(eol);
    level.column += 2;
  }
  return out + " " + scalar(value, level, level.column + keys.back().size() + 2, nullptr);
}

std::string Spelling::with(const PlacedNode& map, const std::vector<std::string_view>& keys,
                           std::string_view value) const {
  const auto by_key = [](const PlacedNode::Member& a, const PlacedNode::Member& b) { return a.key < b.key; };
  const bool sorted = std::is_sorted(map.members.begin(), map.members.end(), by_key);
  auto next = map.members.end();
  if (sorted) {
    next = std::find_if(map.members.begin(), map.members.end(),
                        [&](const PlacedNode::Member& each) { return each.key > keys.front(); });
  }
  std::string added = nested(keys, value, map);
  std::string out(text);
  const bool is_first = next == map.members.begin();
  if (map.flow) {
    if (map.members.empty()) return out.insert(map.start + 1, added);
    return is_first ? out.insert(next->begin, added + ", ") : out.insert(std::prev(next)->value->end, ", " + added);
  }
  if (is_first) return out.insert(line_start(text, next->begin), added.append(eol));
  const std::size_t at = next_line(text, std::prev(next)->value->end);
  const bool is_ended = at > 0 && text[at - 1] == '\n';
  return out.insert(at, is_ended ? added.append(eol) : added.insert(0, eol));
}

std::string Spelling::without(const PlacedNode& map, std::size_t number) const {
  const PlacedNode::Member& member = map.members[number];
  std::string out(text);
  if (map.flow) {
    const bool is_last = number + 1 == map.members.size();
    std::size_t begin = member.begin;
    std::size_t end = member.value->end;
    if (!is_last) {
      end = map.members[number + 1].begin;
    } else if (number > 0) {
      begin = map.members[number - 1].value->end;
    }
    return out.erase(begin, end - begin);
  }
  const PlacedNode& value = *member.value;
  if (value.is_map() && !value.flow) {
    out = without(value, 0);
    // Behind it, so that where it begins is still right.
    const std::size_t begin = line_start(out, member.begin);
    return out.erase(begin, next_line(out, member.colon) - begin);
  }
  const std::size_t begin = line_start(text, member.begin);
  return out.erase(begin, next_line(text, value.end) - begin);
}

}  // namespace mlem::yaml::detail
