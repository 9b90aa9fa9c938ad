#include "source/read_files.hpp"

#include "base/error.hpp"
#include "source/conversation.hpp"

#include <algorithm>
#include <map>

namespace mlem::source {
namespace {

std::optional<Refusal> read(Conversation& source, const Oid& commit, std::vector<WantedFile>& files,
                            std::size_t limit) {
  std::size_t depth = 1;
  for (const WantedFile& file : files) {
    depth = std::max(depth, static_cast<std::size_t>(std::count(file.path.begin(), file.path.end(), '/')) + 1);
  }
  const auto lacks = source.need_commits({commit}, depth);
  if (!lacks.empty()) return lacks.begin()->second;
  // First blobs are found to be lacking; of a path through trees that the server did not send, those before.
  for (std::size_t round = 0; round <= depth + 1; ++round) {
    std::map<Oid, Oid> lacking;
    for (WantedFile& file : files) {
      git::Repository& repository = source.repository();
      const git::Lookup found = repository.find(commit, file.path);
      if (found.state == git::Lookup::State::missing_object) lacking.emplace(*found.missing, commit);
      if (found.state != git::Lookup::State::found || !git::is_regular(found.entry)) continue;
      try {
        file.content = repository.find_blob(found.entry.oid, limit);
        if (!file.content) lacking.emplace(found.entry.oid, commit);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid) throw;
        file.is_too_large = true;
      }
    }
    if (lacking.empty()) return std::nullopt;
    const auto refused = source.need_objects(lacking);
    if (!refused.empty()) return refused.begin()->second;
  }
  return Refusal{Verdict::unreachable, "the source does not give what commit '" + commit.hex() + "' has", {}};
}

}  // namespace

std::optional<Refusal> read_files(const git::Registry& registry, const std::optional<RepoUrl>& repo, const Oid& commit,
                                  std::vector<WantedFile>& files, std::size_t limit, const Settings& settings) {
  std::optional<Refusal> refusal;
  if (!repo) {
    const auto own = converse_with_registry(registry, settings, {});
    return read(*own, commit, files, limit);
  }
  auto failure = converse(*repo, settings, [&](Conversation& source) { refusal = read(source, commit, files, limit); });
  return failure ? failure : refusal;
}

}  // namespace mlem::source
