#include "git/detail/index.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

using mlem::git::File;
using mlem::git::detail::find_index_entries;
using mlem::test::RepoBuilder;
using mlem::test::RepoOptions;
using mlem::test::RunOptions;
using mlem::test::Sandbox;
namespace fs = mlem::fs;

namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t sha1_size = 20;

/// Returns entries as `git ls-files -v --stage` lists them.
Lines lines(const std::optional<std::deque<File>>& files) {
  REQUIRE(files.has_value());
  Lines lines;
  for (const File& file : *files) {
    lines.push_back((file.stage != 0   ? "M "
                     : file.is_assumed ? "h "
                                       : "H ") +
                    std::string(file.entry.mode == 0100755 ? "100755 " : "100644 ") + file.entry.oid.hex() + " " +
                    std::to_string(file.stage) + "\t" + file.name);
  }
  return lines;
}

const Lines asked = {"a", "d", "x.y", "none"};

/// Returns what git lists for `asked`.
Lines lines_of_git(const RepoBuilder& repo) {
  Lines command = {"--literal-pathspecs", "ls-files", "-z", "-v", "--stage", "--"};
  command.insert(command.end(), asked.begin(), asked.end());
  const std::string output = repo.git(command);
  Lines lines;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\0', at), output.size());
    lines.push_back(output.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

fs::path index_of(const RepoBuilder& repo) { return repo.path() / ".git/index"; }

/// Gives an index names that begin with each other, one that is too long for its flags, and more than is read at a
/// time.
void fill(RepoBuilder& repo) {
  mlem::test::Files files = {{"a.mlem", "1"}, {"a/b", "2"}, {"d/c/e", "3"}, {"d/f", "4"}, {"x.y", "5"}};
  for (int i = 0; i < 2000; ++i) files["many/a file with a name of fifty bytes or more " + std::to_string(i)] = "6";
  repo.commit(files);
  RunOptions options;
  options.input = "100755 " + repo.id(":a/b") + " 0\td/" + std::string(5000, 'l') + "\n";
  repo.git({"update-index", "--index-info"}, options);
}

}  // namespace

TEST_CASE("index entries: are what git lists, in every version of the format") {
  for (const std::string version : {"2", "3", "4"}) {
    for (const std::string format : {"sha1", "sha256"}) {
      CAPTURE(version);
      CAPTURE(format);
      const Sandbox box;
      RepoOptions options;
      options.object_format = format;
      RepoBuilder repo(box, "repo", options);
      fill(repo);
      repo.git({"update-index", "--assume-unchanged", "d/f"});
      if (version != "2") {  // else git writes version 2 all the same
        repo.write("d/new", "");
        repo.git({"add", "-N", "d/new"});
      }
      repo.git({"update-index", "--index-version=" + version});
      CHECK(mlem::test::read_file(index_of(repo))[7] == version[0] - '0');
      Lines expected = lines_of_git(repo);
      std::erase_if(expected, [](const std::string& line) { return line.ends_with("\td/new"); });
      CHECK(expected.size() == 5);
      CHECK(lines(find_index_entries(index_of(repo), format == "sha1" ? sha1_size : 32, asked)) == expected);
    }
  }
}

TEST_CASE("index entries: tell the stages of a conflict") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"d/f", "1"}});
  const std::string id = repo.id(":d/f");
  RunOptions options;
  options.input = "0 " + std::string(40, '0') + "\td/f\n100644 " + id + " 1\td/f\n100755 " + id + " 3\td/f\n";
  repo.git({"update-index", "--index-info"}, options);
  const auto files = find_index_entries(index_of(repo), sha1_size, asked);
  CHECK(lines(files) == lines_of_git(repo));
  CHECK(files->size() == 2);
  CHECK(files->back().stage == 3);
}

TEST_CASE("index entries: an index that has more than entries is for git") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a", "1"}, {"d/f", "2"}, {"e/f", "3"}});
  CHECK(find_index_entries(index_of(repo), sha1_size, asked).has_value());
  SUBCASE("split") { repo.git({"update-index", "--split-index"}); }
  SUBCASE("sparse") {
    repo.git({"sparse-checkout", "set", "--cone", "--sparse-index", "d"});
    REQUIRE(mlem::test::read_file(index_of(repo)).find("sdir") != std::string::npos);
  }
  SUBCASE("asked for what is left out of the work tree") { repo.git({"update-index", "--skip-worktree", "a"}); }
  SUBCASE("absent") { fs::remove(index_of(repo)); }
  SUBCASE("behind a symbolic link") {
    fs::rename(index_of(repo), repo.path() / "index");
    fs::create_symlink(repo.path() / "index", index_of(repo));
  }
  CHECK_FALSE(find_index_entries(index_of(repo), sha1_size, asked).has_value());
}

TEST_CASE("index entries: an index that is corrupt is for git") {
  for (const std::string version : {"2", "4"}) {
    const Sandbox box;
    RepoBuilder repo(box, "repo");
    repo.commit({{"a", "1"}, {"d/f", "2"}});
    repo.git({"update-index", "--index-version=" + version});
    const std::string whole = mlem::test::read_file(index_of(repo));
    const fs::path file = box / "index";
    const auto is_read = [&](const std::string& content) {
      mlem::test::write_file(file, content);
      return find_index_entries(file, sha1_size, asked).has_value();
    };
    CHECK(is_read(whole));
    // Behind its entries it may end without an extension.
    const std::size_t extension = whole.find("TREE");
    REQUIRE(extension != std::string::npos);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      CHECK(is_read(whole.substr(0, size)) == (size == extension + sha1_size));
    }
    const auto with = [&](std::size_t at, char byte) {
      std::string content = whole;
      content[at] = byte;
      return content;
    };
    constexpr std::size_t first_entry = 12;
    CHECK_FALSE(is_read(with(0, 'd')));
    CHECK_FALSE(is_read(with(7, 1)));
    CHECK_FALSE(is_read(with(7, 5)));
    CHECK_FALSE(is_read(with(11, 3)));
    CHECK_FALSE(is_read(with(first_entry + 60, 0x40)));                     // flags that are not there, or of version 3
    CHECK_FALSE(is_read(with(extension, 't')));                             // an extension that has to be understood
    CHECK_FALSE(is_read(with(extension + 4, 0x7f)));                        // one that is too long
    if (version == "2") CHECK_FALSE(is_read(with(first_entry + 63, 'f')));  // no end of a name
    if (version == "4") CHECK_FALSE(is_read(with(first_entry + 62, 1)));    // fewer bytes than none
  }
}
