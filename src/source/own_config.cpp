#include "source/own_config.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace mlem::source {
namespace {

/// All that git-mlem(1) has under CONFIGURATION.
constexpr std::string_view own_keys[] = {"mlem.allowProtocol", "mlem.allowSource", "mlem.cacheDir", "mlem.dialect",
                                         "mlem.emoji",         "mlem.hookTimeout", "mlem.jobs",     "mlem.maxFetch",
                                         "mlem.onUndecided",   "mlem.pin",         "mlem.proofAge", "mlem.pusher",
                                         "mlem.serverHints",   "mlem.timeout"};

}  // namespace

std::optional<bool> rejects_undecided(const git::Config& config) {
  const auto value = config.find("mlem.onundecided");
  if (!value) return std::nullopt;
  if (*value == "reject") return true;
  if (*value == "warn") return false;
  throw Error(ErrorKind::invalid, "bad config value '" + escape_for_terminal(*value) + "' for 'mlem.onUndecided'",
              "it takes 'reject' or 'warn'");
}

std::vector<UnknownKey> find_unknown_keys(const git::Config& config) {
  std::vector<std::string> known;
  for (const std::string_view key : own_keys) known.push_back(to_lower_ascii(key));
  std::vector<UnknownKey> unknown;
  for (const auto& entry : config.entries()) {
    const std::string& key = entry.first;
    const auto is_same = [&](const UnknownKey& other) { return other.key == key; };
    if (!key.starts_with("mlem.") || std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (std::any_of(unknown.begin(), unknown.end(), is_same)) continue;
    UnknownKey& found = unknown.emplace_back(UnknownKey{key, {}});
    const std::vector<std::string> alike = nearest(key, known, 1);
    if (alike.empty()) continue;
    const auto place = std::find(known.begin(), known.end(), alike.front()) - known.begin();
    found.nearest = own_keys[place];
  }
  return unknown;
}

std::string describe(const UnknownKey& unknown) { return "'" + unknown.key + "' is not a key of git-mlem"; }

std::string hint_of(const UnknownKey& unknown) {
  return unknown.nearest.empty() ? "" : "the nearest one is '" + unknown.nearest + "'";
}

}  // namespace mlem::source
