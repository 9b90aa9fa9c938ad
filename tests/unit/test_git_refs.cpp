#include "git/refs.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"

using namespace mlem::test;
using mlem::git::list_symbolic_refs;
using mlem::git::Registry;

TEST_CASE("refs: symbolic refs are listed that lead somewhere") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a", "1"}});
  repo.tag("v1");
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  CHECK(list_symbolic_refs(registry).empty());
  repo.git({"symbolic-ref", "refs/heads/production", "refs/heads/main"});
  repo.git({"symbolic-ref", "refs/heads/nowhere", "refs/heads/unborn"});
  repo.git({"symbolic-ref", "refs/namespaces/a/HEAD", "refs/tags/v1"});
  CHECK(list_symbolic_refs(registry) == std::vector<std::string>{"refs/heads/production", "refs/namespaces/a/HEAD"});
}
