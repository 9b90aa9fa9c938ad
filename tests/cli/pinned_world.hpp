#pragma once

#include "cli/world.hpp"
#include <nlohmann/json.hpp>

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace mlem::test {

/// A link that is pinned to a commit where the object is `blob`, and follows `ref`.
inline std::string pinned(const std::string& commit, const std::string& blob, const std::string& ref,
                   const std::string& repo = example_url) {
  return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
         (ref.empty() ? "" : "\n    ref: " + ref) + "\npath: models/rf.mlem\nrepo: " + repo + "/\nrev: " + commit + "\n";
}

/// A registry with a link in each state. The models' main is four commits ahead of `old`, and two of those touch the
/// object; `still` is ahead of it and has the same object.
struct States {
  World world;
  std::string old = world.model_commit;
  std::string blob = world.models.id("main:models/rf.mlem");
  std::string tip;
  std::string new_blob;

  States() {
    world.models.annotated_tag("v1.2.0");
    world.models.tag("v1.10.0");
    world.models.git({"branch", "still"});
    world.models.git({"branch", "lost"});
    world.models.git({"branch", "empty"});
    world.models.commit({{"models/rf.mlem", model_meta() + "# 1\n"}});
    world.models.commit({{"README", "1"}});
    tip = world.models.commit({{"models/rf.mlem", model_meta() + "# 2\n"}});
    tip = world.models.commit({{"README", "2"}});
    new_blob = world.models.id("main:models/rf.mlem");
    world.models.git({"checkout", "-q", "still"});
    world.models.commit({{"README", "still"}});
    world.models.git({"checkout", "-q", "empty"});
    world.models.git({"rm", "-q", "models/rf.mlem"});
    world.models.git({"commit", "-q", "-m", "Remove the model"});
    world.models.git({"checkout", "-q", "--orphan", "rewritten"});
    world.models.commit({{"models/rf.mlem", model_meta() + "# 3\n"}});
    world.models.git({"checkout", "-q", "main"});
    world.models.git({"tag", "-f", "6-deploy-app", tip});
    world.models.git({"tag", "-f", "5-deploy-meta", "still"});
    world.registry.commit({{"behind.mlem", pinned(old, blob, "refs/heads/main")},
                           {"same.mlem", pinned(old, blob, "refs/heads/still")},
                           {"moved.mlem", pinned(old, blob, "refs/tags/6-deploy-app")},
                           {"tag.mlem", pinned(old, blob, "refs/tags/5-deploy-meta")},
                           {"rewritten.mlem", pinned(old, blob, "refs/heads/rewritten")},
                           {"gone.mlem", pinned(old, blob, "refs/heads/nowhere")},
                           {"removed.mlem", pinned(old, blob, "refs/heads/empty")},
                           {"fixed.mlem", pinned(old, blob, "")},
                           {"floating.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})},
                           {"unpinned.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "4-pack"})},
                           {"alias.mlem", "link_type: model\nobject_type: link\npath: object\n"},
                           {"object.mlem", model_meta()}});
  }
};

/// Returns the lines of `--json` by the names of their links without `.mlem`.
inline std::map<std::string, nlohmann::json> rows_of(const Outcome& outcome) {
  std::map<std::string, nlohmann::json> rows;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    auto row = nlohmann::json::parse(line);
    const std::string name = row["link"];
    rows.emplace(name.substr(0, name.size() - 5), std::move(row));
  }
  return rows;
}

}  // namespace mlem::test
