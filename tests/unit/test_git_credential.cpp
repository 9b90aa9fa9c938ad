#include "git/credential.hpp"
#include "support/sandbox.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

namespace {

using mlem::Environment;
using mlem::git::fill_credential;
using namespace mlem::test;
namespace fs = mlem::fs;

Environment environment_of(const Sandbox& box) {
  Environment environment;
  for (const auto& [name, value] : box.environment()) environment.set(name, value);
  const auto config = mlem::git::Config::parse_with_scopes(box.git({"config", "-z", "--show-scope", "--list"}).output);
  return mlem::git::with_transport_config(environment, config);
}

/// Adds a helper that knows a login, and notes what it is asked and told.
void add_helper(const Sandbox& box) {
  const fs::path helper = box / "helper";
  write_file(helper, "#!/bin/sh\n{ echo \"$1\"; cat; } >>" + (box / "log").string() +
                         "\n[ \"$1\" != get ] || printf 'username=alice\\npassword=open sesame\\n'\n");
  fs::permissions(helper, fs::owner_all);
  box.add_config("credential.helper", helper.string());
}

}  // namespace

TEST_CASE("credential: the user's helper is asked and told what became of it") {
  const Sandbox box;
  add_helper(box);
  const Environment environment = environment_of(box);
  const auto credential = fill_credential("https://models.example.com:8443/org/m.git/info/lfs", environment, {});
  REQUIRE(credential);
  CHECK(credential->username == "alice");
  CHECK(credential->password == "open sesame");
  mlem::git::approve_credential(*credential, environment, {});
  mlem::git::reject_credential(*credential, environment, {});
  const std::string known = "protocol=https\nhost=models.example.com:8443\n";
  const std::string login = known + "username=alice\npassword=open sesame\n";
  CHECK(read_file(box / "log") == "get\n" + known + "store\n" + login + "erase\n" + login);
}

TEST_CASE("credential: without a helper nobody is asked") {
  const Sandbox box;
  CHECK_FALSE(fill_credential("https://models.example.com/org/m.git", environment_of(box), {}));
}

TEST_CASE("credential: an askpass program of the user's own is used") {
  Sandbox box;
  write_file(box / "askpass", "#!/bin/sh\necho \"answer to $1\"\n");
  fs::permissions(box / "askpass", fs::owner_all);
  box.environment()["GIT_ASKPASS"] = (box / "askpass").string();
  const auto credential = fill_credential("https://models.example.com/m", environment_of(box), {});
  REQUIRE(credential);
  CHECK(credential->username == "answer to Username for 'https://models.example.com': ");
}

TEST_CASE("credential: an address cannot say more than an address") {
  const Sandbox box;
  add_helper(box);
  CHECK_FALSE(fill_credential("https://a.example.com/\nhost=b.example.com", environment_of(box), {}));
  CHECK_FALSE(fs::exists(box / "log"));
}
