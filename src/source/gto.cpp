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

GtoAnswer find_gto_version(const RepoUrl& url, const GtoQuery& query, const Settings& settings) {
  GtoAnswer answer;
  answer.refusal = with_history(url, settings, [&](const fs::path& git_dir, git::Reading) {
    answer.version = find_version(query, git::list_dated_tags(git_dir, settings.access.environment));
  });
  if (!answer.version && !answer.refusal) answer.refusal = no_gto_version(query);
  return answer;
}

}  // namespace mlem::source
