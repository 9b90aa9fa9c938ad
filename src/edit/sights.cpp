#include "edit/sights.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/writer.hpp"
#include "source/cache.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

namespace mlem::edit {
namespace {

constexpr std::size_t max_size = std::size_t{16} << 20;
constexpr std::string_view remotes = "refs/remotes/";
constexpr std::string_view tracked = "/mlem/seen";

/// Adds one time, if it is earlier than that which is there.
void keep_earlier(std::map<Oid, std::int64_t>& times, const Oid& commit, std::int64_t time) {
  const auto [known, is_new] = times.try_emplace(commit, time);
  if (!is_new) known->second = std::min(known->second, time);
}

std::string file_of(const RepoUrl& url) { return source::Cache::key(url.normalized(), {}); }

}  // namespace

Sights::Times Sights::read(const Oid& tree, const std::string& file) const {
  Times times;
  const git::Lookup found = registry_.objects().find(tree, file);
  if (found.state != git::Lookup::State::found || !git::is_regular(found.entry)) return times;
  const auto text = registry_.objects().find_blob(found.entry.oid, max_size);
  if (!text) return times;
  for (std::string_view line : split(*text, '\n')) {
    // Anybody may have written it: what is not such a line does not count.
    const std::size_t blank = line.find(' ');
    const auto commit = blank == std::string_view::npos ? std::nullopt : Oid::parse(line.substr(0, blank));
    if (!commit) continue;
    line.remove_prefix(blank + 1);
    std::int64_t time = 0;
    const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), time);
    if (failure == std::errc{} && end == line.data() + line.size() && time > 0) keep_earlier(times, *commit, time);
  }
  return times;
}

Sights::Source& Sights::source(const RepoUrl& url) {
  Source& source = sources_[file_of(url)];
  if (source.is_known) return source;
  source.is_known = true;
  source.address = redact(url.normalized());
  if (!others_) {
    others_.emplace();
    for (const git::Ref& each : registry_.objects().refs(remotes)) {
      if (each.name.ends_with(tracked)) others_->push_back(each.oid);
    }
  }
  try {
    if (const auto own = registry_.objects().find_ref(ref)) source.kept = read(*own, file_of(url));
    source.times = source.kept;
    for (const Oid& other : *others_) {
      for (const auto& [commit, time] : read(other, file_of(url))) keep_earlier(source.times, commit, time);
    }
  } catch (const Error& error) {
    // What cannot be read was not seen.
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::invalid) throw;
  }
  return source;
}

std::optional<std::int64_t> Sights::first(const RepoUrl& url, const Oid& commit) {
  const Times& times = source(url).times;
  const auto known = times.find(commit);
  return known == times.end() ? std::nullopt : std::optional(known->second);
}

void Sights::note(const RepoUrl& url, const Oid& commit, std::int64_t now) {
  source(url).times.try_emplace(commit, now);
}

void Sights::note(const history::Standing& standing, std::int64_t now) {
  const auto commit = standing.tip ? Oid::parse(standing.tip->commit) : std::nullopt;
  const bool is_pinned = standing.state != history::State::floating && standing.state != history::State::unpinned;
  if (commit && is_pinned && !standing.finding.sources.empty()) note(standing.finding.sources.front(), *commit, now);
}

std::optional<std::string> Sights::save() {
  constexpr int most_attempts = 5;
  for (int attempt = 1;; ++attempt) {
    try {
      try_to_save();
      return std::nullopt;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::io &&
          error.kind() != ErrorKind::invalid) {
        throw;
      }
      // Somebody else may have been faster.
      if (attempt == most_attempts) return error.what();
    }
  }
}

void Sights::try_to_save() {
  std::vector<std::string> names;
  std::vector<std::string> texts;
  const auto own = registry_.objects().find_ref(ref);
  for (auto& [file, source] : sources_) {
    if (source.times == source.kept) continue;
    if (own) source.kept = read(*own, file);
    for (const auto& [commit, time] : source.kept) keep_earlier(source.times, commit, time);
    if (source.times == source.kept) continue;
    std::string text = source.address + "\n";
    for (const auto& [commit, time] : source.times) text += commit.hex() + " " + std::to_string(time) + "\n";
    names.push_back(file);
    texts.push_back(std::move(text));
  }
  if (names.empty()) return;
  git::Writer writer(registry_);
  const std::vector<Oid> blobs = writer.write_blobs(texts);
  std::vector<git::TreeChange> changes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    changes.push_back({names[i], git::Entry{git::mode_file, blobs[i]}});
  }
  const Oid tree = writer.write_tree(own.value_or(registry_.empty_tree()), std::move(changes));
  writer.update_refs({{ref, tree, own}}, "mlem: new commits of sources");
  for (auto& [file, source] : sources_) source.kept = source.times;
}

}  // namespace mlem::edit
