#include "base/error.hpp"
#include "git/refs.hpp"
#include "history/detail/standing_item.hpp"
#include "model/gto.hpp"
#include "model/repo_url.hpp"
#include "source/gto.hpp"
#include "source/in_parallel.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

// The part of Standings that has questions of GTO answered, before the resolver is asked for what the answers name.

namespace mlem::history {
namespace {

/// Returns what a link has for its repository; nothing if that is malformed, which the link itself is told.
std::optional<RepoUrl> parse_repo(const std::string& text) {
  try {
    return RepoUrl::parse(text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;
  }
}

/// Answers the questions about one repository, and if it cannot be asked by the cache.
std::vector<source::GtoAnswer> answer_gto(const git::Registry& registry, const source::Settings& settings,
                                          const std::optional<std::string>& repo, const std::vector<GtoQuery>& queries,
                                          bool asks_cache) {
  if (repo) {
    const auto url = parse_repo(*repo);
    if (!url)
      return std::vector<source::GtoAnswer>(queries.size(), {.refusal = source::no_gto_version(queries.front())});
    auto answers = source::find_gto_versions(*url, queries, settings);
    const auto& refusal = answers.front().refusal;
    if (!asks_cache || settings.offline || !refusal || refusal->verdict == Verdict::missing_rev) return answers;
    source::Settings offline = settings;
    offline.offline = true;
    return source::find_gto_versions(*url, queries, offline);
  }
  const std::vector<DatedTag> tags = git::list_dated_tags(registry);
  std::vector<source::GtoAnswer> answers;
  for (const GtoQuery& query : queries) {
    source::GtoAnswer& answer = answers.emplace_back(source::GtoAnswer{.version = find_version(query, tags)});
    if (!answer.version) answer.refusal = source::no_gto_version(query);
  }
  return answers;
}

}  // namespace

void Standings::ask_gto() {
  std::map<std::string, std::vector<Item*>> by_repository;
  for (Item& item : items_) {
    if (item.question) by_repository[item.question->repo.value_or("")].push_back(&item);
  }
  std::vector<const std::vector<Item*>*> groups;
  for (const auto& [repo, items] : by_repository) groups.push_back(&items);
  std::vector<std::vector<source::GtoAnswer>> answers(groups.size());
  source::Settings quiet = settings_;  // several prompts on one terminal would mix
  quiet.access.interactive = false;
  source::in_parallel(groups.size(), settings_.budget.jobs, [&](std::size_t i) {
    std::vector<GtoQuery> queries;
    for (const Item* item : *groups[i]) queries.push_back(*GtoQuery::parse(*item->ref));
    answers[i] = answer_gto(registry_, quiet, groups[i]->front()->question->repo, queries, options_.asks_cache);
  });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = 0; j < groups[i]->size(); ++j) take_gto(*(*groups[i])[j], answers[i][j]);
  }
}

void Standings::take_gto(Item& item, const source::GtoAnswer& answer) {
  Link& link = *item.question;
  link.pinned_blob.reset();
  if (answer.version) {
    const GtoVersion& version = *answer.version;
    link.rev = version.tag.empty() ? version.commit.hex() : std::string(detail::tags_prefix) + version.tag;
    item.asked.tip = resolver_.add(*item.view, {}, link);
  } else {
    item.asked.tip = resolver_.add_refused(resolver_.answer(*item.asked.pin).source, *answer.refusal);
  }
  if (!options_.wants_newest) return;
  link.rev = detail::version_line_of(*item.ref);
  item.asked.newest = resolver_.add_newest_version(*item.view, {}, link);
}

}  // namespace mlem::history
