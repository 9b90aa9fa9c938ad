#include "base/error.hpp"
#include "source/cache.hpp"
#include "support/temp_dir.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace mlem;
using mlem::source::Cache;
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
  const std::vector<std::string> suffixes{"", Cache::history_suffix, Cache::trees_suffix, Cache::all_trees_suffix};
  std::vector<std::string> keys;
  for (const std::string& suffix : suffixes) {
    for (const std::string& source : {used, unused}) keys.push_back(source + suffix);
  }
  for (const std::string& key : keys) {
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
  for (const std::string& suffix : suffixes) {
    CAPTURE(suffix);
    CHECK(fs::exists(cache.directory() / (used + suffix)));
    CHECK(fs::exists(cache.directory() / (used + suffix + ".lock")));
    CHECK(!fs::exists(cache.directory() / (unused + suffix)));
    CHECK(!fs::exists(cache.directory() / (unused + suffix + ".lock")));
  }
}

TEST_CASE("Cache: nobody else may hold a symbolic link on the way") {
  if (geteuid() != 0) return;  // giving away is root's
  const TempDir scratch;
  const fs::path own = scratch.path() / "own";
  const fs::path fallback = scratch.path() / "fallback";
  fs::create_directories(own / "sources");
  const fs::path link = scratch.path() / "link";
  fs::create_symlink("own", link);
  const fs::path to_link = scratch.path() / "to_link";
  fs::create_symlink(link, to_link);
  for (const fs::path& directory : {link, link / "sources", to_link / "sources", to_link / "new"}) {
    CAPTURE(directory.string());
    CHECK_FALSE(Cache(directory, fallback).is_fallback());
  }
  REQUIRE(lchown(link.c_str(), 65534, getegid()) == 0);
  for (const fs::path& directory : {link, link / "sources", to_link / "sources", to_link / "new"}) {
    CAPTURE(directory.string());
    CHECK(Cache(directory, fallback).is_fallback());
  }
  // What it leads to is judged too, `..` as the system takes it.
  REQUIRE(lchown(link.c_str(), 0, getegid()) == 0);
  CHECK_FALSE(Cache(link / "sources/../sources/.", fallback).is_fallback());
  REQUIRE(chmod(own.c_str(), 0777) == 0);
  CHECK(Cache(link / "sources", fallback).is_fallback());
  fs::create_symlink("loop", scratch.path() / "loop");
  CHECK(Cache(scratch.path() / "loop", fallback).is_fallback());
}

TEST_CASE("Cache: a directory that this account may not write gives way to the fallback") {
  if (geteuid() != 0) return;  // only root can play another user's part
  const TempDir scratch;
  const fs::path fallback = scratch.path() / "fallback";
  const fs::path common = scratch.path() / "common";
  fs::create_directory(common);
  fs::create_directory(fallback);
  constexpr uid_t other = 65534;
  REQUIRE(chown(fallback.c_str(), other, getegid()) == 0);
  REQUIRE(chmod(scratch.path().c_str(), 0755) == 0);
  REQUIRE(chmod(common.c_str(), 0755) == 0);
  REQUIRE(seteuid(other) == 0);
  const Cache cache(common / "mlem/sources", fallback);
  const bool is_fallback = cache.is_fallback();
  const bool without = Cache(common / "mlem/sources", {}).is_fallback();
  REQUIRE(seteuid(0) == 0);
  CHECK(is_fallback);
  CHECK(cache.directory() == fallback);
  CHECK_FALSE(without);
}
