#include "base/error.hpp"
#include "git/http_config.hpp"
#include "git/transport.hpp"
#include "support/repo_builder.hpp"
#include "support/sandbox.hpp"

#include <doctest/doctest.h>

namespace {

using mlem::Environment;
using namespace mlem::test;

Environment plain_environment(const Sandbox& box) {
  Environment environment;
  for (const auto& [name, value] : box.environment()) environment.set(name, value);
  return environment;
}

}  // namespace

TEST_CASE("http config: the setting of an address wins over that of all") {
  const Sandbox box;
  box.add_config("http.https://models.example.com/.proxy", "http://proxy:1/");
  box.add_config("http.proxy", "http://proxy:2/");
  box.add_config("http.sslVerify", "false");
  const auto at = [&](const char* url) { return mlem::git::http_config(url, plain_environment(box), {}); };
  CHECK(at("https://models.example.com/rf").find("http.proxy") == "http://proxy:1/");
  CHECK(at("https://models.example.com/rf").boolean("http.sslverify", true) == false);
  CHECK(at("https://other.example.com/rf").find("http.proxy") == "http://proxy:2/");
  CHECK(mlem::git::http_config("https://h/", plain_environment(Sandbox()), {}).entries().empty());
}

TEST_CASE("http config: a configuration file includes nothing") {
  const Sandbox box;
  const auto config = mlem::git::parse_config_file(
      "[lfs]\n\turl = https://lfs.example.com/\n[include]\n\tpath = /etc/passwd\n", plain_environment(box));
  CHECK(config.find("lfs.url") == "https://lfs.example.com/");
  CHECK_THROWS_WITH_AS(mlem::git::parse_config_file("[lfs\n", plain_environment(box)),
                       "not a configuration file of git: bad config line 1 in standard input", mlem::Error);
}

TEST_CASE("http config: settings of the user are told from those of a repository") {
  const Sandbox box;
  const RepoBuilder repository(box, "repository");
  box.add_config("lfs.url", "https://user.example.com/");
  repository.git({"config", "lfs.url", "https://repository.example.com/"});
  Environment environment = plain_environment(box);
  environment.set("GIT_CONFIG_COUNT", "1");
  environment.set("GIT_CONFIG_KEY_0", "lfs.url");
  environment.set("GIT_CONFIG_VALUE_0", "https://command.example.com/");
  CHECK(mlem::git::repository_config({}, environment).all("lfs.url") ==
        std::vector<std::string>{"https://user.example.com/"});
  CHECK(mlem::git::repository_config((repository.path() / ".git").string(), environment).all("lfs.url") ==
        std::vector<std::string>{"https://user.example.com/", "https://repository.example.com/"});
}
