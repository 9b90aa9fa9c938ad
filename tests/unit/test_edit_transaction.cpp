#include "base/error.hpp"
#include "edit/transaction.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iterator>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mlem;
using namespace mlem::test;
using edit::FileChange;
using edit::save_files;
using edit::Stage;

namespace {

git::Registry discover(const Sandbox& box, const fs::path& directory) {
  return git::Registry::discover(environment_of(box), directory.string());
}

void change_mode(const fs::path& file, mode_t mode) { REQUIRE(chmod(file.c_str(), mode) == 0); }

}  // namespace

TEST_CASE("save_files: all files are written and staged") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"old.mlem", "1"}, {"flagged.mlem", "1"}, {"same", "1"}});
  change_mode(repo.path() / "old.mlem", 0755);
  repo.git({"update-index", "--assume-unchanged", "flagged.mlem"});
  repo.write("marker", "");
  const git::Registry registry = discover(box, repo.path());
  save_files(registry,
             {{.name = "old.mlem", .text = "2"},
              {.name = "flagged.mlem", .text = "2", .is_flagged = true},
              {.name = "a/b/new.mlem", .text = "2"},
              {.name = "program", .text = "2", .mode = 0100755},
              {.name = "marker", .text = {}}},
             Stage::yes);
  CHECK(repo.git({"status", "--porcelain"}) == "A  a/b/new.mlem\nM  flagged.mlem\nA  marker\nM  old.mlem\nA  program");
  CHECK(repo.git({"ls-files", "-v", "flagged.mlem"}) == "H flagged.mlem");
  CHECK(repo.git({"ls-files", "-s", "old.mlem", "program"}).substr(0, 6) == "100755");
  CHECK(read_file(repo.path() / "a/b/new.mlem") == "2");
  CHECK(!fs::exists(repo.path() / ".git/git-mlem-edit"));
}

TEST_CASE("save_files: without staging the index stays") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"old.mlem", "1"}});
  save_files(discover(box, repo.path()), {{.name = "old.mlem", .text = "2"}, {.name = "new", .text = "2"}}, Stage::no);
  CHECK(repo.git({"status", "--porcelain"}) == " M old.mlem\n?? new");
}

TEST_CASE("save_files: if one cannot be written none is") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"old.mlem", "1"}, {"file", "1"}, {"directory/a", "1"}});
  change_mode(repo.path() / "old.mlem", 0600);
  const git::Registry registry = discover(box, repo.path());
  struct Row {
    std::string last;
    std::string error;
  };
  const std::vector<Row> rows = {
      {"file/new", "cannot write 'file/new': 'file' is not a directory"},
      {"directory", "cannot write 'directory': it is not a regular file"},
      {"locked",
       "cannot update the index: Unable to create '" + (repo.path() / ".git/index.lock").string() + "': File exists."},
  };
  for (const Row& row : rows) {
    CAPTURE(row.last);
    if (row.last == "locked") repo.write(".git/index.lock", "");
    try {
      save_files(
          registry,
          {{.name = "old.mlem", .text = "2"}, {.name = "a/b/new.mlem", .text = "2"}, {.name = row.last, .text = "2"}},
          Stage::yes);
      FAIL("written");
    } catch (const Error& error) {
      CHECK(std::string(error.what()) == row.error);
    }
    fs::remove(repo.path() / ".git/index.lock");
    CHECK(read_file(repo.path() / "old.mlem") == "1");
    CHECK(fs::status(repo.path() / "old.mlem").permissions() == fs::perms(0600));
    CHECK(!fs::exists(repo.path() / "a"));
    CHECK(repo.git({"status", "--porcelain"}).empty());
    CHECK(!fs::exists(repo.path() / ".git/git-mlem-edit"));
  }
}

TEST_CASE("save_files: a directory that became a symbolic link is not entered") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a", "1"}});
  fs::create_directory(box / "outside");
  fs::create_directory(repo.path() / "in");
  fs::create_symlink(box / "outside", repo.path() / "in/d");
  try {
    save_files(discover(box, repo.path()), {{.name = "in/d/new.mlem", .text = "2"}}, Stage::yes);
    FAIL("written");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "cannot write 'in/d/new.mlem': 'in/d' is not a directory");
  }
  CHECK(fs::is_empty(box / "outside"));
}

TEST_CASE("save_files: a directory that is swapped for a symbolic link meanwhile leads nowhere") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a", "1"}});
  const fs::path outside = box / "outside";
  const fs::path inside = repo.path() / "d";
  fs::create_directories(outside / "sub");
  fs::create_directories(inside / "sub");
  fs::create_directory(box / "swap");
  fs::create_symlink(outside, box / "swap/link");
  const git::Registry registry = discover(box, repo.path());
  std::atomic<bool> is_done = false;
  std::thread swapper([&] {
    while (!is_done) {
      renameat2(AT_FDCWD, inside.c_str(), AT_FDCWD, (box / "swap/link").c_str(), RENAME_EXCHANGE);
    }
  });
  for (int i = 0; i < 300; ++i) {
    try {
      save_files(registry, {{.name = "d/new.mlem", .text = "2"}, {.name = "d/sub/new.mlem", .text = "2"}}, Stage::no);
    } catch (const Error&) {
      // As it should be, if it was the link.
    }
  }
  is_done = true;
  swapper.join();
  CHECK(fs::is_empty(outside / "sub"));
  CHECK(std::distance(fs::directory_iterator(outside), fs::directory_iterator()) == 1);
}

