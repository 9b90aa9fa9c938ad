#include "model/glob.hpp"

#include "base/text.hpp"

#include <cstddef>
#include <fnmatch.h>
#include <string>
#include <vector>

namespace mlem {
namespace {

using Parts = std::vector<std::string_view>;

Parts parts_of(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return split(text, '/');
}

/// As parts_of(), but a `/` in brackets is one of their characters.
Parts parts_of_pattern(std::string_view pattern) {
  Parts parts;
  std::size_t start = 0;
  bool in_brackets = false;
  while (pattern.ends_with('/')) pattern.remove_suffix(1);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == '[' && pattern.find(']', i + 1) != std::string_view::npos)
      in_brackets = true;
    else if (pattern[i] == ']')
      in_brackets = false;
    else if (pattern[i] == '/' && !in_brackets) {
      parts.push_back(pattern.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(pattern.substr(start));
  return parts;
}

bool part_matches(std::string_view pattern, std::string_view text) {
  return fnmatch(std::string(pattern).c_str(), std::string(text).c_str(), 0) == 0;
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[\\") != std::string_view::npos; }

/// Row by row, which beginnings of the text the beginnings of the pattern match: no pattern takes longer than the
/// product of the two lengths. With `below`, whether what is matched could go on under the whole text.
bool matches(const Parts& pattern, const Parts& text, bool below) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (below && reached[text.size()]) return true;
    std::vector<bool> next(text.size() + 1, false);
    if (pattern[i] == "**") {
      const bool is_last = i + 1 == pattern.size();
      bool any = false;
      for (std::size_t j = 0; j <= text.size(); ++j) {
        // At the end it stands for at least one part: `a/**` is not `a` itself.
        next[j] = any || (reached[j] && !is_last);
        any = any || reached[j];
      }
      if (is_last && below && any) return true;
    } else {
      for (std::size_t j = 0; j < text.size(); ++j) next[j + 1] = reached[j] && part_matches(pattern[i], text[j]);
    }
    reached = std::move(next);
  }
  return !below && reached[text.size()];
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  const Parts wanted = parts_of_pattern(pattern);
  Parts parts = parts_of(text);
  if (!has_wildcard(pattern) && parts.size() > wanted.size()) parts.resize(wanted.size());
  return matches(wanted, parts, false);
}

bool glob_reaches_below(std::string_view pattern, std::string_view directory) {
  const Parts wanted = parts_of_pattern(pattern);
  Parts parts = parts_of(directory);
  if (!has_wildcard(pattern) && parts.size() > wanted.size()) parts.resize(wanted.size());
  return matches(wanted, parts, true) || (!has_wildcard(pattern) && matches(wanted, parts, false));
}

}  // namespace mlem
