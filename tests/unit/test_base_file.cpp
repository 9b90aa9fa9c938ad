#include "base/error.hpp"
#include "base/file.hpp"
#include "support/temp_dir.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mlem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using mlem::test::TempDir;

namespace {

std::size_t files_in(const fs::path& directory) {
  std::size_t count = 0;
  for (fs::directory_iterator entry(directory), end; entry != end; ++entry) ++count;
  return count;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("load_file: a regular file is read whole and nothing else is") {
  const TempDir scratch;
  const fs::path file = scratch.path() / "file";
  const std::string content("a\0b\n", 4);
  test::write_file(file, content);
  CHECK(load_file(file, 4) == content);
  CHECK_THROWS_WITH_AS(load_file(file, 3), ("cannot read '" + file.string() + "': larger than 3 bytes").c_str(), Error);
  CHECK(!load_file(scratch.path() / "absent", 4));
  CHECK(!load_file(file / "below", 4));
  CHECK(!load_file(scratch.path(), 4));
  fs::create_symlink("file", scratch.path() / "link");
  CHECK(!load_file(scratch.path() / "link", 4));
  REQUIRE(mkfifo((scratch.path() / "fifo").c_str(), 0600) == 0);
  CHECK(!load_file(scratch.path() / "fifo", 4));
  const int bound = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{AF_UNIX, {}};
  (scratch.path() / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  // The interface of sockets is made of such casts.
  REQUIRE(bind(bound, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(!load_file(scratch.path() / "socket", 4));
  close(bound);
}

TEST_CASE("load_type: a link is a link and a name that is too long an error") {
  const TempDir scratch;
  fs::create_symlink("absent", scratch.path() / "link");
  CHECK(load_type(scratch.path()) == fs::directory_file);
  CHECK(load_type(scratch.path() / "link") == fs::symlink_file);
  CHECK(load_type(scratch.path() / "absent") == fs::file_not_found);
  CHECK_THROWS_AS(load_type(scratch.path() / std::string(300, 'x')), Error);
}

TEST_CASE("without_links: links are followed as far as there is something and a slash at the end means nothing") {
  const TempDir scratch;
  const fs::path top = fs::canonical(scratch.path());
  fs::create_directories(top / "real" / "deep");
  fs::create_symlink("real", top / "link");
  struct Row {
    std::string path;
    std::string found;
  };
  const Row rows[] = {
      {"real", "real"},           {"real/", "real"},           {"real/deep/../", "real"},
      {"real/.", "real"},         {"link/", "real"},           {"link/deep/..", "real"},
      {"link/none", "real/none"}, {"link/none/", "real/none"}, {"none/../real/", "real"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(without_links(top.string() + "/" + row.path).string() == (top / row.found).string());
  }
  CHECK(without_links("/").string() == "/");
  CHECK(without_links("/.").string() == "/");
}

TEST_CASE("find_real_path: the current directory matters to relative paths only") {
  const fs::path before = fs::current_path();
  const TempDir scratch;
  const fs::path real = *mlem::find_real_path(scratch.path());
  CHECK(mlem::from_current_directory("a") == before / "a");
  fs::create_directory(scratch.path() / "gone");
  fs::create_symlink(scratch.path(), scratch.path() / "link");
  fs::current_path(scratch.path() / "gone");
  fs::remove(scratch.path() / "gone");
  const auto found = mlem::find_real_path(scratch.path() / "link" / "." / "link");
  const auto none = mlem::find_real_path(scratch.path() / "none");
  const fs::path without = mlem::without_links(scratch.path() / "link" / "none");
  const fs::path absolute = mlem::from_current_directory("/a");
  CHECK_THROWS_WITH_AS(mlem::from_current_directory("a"),
                       "cannot read the current directory: No such file or directory", mlem::Error);
  fs::current_path(before);
  CHECK(found == real);
  CHECK(!none);
  CHECK(without == real / "none");
  CHECK(absolute == "/a");
}

TEST_CASE("AtomicFile: what is not committed leaves nothing") {
  const TempDir scratch;
  const fs::path file = scratch.path() / "file";
  test::write_file(file, "old");
  {
    const AtomicFile replacement(file, "new");
    CHECK(test::read_file(file) == "old");
    CHECK(files_in(scratch.path()) == 2);
  }
  CHECK(test::read_file(file) == "old");
  CHECK(files_in(scratch.path()) == 1);
  AtomicFile(file, "new").commit();
  CHECK(test::read_file(file) == "new");
  CHECK(files_in(scratch.path()) == 1);
  CHECK_THROWS_AS(AtomicFile(scratch.path() / "absent/file", "new"), Error);

  // A directory in its place cannot be replaced.
  fs::create_directory(scratch.path() / "directory");
  CHECK_THROWS_AS(AtomicFile(scratch.path() / "directory", "new").commit(), Error);
  CHECK(files_in(scratch.path()) == 2);
}

TEST_CASE("AtomicFile: a name may be as long as the system takes it") {
  const TempDir scratch;
  const fs::path file = scratch.path() / std::string(255, 'x');
  AtomicFile(file, "new").commit();
  CHECK(test::read_file(file) == "new");
}

TEST_CASE("AtomicFile: the permissions are the usual ones or those of a program") {
  const TempDir scratch;
  const mode_t mask = umask(027);
  AtomicFile(scratch.path() / "text", "").commit();
  AtomicFile(scratch.path() / "program", "", Permissions::executable).commit();
  umask(mask);
  CHECK(mode_of(scratch.path() / "text") == 0640);
  CHECK(mode_of(scratch.path() / "program") == 0755);
}

TEST_CASE("TemporaryDirectory: what a killed process has left is removed by the next and nothing else is") {
  const TempDir scratch;
  const auto make = [&] { return std::make_unique<TemporaryDirectory>(scratch.path(), "mlem."); };
  const auto kept = make();
  CHECK(mode_of(kept->path()) == 0700);
  fs::create_directory(scratch.path() / "other.123456");
  fs::create_directory(scratch.path() / "mlem.longer-than-six");
  test::write_file(scratch.path() / "mlem.123456", "");
  fs::create_symlink(scratch.path() / "other.123456", scratch.path() / "mlem.abcdef");
  const pid_t killed = fork();
  REQUIRE(killed >= 0);
  if (killed == 0) {
    const auto left = make();
    mkdir((left->path() / "d").c_str(), 0700);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(killed, &status, 0) == killed);
  REQUIRE(WIFSIGNALED(status));
  CHECK(files_in(scratch.path()) == 6);
  std::vector<fs::path> abandoned;
  {
    const TemporaryDirectory next(scratch.path(), "mlem.", [&](const fs::path& path) { abandoned.push_back(path); });
    CHECK(abandoned.size() == 1);
    CHECK(files_in(scratch.path()) == 6);
    CHECK(fs::exists(kept->path()));
  }
  CHECK(files_in(scratch.path()) == 5);
  CHECK(fs::exists(scratch.path() / "other.123456"));
}

TEST_CASE("FileLock: one has it at a time") {
  const TempDir scratch;
  const fs::path file = scratch.path() / "lock";
  std::optional<FileLock> first(std::in_place, file, Clock::now());
  CHECK_THROWS_WITH_AS(FileLock(file, Clock::now() + 50ms),
                       ("cannot lock '" + file.string() + "': another process holds it").c_str(), Error);
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    first.reset();
  });
  const FileLock second(file, Clock::now() + 10s);
  other.join();
  CHECK(!first);
}

TEST_CASE("FileLock: a lock of a file that was removed is not taken for one") {
  const TempDir scratch;
  const fs::path file = scratch.path() / "lock";
  std::optional<FileLock> first(std::in_place, file, Clock::now());
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    fs::remove(file);
    first.reset();
  });
  const FileLock second(file, Clock::now() + 10s);
  other.join();
  CHECK(fs::exists(file));
  CHECK_THROWS_AS(FileLock(file, Clock::now()), Error);
}