TEST_CASE("save_files: what a killed run has left is removed by the next") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"d/a", "1"}});
  repo.write(".git/git-mlem-edit/0-new", "half");
  repo.write("d/.git-mlem-7-0-new", "half");
  repo.write("d/.git-mlem-mine", "mine");
  fs::create_directory(box / "outside");
  mlem::test::write_file(box / "outside/.git-mlem-7-0-new", "not ours");
  fs::create_symlink(box / "outside", repo.path() / "l");
  repo.write(".git/git-mlem-edit/elsewhere",
             std::string("d/.git-mlem-7-0-new\0d/a\0l/.git-mlem-7-0-new\0d/.git-mlem", 55));
  save_files(discover(box, repo.path()), {{.name = "new", .text = "2"}}, Stage::no);
  CHECK(!fs::exists(repo.path() / ".git/git-mlem-edit"));
  CHECK(repo.git({"status", "--porcelain", "-uall"}) == "?? d/.git-mlem-mine\n?? l\n?? new");
  CHECK(fs::exists(repo.path() / "d/a"));
  CHECK(fs::exists(box / "outside/.git-mlem-7-0-new"));
}

TEST_CASE("save_files: the git directory may be on another file system") {
  const Sandbox box;
  struct stat here {};
  struct stat there {};
  if (stat("/dev/shm", &there) != 0 || stat(box.path().c_str(), &here) != 0 || here.st_dev == there.st_dev) {
    MESSAGE("skipped: /dev/shm is not another file system");
    return;
  }
  const fs::path git_dir = fs::path("/dev/shm") / fs::unique_path("git-mlem-test-%%%%%%%%");
  box.git_output({"init", "-q", "--separate-git-dir", git_dir.string(), "repo"});
  mlem::test::write_file(box / "repo/old.mlem", "1");
  const git::Registry registry = discover(box, box / "repo");
  save_files(registry, {{.name = "old.mlem", .text = "2"}, {.name = "d/new.mlem", .text = "2"}}, Stage::yes);
  CHECK(read_file(box / "repo/old.mlem") == "2");
  CHECK(box.git_output({"-C", "repo", "status", "--porcelain", "-uall"}) == "A  d/new.mlem\nA  old.mlem");
  mlem::test::write_file(git_dir / "index.lock", "");
  CHECK_THROWS_AS(save_files(registry, {{.name = "old.mlem", .text = "3"}, {.name = "e/x", .text = ""}}, Stage::yes),
                  Error);
  CHECK(read_file(box / "repo/old.mlem") == "2");
  fs::remove(git_dir / "index.lock");
  CHECK(box.git_output({"-C", "repo", "status", "--porcelain", "-uall"}) == "A  d/new.mlem\nA  old.mlem");
  CHECK(!fs::exists(git_dir / "git-mlem-edit"));
  fs::remove_all(git_dir);
}

TEST_CASE("save_files: a process that is killed leaves whole files and nothing else") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const std::string texts[] = {std::string(200000, 'a'), std::string(200000, 'b')};
  repo.commit({{"a.mlem", texts[0]}, {"d/b.mlem", texts[0]}});
  const git::Registry registry = discover(box, repo.path());
  const auto save = [&](const std::string& text) {
    save_files(registry, {{.name = "a.mlem", .text = text}, {.name = "d/b.mlem", .text = text}}, Stage::yes);
  };
  for (unsigned round = 0; round < 15; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        for (unsigned i = 0;; ++i) save(texts[i % 2]);
      } catch (const std::exception&) {
        _exit(1);
      }
    }
    usleep(3000 + round * 2500);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (const std::string name : {"a.mlem", "d/b.mlem"}) {
      const std::string text = read_file(repo.path() / name);
      CHECK((text == texts[0] || text == texts[1]));
    }
    CHECK(box.git({"-C", "repo", "ls-files", "-s"}).code == 0);
  }
  // A git that was at work may end later than who called it.
  for (int tries = 0; tries < 500; ++tries) {
    try {
      save(texts[0]);
      break;
    } catch (const Error&) {
      usleep(10000);
      if (tries == 400) fs::remove(repo.path() / ".git/index.lock");
    }
  }
  CHECK(repo.git({"status", "--porcelain", "-uall"}).empty());
  CHECK(!fs::exists(repo.path() / ".git/git-mlem-edit"));
}
