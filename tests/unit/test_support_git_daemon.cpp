#include "support/git_daemon.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include <doctest/doctest.h>

using namespace mlem::test;

TEST_CASE("git daemon: a repository is cloned") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  models.commit({{"model.bin", "one"}});
  models.bare_clone(box / "served/models.git");
  const GitDaemon daemon(box, box / "served");
  const Outcome outcome = box.git({"clone", "-q", daemon.url("models.git"), "copy"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(box / "copy/model.bin") == "one");
}

TEST_CASE("git daemon: it is gone with its object") {
  const Sandbox box;
  std::string url;
  {
    const GitDaemon daemon(box, box.path());
    url = daemon.url("none.git");
    CHECK(box.git({"ls-remote", url}).errors.find("repository not exported") != std::string::npos);
  }
  CHECK(box.git({"ls-remote", url}).errors.find("Connection refused") != std::string::npos);
}
