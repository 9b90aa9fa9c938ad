#include "model/version.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace mlem {
namespace {

bool is_version_digit(char c) { return c >= '0' && c <= '9'; }

bool is_numeric_part(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_version_digit); }

/// Whether an identifier is one of semver: letters, digits and `-`.
bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_version_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool has_leading_zero(std::string_view number) { return number.size() > 1 && number.front() == '0'; }

/// Whether one part of a pre-release comes before another: numbers by value and before words, words by their bytes.
int compare_parts(const std::string& a, const std::string& b) {
  const bool a_is_numeric = is_numeric_part(a);
  const bool b_is_numeric = is_numeric_part(b);
  if (a_is_numeric != b_is_numeric) return a_is_numeric ? -1 : 1;
  if (a_is_numeric && a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

/// What GTO's names of an artifact begin with: before `@` of a version, or `#` of a stage. Empty: not such a name.
std::string_view artifact_of(std::string_view tag) {
  const std::size_t end = tag.find_first_of("@#");
  return end == std::string_view::npos ? std::string_view() : tag.substr(0, end);
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  if (const std::size_t build = text.find('+'); build != std::string_view::npos) {
    for (const std::string_view part : split(text.substr(build + 1), '.')) {
      if (!is_identifier(part)) return std::nullopt;
    }
    text = text.substr(0, build);
  }
  Version version;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    for (const std::string_view part : split(text.substr(dash + 1), '.')) {
      if (!is_identifier(part) || (is_numeric_part(part) && has_leading_zero(part))) return std::nullopt;
      version.pre_release_.emplace_back(part);
    }
    text = text.substr(0, dash);
  }
  const std::vector<std::string_view> numbers = split(text, '.');
  if (numbers.size() != 3) return std::nullopt;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string_view number = numbers[i];
    if (!is_numeric_part(number) || has_leading_zero(number)) return std::nullopt;
    const auto [end, failure] =
        std::from_chars(number.data(), number.data() + number.size(), version.numbers_[i]);
    if (failure != std::errc{}) return std::nullopt;
  }
  return version;
}

bool Version::is_before(const Version& other) const {
  for (std::size_t i = 0; i < 3; ++i) {
    if (numbers_[i] != other.numbers_[i]) return numbers_[i] < other.numbers_[i];
  }
  if (pre_release_.empty() || other.pre_release_.empty()) return !pre_release_.empty() && other.pre_release_.empty();
  return std::lexicographical_compare(pre_release_.begin(), pre_release_.end(), other.pre_release_.begin(),
                                      other.pre_release_.end(),
                                      [](const auto& a, const auto& b) { return compare_parts(a, b) < 0; });
}

std::optional<VersionTag> VersionTag::parse(std::string_view tag) {
  const std::size_t at = tag.rfind('@');
  const std::string_view artifact = at == std::string_view::npos ? std::string_view() : tag.substr(0, at);
  if (at == 0) return std::nullopt;
  const std::string_view text = at == std::string_view::npos ? tag : tag.substr(at + 1);
  if (!artifact.empty() && !text.starts_with('v')) return std::nullopt;
  auto version = Version::parse(text);
  if (!version) return std::nullopt;
  return VersionTag{std::string(artifact), std::move(*version)};
}

std::optional<std::string> newest_version(const std::vector<std::string>& tags, std::string_view followed) {
  const auto followed_version = VersionTag::parse(followed);
  const std::string_view artifact = artifact_of(followed);
  const bool takes_pre_releases = followed_version && followed_version->version.is_pre_release();
  std::set<std::string_view> taken_back;
  for (const std::string_view tag : tags) {
    if (const std::size_t end = tag.find('!'); !artifact.empty() && end != std::string_view::npos) {
      taken_back.insert(tag.substr(0, end));
    }
  }
  std::optional<Version> newest;
  std::optional<std::string> name;
  for (const std::string& tag : tags) {
    if (taken_back.contains(tag)) continue;
    auto found = VersionTag::parse(tag);
    if (!found || found->artifact != artifact || (found->version.is_pre_release() && !takes_pre_releases)) continue;
    if (newest && !newest->is_before(found->version)) continue;
    newest = std::move(found->version);
    name = tag;
  }
  return name;
}

}  // namespace mlem
