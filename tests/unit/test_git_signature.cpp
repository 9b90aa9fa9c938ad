#include "git/signature.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"

#include <chrono>

using namespace mlem::test;
using mlem::Limits;
using mlem::Oid;
using mlem::git::Registry;
using mlem::git::Signatures;
using mlem::git::verify_commits;
using Bad = Signatures::Bad;

namespace {

/// A repository that trusts one key, with a signed commit for each `s` of `signed_or_not` and an unsigned one for each
/// other letter.
struct Fixture {
  Sandbox box;
  RepoBuilder repo{box, "repo"};
  std::vector<Oid> commits;

  explicit Fixture(const std::string& signed_or_not) {
    const std::string key = (box / "key").string();
    REQUIRE(box.run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key}).code == 0);
    write_file(box / "allowed", "author@example.com " + read_file(key + ".pub"));
    repo.git({"config", "gpg.format", "ssh"});
    repo.git({"config", "gpg.ssh.allowedSignersFile", (box / "allowed").string()});
    repo.git({"config", "user.signingKey", key + ".pub"});
    for (const char each : signed_or_not) {
      repo.git({"config", "commit.gpgSign", each == 's' ? "true" : "false"});
      commits.push_back(oid(repo.commit({{"a", std::to_string(commits.size())}})));
    }
  }
  Signatures verify(std::size_t most_bad, const Limits& limits = {}) const {
    return verify_commits(Registry::discover(environment_of(box), repo.path().string()), commits, most_bad, limits,
                          nullptr);
  }
};

}  // namespace

TEST_CASE("signature: commits without a trusted signature are told up to as many as are wanted") {
  const Fixture fixture("susu");
  const Signatures all = fixture.verify(10);
  CHECK(all.in_time);
  CHECK(all.bad == std::vector<Bad>{{fixture.commits[1], false}, {fixture.commits[3], false}});
  CHECK(fixture.verify(1).bad == std::vector<Bad>{{fixture.commits[1], false}});
}

TEST_CASE("signature: one that no trusted key made is told from none") {
  const Fixture fixture("su");
  write_file(fixture.box / "allowed", "");
  CHECK(fixture.verify(10).bad == std::vector<Bad>{{fixture.commits[0], true}, {fixture.commits[1], false}});
}

TEST_CASE("signature: where all are good there is none to tell") {
  const Signatures good = Fixture("ss").verify(10);
  CHECK(good.in_time);
  CHECK(good.bad.empty());
}

TEST_CASE("signature: what cannot be verified in time is said to be so") {
  Limits limits;
  limits.deadline = std::chrono::steady_clock::now();
  const Signatures late = Fixture("s").verify(10, limits);
  CHECK_FALSE(late.in_time);
  CHECK(late.bad.empty());
}
