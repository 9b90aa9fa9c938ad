#include "artifact/lfs_endpoint.hpp"
#include "artifact/lfs_store.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "artifact_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

namespace {

using mlem::RepoUrl;
using mlem::artifact::find_lfs_endpoint;
using mlem::artifact::LfsEndpoint;
using mlem::artifact::ObjectAnswer;
using mlem::source::Refusal;
using namespace mlem::test;
namespace fs = mlem::fs;

/// Returns where the objects are asked for, in words.
std::string endpoint_of(const std::string& source, const mlem::source::Settings& settings,
                        const std::string& lfsconfig = {}) {
  const auto found = find_lfs_endpoint(RepoUrl::parse(source), lfsconfig, settings);
  if (const auto* const refusal = std::get_if<Refusal>(&found))
    return std::string(name(refusal->verdict)) + ": " + refusal->message;
  const auto& endpoint = std::get<LfsEndpoint>(found);
  std::string text = endpoint.url;
  if (endpoint.ssh) text += " by " + endpoint.ssh->user_and_host + " " + endpoint.ssh->port + " " + endpoint.ssh->path;
  if (endpoint.store) text += " in " + endpoint.store->string();
  return text;
}

}  // namespace

TEST_CASE("lfs endpoint: the address of a source says where its objects are") {
  const Sandbox box;
  const auto settings = user_settings(box);
  struct Row {
    std::string source;
    std::string endpoint;
  };
  const Row rows[] = {
      {"https://huggingface.co/org/m", "https://huggingface.co/org/m.git/info/lfs"},
      {"https://github.com/org/m.git", "https://github.com/org/m.git/info/lfs"},
      {"http://h:8080/m.git/", "http://h:8080/m.git/info/lfs"},
      {"git://h:9418/org/m", "https://h/org/m.git/info/lfs"},
      {"git@github.com:org/m.git", "https://github.com/org/m.git/info/lfs by git@github.com  org/m"},
      {"ssh://git@h:2222/srv/m", "https://h/srv/m.git/info/lfs by git@h 2222 /srv/m"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    CHECK(endpoint_of(row.source, settings) == row.endpoint);
  }
}

TEST_CASE("lfs endpoint: the file .lfsconfig names another place under the rules for addresses") {
  const Sandbox box;
  auto settings = user_settings(box);
  const std::string source = "https://git.example.com/m.git";
  const auto config = [](const std::string& url) { return "[lfs]\n\turl = \"" + url + "\"\n"; };
  CHECK(endpoint_of(source, settings, config("https://lfs.example.com/m/")) == "https://lfs.example.com/m");
  CHECK(endpoint_of(source, settings, "[lfs]\n\tfetchexclude = *\n") == source + "/info/lfs");
  const std::string named = "'.lfsconfig' of the source names ";
  CHECK(endpoint_of(source, settings, config("file:///srv/m")) ==
        "forbidden: " + named + "'file:///srv/m', which may not be used: the source itself is not on this machine");
  CHECK(endpoint_of(source, settings, config("/srv/m")) ==
        "forbidden: " + named + "'/srv/m', which may not be used: the source itself is not on this machine");
  CHECK(endpoint_of(source, settings, config("https://alice:sesame@h/m")) ==
        "forbidden: " + named + "'https://***@h/m', which may not be used: it has a password");
  CHECK(endpoint_of(source, settings, config("ext::sh -c id")) ==
        "forbidden: " + named + "'ext::***', which may not be used: remote helpers such as 'ext' are never used");
  CHECK(endpoint_of(source, settings, config("https://h/../m")).substr(0, 10) == "forbidden:");
  CHECK(endpoint_of(source, settings, "[lfs\n") == "unreachable: cannot tell where Git LFS has the objects of '" +
                                                       source + "/': bad config line 1 in standard input");
  CHECK(endpoint_of(source, settings, std::string(70'000, '#')) ==
        "forbidden: '.lfsconfig' of '" + source + "/' is larger than 64 KiB");
  settings.access.url_policy.sources = {"https://git.example.com/**"};
  CHECK(endpoint_of(source, settings, config("https://lfs.example.com/m")) ==
        "forbidden: " + named + "'https://lfs.example.com/m', which may not be used: it is not in mlem.allowSource");
}

TEST_CASE("lfs endpoint: the user's own configuration counts before that of the source") {
  const Sandbox box;
  const RepoBuilder registry(box, "registry");
  registry.git({"config", "lfs.url", "https://registry.example.com/"});
  const std::string source = "https://git.example.com/m.git";
  CHECK(endpoint_of(source, user_settings(box)) == source + "/info/lfs");
  box.add_config("url.https://oauth2:to%2Fken@mirror.example.com/.insteadOf", "https://git.example.com/");
  CHECK(endpoint_of(source, user_settings(box)) == "https://mirror.example.com/m.git/info/lfs");
  const auto found = find_lfs_endpoint(RepoUrl::parse(source), {}, user_settings(box));
  CHECK(std::get<LfsEndpoint>(found).user == "oauth2");
  CHECK(std::get<LfsEndpoint>(found).password == "to/ken");
  CHECK(std::get<LfsEndpoint>(found).is_rewritten);
  box.add_config("remote.models.url", source);
  box.add_config("remote.models.lfsurl", "https://remote.example.com/");
  CHECK(endpoint_of(source, user_settings(box)) == "https://remote.example.com");
  CHECK(endpoint_of("https://git.example.com/other", user_settings(box)) ==
        "https://mirror.example.com/other.git/info/lfs");
  box.add_config("lfs.url", "https://user.example.com/lfs");
  CHECK(endpoint_of(source, user_settings(box), "[lfs]\n\turl = https://source.example.com/\n") ==
        "https://user.example.com/lfs");
}

TEST_CASE("lfs endpoint: a source of this machine has its store") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  models.commit({{"a", "b"}});
  const fs::path store = models.path() / ".git/lfs/objects";
  CHECK(endpoint_of(models.url(), user_settings(box)) == " in " + store.string());
  CHECK(endpoint_of(models.url(), user_settings(box), "[lfs]\n\turl = https://lfs.example.com/\n") ==
        "https://lfs.example.com in " + store.string());
  const RepoBuilder other(box, "other");
  CHECK(endpoint_of(models.url(), user_settings(box), "[lfs]\n\turl = " + other.url() + "\n") ==
        " in " + (other.path() / ".git/lfs/objects").string());
  const fs::path worktree = models.add_worktree("side");
  CHECK(endpoint_of(RepoBuilder::file_url(worktree), user_settings(box)) == " in " + store.string());
  models.git({"config", "lfs.storage", "large"});
  CHECK(endpoint_of(models.url(), user_settings(box)) == " in " + (models.path() / ".git/large/objects").string());
  models.git({"config", "lfs.storage", "/srv/lfs"});
  CHECK(endpoint_of(models.url(), user_settings(box)) == " in /srv/lfs/objects");
}

TEST_CASE("lfs store: an object is there with its size or is missing") {
  const Sandbox box;
  const fs::path store = box / "objects";
  const std::string oid = "0123" + std::string(60, 'f');
  CHECK(mlem::artifact::lfs_object_path(store, oid) == store / "01/23" / oid);
  const auto missing = mlem::artifact::ask_lfs_store(store, {.oid = oid, .size = 5});
  CHECK(missing.kind == ObjectAnswer::Kind::missing);
  CHECK(missing.refusal.message == "the store of Git LFS in '" + store.string() + "' lacks object " + oid);
  write_file(store / "01/23" / oid, "hello");
  CHECK(mlem::artifact::ask_lfs_store(store, {.oid = oid, .size = 5}).size == 5);
  fs::remove(store / "01/23" / oid);
  fs::create_symlink("/etc/passwd", store / "01/23" / oid);
  CHECK(mlem::artifact::ask_lfs_store(store, {.oid = oid, .size = 5}).kind == ObjectAnswer::Kind::missing);
  CHECK(mlem::artifact::ask_lfs_store(store, {.oid = oid, .size = 0}).size == 0);
}
