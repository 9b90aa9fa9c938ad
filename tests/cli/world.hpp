#pragma once

#include "support/metafiles.hpp"
#include "support/repo_builder.hpp"
#include "support/sandbox.hpp"

#include <doctest/doctest.h>

#include <string>
#include <unistd.h>

namespace mlem::test {

inline const std::string example_url = "https://github.com/iterative/example-mlem-get-started";

/// A models repository that git takes for the example of MLEM's documentation, and an empty registry beside it.
struct World {
  Sandbox sandbox;
  RepoBuilder models{sandbox, "models"};
  RepoBuilder registry{sandbox, "registry"};
  std::string model_commit;

  World() {
    model_commit = models.commit({{"models/rf.mlem", model_meta()}, {"models/rf", "weights"}, {".mlem.yaml", ""}});
    models.tag("4-pack");
    models.tag("5-deploy-meta");
    models.tag("6-deploy-app");
    sandbox.add_config("url." + models.path().string() + ".insteadOf", example_url);
  }

  Outcome mlem(const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.directory = registry.path();
    return sandbox.mlem(arguments, options);
  }
  Outcome git(const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.directory = registry.path();
    return sandbox.git(arguments, options);
  }
  std::string staged(const std::string& name) const { return registry.git({"show", ":" + name}); }
};

/// Returns whether this is not root, and so a case that does what only root can is skipped; then says so.
inline bool is_skipped_without_root(const std::string& why) {
  if (geteuid() == 0) return false;
  MESSAGE("skipped: " << why);
  return true;
}

/// Returns whether a script under `unshare` could not mount what it needs, which it says by code 99, and so a case is
/// skipped; then says so.
inline bool is_skipped_without_unshare(const Outcome& outcome) {
  if (outcome.code != 99 && outcome.errors.find("unshare:") == std::string::npos) return false;
  MESSAGE("skipped: mounting is not allowed here: " << outcome.errors);
  return true;
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace mlem::test
