#include "base/error.hpp"
#include "resolve/cache.hpp"
#include "support/temp_dir.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace mlem;
using mlem::resolve::Cache;
using mlem::test::TempDir;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("Cache: a directory that others may change gives way to the fallback") {
  struct Row {
    std::string name;
    mode_t mode;
    uid_t owner;
    bool is_private;
  };
  const uid_t user = geteuid();
  const std::vector<Row> rows = {{"private", 0700, user, true},      {"readable", 0755, user, true},
                                 {"of a group", 0770, user, false},  {"of all", 0777, user, false},
                                 {"sticky", 01777, user, true},      {"of root", 0755, 0, true},
                                 {"of another", 0700, 65534, false}, {"sticky of another", 01777, 65534, false}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    if (row.owner != user && user != 0) continue;  // giving away is root's
    const TempDir scratch;
    const fs::path above = scratch.path() / "above";
    fs::create_directory(above);
    REQUIRE(chown(above.c_str(), row.owner, getegid()) == 0);
    REQUIRE(chmod(above.c_str(), row.mode) == 0);
    // It is judged whether or not the directory below it exists.
    for (const fs::path& directory : {above, above / "sources"}) {
      const Cache cache(directory, scratch.path() / "fallback");
      CHECK(cache.is_fallback() != row.is_private);
      CHECK(cache.directory() == (row.is_private ? directory : scratch.path() / "fallback"));
      if (!row.is_private) CHECK_THROWS_AS(Cache(directory, {}), Error);
    }
  }
}

TEST_CASE("Cache: only what it makes itself is closed to others") {
  const TempDir scratch;
  const fs::path users = scratch.path() / "users";
  fs::create_directory(users);
  REQUIRE(chmod(users.c_str(), 0755) == 0);
  const std::string key = Cache::key("https://example.com/a", "https://example.com/a");
  const Cache cache(users, {});
  const FileLock lock = cache.lock(key, std::chrono::steady_clock::now());
  CHECK(mode_of(users) == 0755);
  CHECK(mode_of(cache.open(key, "sha1")) == 0700);

  const Cache made(users / "new/sources", {});
  const FileLock other = made.lock(key, std::chrono::steady_clock::now());
  CHECK(mode_of(users / "new/sources") == 0700);
  CHECK(mode_of(users / "new") == 0700);
}

TEST_CASE("Cache: an entry's config is what it always is") {
  const TempDir scratch;
  const Cache cache(scratch.path() / "sources", {});
  const std::string key = Cache::key("https://example.com/a", "https://example.com/a");
  const fs::path entry = cache.open(key, "sha1");
  const std::string config = test::read_file(entry / "config");
  CHECK(config.find("objectFormat") == std::string::npos);
  test::write_file(entry / "config", config + "[core]\n\tsshCommand = touch /tmp/owned\n");
  CHECK(cache.open(key, "sha1") == entry);
  CHECK(test::read_file(entry / "config") == config);
  cache.open(key, "sha256");
  CHECK(test::read_file(entry / "config").find("objectFormat = sha256") != std::string::npos);
}

TEST_CASE("Cache: what is not used is pruned and nothing that is not its own") {
  const TempDir scratch;
  const Cache cache(scratch.path() / "sources", {});
  CHECK(cache.prune({}) == 0);
  const std::string used = Cache::key("https://example.com/a", "https://example.com/a");
  const std::string unused = Cache::key("https://example.com/b", "https://example.com/b");
  for (const std::string& key : {used, used + Cache::history_suffix, unused, unused + Cache::history_suffix}) {
    const FileLock lock = cache.lock(key, std::chrono::steady_clock::now());
    cache.open(key, "sha1");
  }
  std::string upper = unused;
  for (char& c : upper) c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  const std::vector<std::string> foreign = {".git",          "notes.lock",         "a", unused + "0", unused.substr(1),
                                            upper + ".lock", unused + "-histories"};
  for (const std::string& name : foreign) fs::create_directory(cache.directory() / name);

  CHECK(cache.prune({used}) == 1);
  for (const std::string& name : foreign) {
    CAPTURE(name);
    CHECK(fs::exists(cache.directory() / name));
  }
  for (const std::string suffix : {"", "-history", ".lock", "-history.lock"}) {
    CAPTURE(suffix);
    CHECK(fs::exists(cache.directory() / (used + suffix)));
    CHECK(!fs::exists(cache.directory() / (unused + suffix)));
  }
}
