#pragma once

#include "artifact/object_files.hpp"
#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/in_parallel.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mlem::artifact::detail {

/// The objects of one source, each once, and what was found out of them.
template <typename Answer>
struct SourceGroup {
  std::vector<const ObjectAt*> objects{};
  std::vector<Answer> answers{};
};

/// Calls `look(conversation, url, group)` for each source, several at a time; it may be called again, and sets the
/// answers in the order of the objects. Of a source that cannot be asked, `refused(refusal)` is the answer. Returns the
/// answers in the order of `objects`.
template <typename Answer, typename Look, typename Refused>
std::vector<Answer> ask_sources(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<ObjectAt>& objects, const Look& look, const Refused& refused) {
  // A file that somebody imports is not the same for others, who may call it something else.
  using Key = std::tuple<Oid, std::string, Oid, const ObjectAt*>;
  using Group = SourceGroup<Answer>;
  std::map<std::string, Group> groups;
  std::map<std::string, std::map<Key, std::size_t>> known;
  std::vector<std::pair<Group*, std::size_t>> places;
  for (const ObjectAt& object : objects) {
    const std::string repo = object.repo ? object.repo->text() : "";
    Group& group = groups[repo];
    const auto [place, is_new] = known[repo].try_emplace(
        {object.commit, object.path, object.blob, object.file ? &object : nullptr}, group.objects.size());
    if (is_new) group.objects.push_back(&object);
    places.emplace_back(&group, place->second);
  }
  std::vector<std::pair<const RepoUrl*, Group*>> all;
  for (auto& [repo, group] : groups) {
    all.emplace_back(group.objects.front()->repo ? &*group.objects.front()->repo : nullptr, &group);
  }
  const RepoUrl own_url = source::own_address(registry);
  source::in_parallel(all.size(), settings.budget.jobs, [&](std::size_t i) {
    const auto& [repo, group] = all[i];
    if (repo == nullptr) {
      const auto own = source::converse_with_registry(registry, settings, {});
      look(*own, own_url, *group);
      return;
    }
    const RepoUrl& url = *repo;
    const auto refusal = source::converse(
        url, settings, [&, &group = group](source::Conversation& source) { look(source, url, *group); });
    if (refusal) group->answers.assign(group->objects.size(), refused(*refusal));
  });
  std::vector<Answer> answers;
  answers.reserve(objects.size());
  for (const auto& [group, place] : places) answers.push_back(group->answers[place]);
  return answers;
}

}  // namespace mlem::artifact::detail
