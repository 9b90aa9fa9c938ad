#include "source/gto.hpp"

#include "base/text.hpp"
#include "git/refs.hpp"
#include "source/history.hpp"

#include <string>

namespace mlem::source {

Refusal no_gto_version(const GtoQuery& query) {
  const std::string artifact = "'" + escape_for_terminal(query.artifact) + "'";
  return {Verdict::missing_rev,
          "no version of artifact " + artifact +
              (query.stage.empty() ? " is registered" : " is assigned to '" + escape_for_terminal(query.stage) + "'"),
          {}};
}

std::vector<GtoAnswer> find_gto_versions(const RepoUrl& url, const std::vector<GtoQuery>& queries,
                                         const Settings& settings) {
  std::vector<GtoAnswer> answers(queries.size());
  const auto refusal = with_history(url, settings, [&](const fs::path& git_dir, git::Reading) {
    const std::vector<DatedTag> tags = git::list_dated_tags(git_dir, settings.access.environment);
    for (std::size_t i = 0; i < queries.size(); ++i) answers[i].version = find_version(queries[i], tags);
  });
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (refusal)
      answers[i] = {.refusal = refusal};
    else if (!answers[i].version)
      answers[i].refusal = no_gto_version(queries[i]);
  }
  return answers;
}

GtoAnswer find_gto_version(const RepoUrl& url, const GtoQuery& query, const Settings& settings) {
  return find_gto_versions(url, {query}, settings).front();
}

}  // namespace mlem::source
