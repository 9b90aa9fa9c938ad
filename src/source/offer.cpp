#include "source/offer.hpp"

#include "model/oid.hpp"
#include "source/conversation.hpp"

#include <optional>
#include <utility>

namespace mlem::source {
namespace {

std::optional<Oid> find_named(const Refs& refs, const std::string& rev) {
  if (auto oid = Oid::parse(rev)) return oid;
  if (rev.empty() || rev == "HEAD") return refs.find(refs.head_branch.value_or("HEAD"));
  // In the order of gitrevisions(7).
  for (const char* prefix : {"", "refs/", "refs/tags/", "refs/heads/"}) {
    if (auto oid = refs.find(prefix + rev)) return oid;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> known_revs(const RepoUrl& url, Settings settings) {
  settings.offline = true;
  std::vector<std::string> revs;
  const auto refusal = converse(url, settings, [&](Conversation& source) { revs = source.refs().names(); });
  return refusal ? std::vector<std::string>() : revs;
}

std::vector<std::string> known_paths(const RepoUrl& url, Settings settings, const std::string& rev,
                                     std::string_view directory) {
  settings.offline = true;
  while (directory.ends_with('/')) directory.remove_suffix(1);
  const std::string before = directory.empty() ? "" : std::string(directory) + '/';
  std::vector<std::string> paths;
  const auto refusal = converse(url, settings, [&](Conversation& source) {
    paths.clear();
    const auto oid = find_named(source.refs(), rev);
    if (!oid || !source.need_commits({*oid}, 0).empty()) return;
    const auto commit = source.repository().find_commit(*oid);
    if (!commit) return;
    const git::Lookup found = source.repository().find(*commit, directory);
    if (found.state != git::Lookup::State::found || !is_directory(found.entry)) return;
    const auto entries = source.repository().list(found.entry.oid);
    if (!entries) return;
    for (const auto& [name, entry] : *entries) paths.push_back(before + name + (is_directory(entry) ? "/" : ""));
  });
  return refusal ? std::vector<std::string>() : paths;
}

}  // namespace mlem::source
