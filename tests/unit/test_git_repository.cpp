#include "base/error.hpp"
#include "git/detail/object_repository.hpp"
#include "git/repository.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

using mlem::Environment;
using mlem::Error;
using mlem::ErrorKind;
using mlem::Oid;
using mlem::git::Change;
using mlem::git::Entry;
using mlem::git::Lookup;
using mlem::git::open_repository;
using mlem::git::OutOfTime;
using mlem::git::Reading;
using mlem::git::Repository;
using mlem::git::without_repository;
using mlem::test::environment_of;
using mlem::test::oid;
using mlem::test::RepoBuilder;
using mlem::test::RepoOptions;
using mlem::test::Sandbox;
namespace fs = mlem::fs;
namespace detail = mlem::git::detail;

namespace {

/// A way to read a repository: which implementation, of which format.
struct Way {
  std::string name;
  bool plumbing;
  std::string object_format;
  Reading reading = Reading::here;

  std::unique_ptr<Repository> open(const fs::path& git_dir, const Sandbox& box, const fs::path& object_dir = {}) const {
    if (plumbing) return detail::open_with_plumbing(git_dir, environment_of(box), object_dir);
    auto opened = detail::open_with_libgit2(git_dir, environment_of(box), reading, object_dir);
    REQUIRE(opened);
    return opened;
  }
  bool reads_by_git() const { return plumbing || reading == Reading::apart; }
  RepoOptions options() const {
    RepoOptions options;
    options.object_format = object_format;
    return options;
  }
};

const std::vector<Way> ways = {{"libgit2", false, "sha1"},
                               {"libgit2 for refs", false, "sha1", Reading::apart},
                               {"plumbing", true, "sha1"},
                               {"plumbing of SHA-256", true, "sha256"}};

/// Runs `test` once for every way.
void for_each_way(const std::function<void(const Way&)>& test) {
  for (const Way& way : ways) {
    CAPTURE(way.name);
    test(way);
  }
}

std::vector<std::string> names_below(Repository& repository, const Oid& commit, const std::string& directory) {
  std::vector<std::string> names;
  repository.walk(commit, directory, [&](const std::string& path, const Entry&) {
    names.push_back(path);
    return true;
  });
  return names;
}

ErrorKind kind_of_failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no failure");
  return {};
}

/// The file that has a loose object.
fs::path loose(const RepoBuilder& repo, const std::string& id) {
  return repo.path() / ".git/objects" / id.substr(0, 2) / id.substr(2);
}

/// Makes a tree that has `tree` ten times, each time ten times, and so on: `levels` deep.
std::string multiply(const RepoBuilder& repo, std::string tree, int levels) {
  for (int level = 0; level < levels; ++level) {
    mlem::test::RunOptions options;
    for (char name = 'a'; name <= 'j'; ++name) options.input += "040000 tree " + tree + "\t" + name + "\n";
    tree = repo.git({"mktree"}, options);
  }
  return tree;
}

/// Makes a tree with `count` files of one content.
std::string tree_of_files(const RepoBuilder& repo, int count) {
  mlem::test::RunOptions options;
  const std::string blob = repo.git({"hash-object", "-w", "--stdin"}, options);
  for (int i = 0; i < count; ++i) {
    options.input += "100644 blob " + blob + "\tname" + std::to_string(i) + ".mlem\n";
  }
  return repo.git({"mktree"}, options);
}

std::unique_ptr<Repository> open_with_libgit2(const RepoBuilder& repo, const Sandbox& box) {
  return detail::open_with_libgit2(repo.path() / ".git", environment_of(box), Reading::here, {});
}

}  // namespace

TEST_CASE("repository: paths are looked up in a commit's tree") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const std::string commit = repo.commit({{"a", "one"}, {"d/e/f", "two"}, {"d/new\nline", "x"}, {"d/\xff", "y"}});
    const auto repository = way.open(repo.path() / ".git", box);

    struct Row {
      std::string path;
      std::string same_as;  ///< what git names the same; empty: absent
    };
    const Row rows[] = {{"a", "HEAD:a"},
                        {"d/e/f", "HEAD:d/e/f"},
                        {"d/e", "HEAD:d/e"},
                        {"", "HEAD^{tree}"},
                        {"d/\xff", "HEAD:d/\xff"},
                        {"d/new\nline", "HEAD:d/new\nline"},
                        {"b", ""},
                        {"a/b", ""},
                        {"d/e/f/g", ""},
                        {"D", ""},
                        {"d/", ""},
                        {"/a", ""}};
    for (const Row& row : rows) {
      CAPTURE(row.path);
      const Lookup lookup = repository->find(oid(commit), row.path);
      CHECK(lookup.missing == std::nullopt);
      if (row.same_as.empty()) {
        CHECK(lookup.state == Lookup::State::absent);
      } else {
        CHECK(lookup.state == Lookup::State::found);
        CHECK(lookup.entry.oid.hex() == repo.id(row.same_as));
      }
    }
    CHECK(is_regular(repository->find(oid(commit), "a").entry));
    CHECK(is_directory(repository->find(oid(commit), "d").entry));
    CHECK(is_directory(repository->find(oid(commit), "").entry));
  });
}

TEST_CASE("repository: what many trees have is told tree by tree") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    mlem::test::Files files{{"top", "1"}};
    constexpr int directories = 150;  // so many are read in bulk
    for (int i = 0; i < directories; ++i) files["d" + std::to_string(i) + "/f"] = std::to_string(i);
    repo.commit(files);
    const auto repository = way.open(repo.path() / ".git", box);
    const auto tree_of = [&](int i) { return oid(repo.id("HEAD:d" + std::to_string(i))); };
    for (const int count : {2, directories}) {
      CAPTURE(count);
      std::vector<Oid> trees;
      for (int i = 0; i < count; ++i) trees.push_back(tree_of(i));
      std::vector<std::string> told;
      const auto note = [&](std::size_t i, std::string_view name, const Entry& entry) {
        CHECK(entry.mode == mlem::git::mode_file);
        told.push_back(std::to_string(i) + std::string(name));
      };
      CHECK(repository->list_all(trees, note) == std::nullopt);
      REQUIRE(told.size() == trees.size());
      CHECK(told.front() == "0f");
      CHECK(told.back() == std::to_string(count - 1) + "f");

      told.clear();
      const Oid absent = oid(std::string(tree_of(0).hex().size(), 'a'));
      trees[1] = absent;
      CHECK(repository->list_all(trees, note) == absent);
      CHECK(told == std::vector<std::string>{"0f"});
      trees[1] = oid(repo.id("HEAD:top"));
      CHECK(kind_of_failure([&] { repository->list_all(trees, note); }) == ErrorKind::unavailable);
    }
  });
}

TEST_CASE("repository: refs are found by full name") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const std::string commit = repo.commit({{"a", "one"}});
    const std::string tag = repo.annotated_tag("v1");
    repo.tag("light");
    repo.branch("topic/x");
    repo.git({"symbolic-ref", "refs/heads/alias", "refs/heads/topic/x"});
    repo.git({"symbolic-ref", "refs/heads/dangling", "refs/heads/none"});
    repo.git({"pack-refs", "--all"});
    const auto repository = way.open(repo.path() / ".git", box);

    CHECK(repository->find_ref("HEAD") == oid(commit));
    CHECK(repository->find_ref("refs/heads/main") == oid(commit));
    CHECK(repository->find_ref("refs/heads/alias") == oid(commit));
    CHECK(repository->find_ref("refs/tags/v1") == oid(tag));
    CHECK(repository->find_ref("refs/heads/dangling") == std::nullopt);
    CHECK(repository->find_ref("refs/heads/mai") == std::nullopt);
    CHECK(repository->find_ref("refs/heads/topic") == std::nullopt);
    CHECK(repository->find_ref("refs/heads/a..b") == std::nullopt);
    CHECK(repository->find_ref("main") == std::nullopt);
    CHECK(repository->head_branch() == "refs/heads/main");

    const auto names = [&](const std::string& prefix) {
      std::string all;
      for (const auto& ref : repository->refs(prefix)) all += ref.name + " ";
      return all;
    };
    CHECK(names("") == "refs/heads/alias refs/heads/main refs/heads/topic/x refs/tags/light refs/tags/v1 ");
    CHECK(names("refs/heads/") == "refs/heads/alias refs/heads/main refs/heads/topic/x ");
    CHECK(names("refs/heads/ma") == "refs/heads/main ");
    CHECK(names("refs/tags/v") == "refs/tags/v1 ");
    CHECK(names("refs/heads/*") == "");
    CHECK(names("refs/none/") == "");
    CHECK(repository->refs("refs/tags/v1").at(0).oid == oid(tag));
  });
}

TEST_CASE("repository: an unborn HEAD has a branch and no commit") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    const RepoBuilder repo(box, "repo", way.options());
    const auto repository = way.open(repo.path() / ".git", box);
    CHECK(repository->find_ref("HEAD") == std::nullopt);
    CHECK(repository->head_branch() == "refs/heads/main");
    CHECK(repository->refs("").empty());
  });
}

TEST_CASE("repository: a detached HEAD has a commit and no branch") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const std::string first = repo.commit({{"a", "one"}});
    repo.commit({{"a", "two"}});
    repo.checkout(first);
    const auto repository = way.open(repo.path() / ".git", box);
    CHECK(repository->find_ref("HEAD") == oid(first));
    CHECK(repository->head_branch() == std::nullopt);
  });
}

TEST_CASE("repository: tags lead to commits") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const std::string commit = repo.commit({{"a", "one"}});
    const std::string tag = repo.annotated_tag("v1");
    const std::string tag_of_tag = repo.annotated_tag("v2", "v1");
    const std::string tag_of_blob = repo.annotated_tag("v3", "HEAD:a");
    const auto repository = way.open(repo.path() / ".git", box);
    for (const std::string& id : {commit, tag, tag_of_tag}) {
      CAPTURE(id);
      CHECK(repository->find_commit(oid(id)) == oid(commit));
    }
    for (const std::string& id :
         {tag_of_blob, repo.id("HEAD:a"), repo.id("HEAD^{tree}"), std::string(40, '1'), std::string(64, '1')}) {
      CAPTURE(id);
      CHECK(repository->find_commit(oid(id)) == std::nullopt);
    }
    CHECK(repository->commit_time(oid(commit)) == 1704067260);
  });
}

TEST_CASE("repository: blobs are read up to a limit") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const std::string content("zero \0 and\nno newline", 21);
    const std::string commit = repo.commit({{"a", content}, {"empty", ""}});
    const auto repository = way.open(repo.path() / ".git", box);
    const Oid blob = oid(repo.id("HEAD:a"));
    CHECK(repository->find_blob(blob, 21) == content);
    CHECK(repository->find_blob(oid(repo.id("HEAD:empty")), 0) == "");
    CHECK(kind_of_failure([&] { repository->find_blob(blob, 20); }) == ErrorKind::invalid);
    CHECK(kind_of_failure([&] { repository->find_blob(oid(commit), 1000); }) == ErrorKind::unavailable);
    CHECK(repository->find_blob(oid(std::string(40, '1')), 1000) == std::nullopt);
    CHECK(repository->find_blob(blob, 21) == content);
  });
}

TEST_CASE("repository: an id of the other format is absent") {
  const Sandbox box;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    RepoBuilder repo(box, way.name, way.options());
    repo.commit({{"a", "1"}});
    const std::string blob = repo.id("HEAD:a");
    // Of SHA-256, 40 digits abbreviate the id; of SHA-1, 64 can be the name of a ref.
    const std::string other = way.object_format == "sha256" ? blob.substr(0, 40) : std::string(64, 'a');
    repo.git({"update-ref", "refs/tags/" + other, "HEAD:a"});
    const auto repository = way.open(repo.path() / ".git", box);
    CHECK(repository->find_blob(oid(other), 100) == std::nullopt);
    CHECK(repository->find_blob(oid(blob), 100) == "1");
  }
}

TEST_CASE("repository: files below a directory are visited with their paths") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const Oid commit = oid(repo.commit({{"a", "1"}, {"d/b", "2"}, {"d/e/f", "3"}, {"d/e/g", "4"}, {"h", "5"}}));
    const auto repository = way.open(repo.path() / ".git", box);
    CHECK(names_below(*repository, commit, "") == std::vector<std::string>{"a", "d/b", "d/e/f", "d/e/g", "h"});
    CHECK(names_below(*repository, commit, "d/e") == std::vector<std::string>{"d/e/f", "d/e/g"});
    CHECK(names_below(*repository, commit, "a").empty());
    CHECK(names_below(*repository, commit, "none").empty());
    int visits = 0;
    repository->walk(commit, "", [&](const std::string&, const Entry&) { return ++visits < 2; });
    CHECK(visits == 2);
  });
}

TEST_CASE("repository: what differs between two commits is what git diff-tree tells") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const std::string first =
        repo.commit({{"a", "1"}, {"a.b/x", "1"}, {"same/deep/file", "1"}, {"d/e/f", "1"}, {"z", "1"}});
    repo.git({"rm", "-rq", "a", "d", "z"});
    repo.write("a/y", "2");  // a file becomes a directory
    repo.write("d/e", "2");  // and the other way round
    repo.write("a-", "2");
    repo.write("a0", "2");
    repo.git({"add", "-A"});
    repo.git({"update-index", "--chmod=+x", "a.b/x"});
    const std::string second = repo.commit({{"same/new", "2"}});
    const auto opened = way.open(repo.path() / ".git", box);
    const auto listed = [&](const std::optional<Oid>& before, const std::string& after) {
      std::string lines;
      opened->diff(before, oid(after), [&](const mlem::git::Change& change) {
        lines += change.before ? change.after ? "M" : "D" : "A";
        lines += "\t" + change.name + "\n";
        return true;
      });
      return lines.substr(0, lines.empty() ? 0 : lines.size() - 1);
    };
    const auto git = [&](const std::string& before, const std::string& after) {
      return repo.git({"diff-tree", "-r", "--no-renames", "--name-status", before, after});
    };
    CHECK(listed(oid(first), second) == git(first, second));
    CHECK(listed(oid(second), first) == git(second, first));
    CHECK(listed(oid(repo.id(first + "^{tree}")), second) == git(first, second));
    CHECK(listed(oid(first), first).empty());
    CHECK(listed(std::nullopt, first) == "A\ta\nA\ta.b/x\nA\td/e/f\nA\tsame/deep/file\nA\tz");
    int visits = 0;
    opened->diff(std::nullopt, oid(first), [&](const mlem::git::Change&) { return ++visits < 2; });
    CHECK(visits == 2);
    CHECK_THROWS_AS(opened->diff(oid(repo.id(first + ":a")), oid(first), [](const mlem::git::Change&) { return true; }),
                    mlem::Error);
  });
}

TEST_CASE("repository: what is missing is told from what is absent") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const Oid commit = oid(repo.commit({{"a", "1"}, {"d/e/f", "3"}, {"z", "2"}}));
    const std::string tree = repo.id("HEAD:d/e");
    const std::string blob = repo.id("HEAD:a");
    fs::remove(loose(repo, tree));
    fs::remove(loose(repo, blob));
    const auto repository = way.open(repo.path() / ".git", box);
    CHECK(repository->find(commit, "d/e").state == Lookup::State::found);
    const Lookup below = repository->find(commit, "d/e/f");
    CHECK(below.state == Lookup::State::missing_object);
    CHECK(below.missing == oid(tree));
    CHECK(repository->find(commit, "a").state == Lookup::State::found);
    CHECK(repository->find_blob(oid(blob), 100) == std::nullopt);
    CHECK(names_below(*repository, commit, "") == std::vector<std::string>{"a", "z"});
    const Oid nowhere = oid(std::string(commit.hex().size(), '1'));
    const Lookup no_commit = repository->find(nowhere, "a");
    CHECK(no_commit.state == Lookup::State::missing_object);
    CHECK(no_commit.missing == nowhere);
  });
}

TEST_CASE("repository: what a partial clone lacks is missing and not fetched") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    const Oid commit = oid(repo.commit({{"a", "1"}, {"d/e", "3"}}));
    const fs::path served = repo.bare_clone(box / "served.git");
    for (const std::string filter : {"blob:none", "tree:1"}) {
      CAPTURE(filter);
      const fs::path clone = box / (filter == "tree:1" ? "by-tree.git" : "by-blob.git");
      box.git_output({"clone", "-q", "--bare", "--filter=" + filter, RepoBuilder::file_url(served), clone.string()});
      const auto repository = way.open(clone, box);
      const Oid blob = oid(repo.id("HEAD:a"));
      CHECK(repository->find(commit, "a").entry.oid == blob);
      CHECK(repository->find_blob(blob, 100) == std::nullopt);
      const Lookup below = repository->find(commit, "d/e");
      CHECK(below.state == (filter == "tree:1" ? Lookup::State::missing_object : Lookup::State::found));
      CHECK(repository->find_ref("refs/heads/main") == commit);
      int visits = 0;
      repository->read_blobs({blob, blob}, 100, [&](std::size_t, const auto& content) {
        CHECK(content == std::nullopt);
        return ++visits > 0;
      });
      CHECK(visits == 2);
      CHECK(repository->blob_sizes({blob}) == std::vector<std::optional<std::uint64_t>>{std::nullopt});
    }
  });
}

TEST_CASE("repository: sizes of blobs without their content") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    mlem::test::Files files = {{"a", "1"}, {"d/e", ""}, {"broken", "x"}};
    const std::string pad(1000, 'x');
    for (int i = 0; i < 150; ++i) files["many/" + std::to_string(i)] = pad.substr(0, static_cast<std::size_t>(i)) + "#";
    repo.commit(files);
    const Oid blob = oid(repo.id("HEAD:a"));
    const Oid broken = oid(repo.id("HEAD:broken"));
    const Oid absent = oid(std::string(blob.hex().size(), '1'));
    const fs::path file = loose(repo, broken.hex());
    fs::permissions(file, fs::owner_all);
    mlem::test::write_file(file, "no zlib stream");
    const auto repository = way.open(repo.path() / ".git", box);
    using Sizes = std::vector<std::optional<std::uint64_t>>;
    std::vector<Oid> blobs = {blob, absent, broken, oid(repo.id("HEAD:d")), oid(repo.id("HEAD:d/e")), blob};
    Sizes sizes = {1, std::nullopt, std::nullopt, std::nullopt, 0, 1};
    CHECK(repository->blob_sizes(blobs) == sizes);
    for (int i = 0; i < 150; ++i) {
      blobs.push_back(oid(repo.id("HEAD:many/" + std::to_string(i))));
      sizes.emplace_back(i + 1);
    }
    CHECK(repository->blob_sizes(blobs) == sizes);
    CHECK(repository->find_blob(blob, 1) == "1");
    CHECK(repository->blob_sizes({}).empty());
  });
}

TEST_CASE("repository: blobs of any size are streamed") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    std::string large;
    for (int i = 0; large.size() < 1'000'000; ++i) large += std::to_string(i) + "\n";
    repo.commit({{"large", large}, {"empty", ""}, {"d/e", "1"}});
    const auto repository = way.open(repo.path() / ".git", box);
    std::string read;
    std::size_t largest = 0;
    const auto take = [&](std::string_view piece) {
      read += piece;
      largest = std::max(largest, piece.size());
    };
    const Oid blob = oid(repo.id("HEAD:large"));
    CHECK(repository->stream_blob(blob, take));
    CHECK(read == large);
    CHECK(largest < large.size() / 4);
    read.clear();
    CHECK(repository->stream_blob(oid(repo.id("HEAD:empty")), take));
    CHECK(read.empty());
    CHECK_FALSE(repository->stream_blob(oid(std::string(blob.hex().size(), '1')), take));
    CHECK_THROWS_AS(repository->stream_blob(oid(repo.id("HEAD:d")), take), mlem::Error);
    struct Enough {};
    CHECK_THROWS_AS(repository->stream_blob(blob, [](std::string_view) { throw Enough(); }), Enough);
    CHECK(repository->stream_blob(blob, take));
    CHECK(read == large);
  });
}

TEST_CASE("repository: a corrupt object is an error and spoils nothing else") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    repo.commit({{"a", "1"}, {"b", "2"}});
    const fs::path broken = loose(repo, repo.id("HEAD:a"));
    fs::permissions(broken, fs::owner_all);
    mlem::test::write_file(broken, "no zlib stream");
    const auto repository = way.open(repo.path() / ".git", box);
    CHECK(kind_of_failure([&] { repository->find_blob(oid(repo.id("HEAD:a")), 100); }) == ErrorKind::unavailable);
    CHECK(repository->find_blob(oid(repo.id("HEAD:b")), 100) == "2");
  });
}

TEST_CASE("repository: a loose object that is cut off has a reason and spoils nothing else") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    std::string noise;
    for (unsigned i = 0; i < 50'000; ++i) noise += static_cast<char>(i * i / 7 % 251);
    repo.commit({{"a", "1"}, {"b", "2"}, {"noise", noise}});
    const auto repository = way.open(repo.path() / ".git", box);
    const Oid commit = oid(repo.id("HEAD"));
    const Oid b = oid(repo.id("HEAD:b"));
    const std::string rows[] = {"HEAD", "HEAD^{tree}", "HEAD:a", "HEAD:noise"};
    for (const std::string& row : rows) {
      CAPTURE(row);
      const Oid id = oid(repo.id(row));
      const fs::path file = loose(repo, id.hex());
      fs::permissions(file, fs::owner_all);
      const std::string whole = mlem::test::read_file(file);
      for (const std::size_t size :
           {std::size_t{0}, std::size_t{12}, std::size_t{20}, whole.size() / 2, whole.size() - 1, whole.size() + 1}) {
        CAPTURE(size);
        if (size > whole.size() && way.reads_by_git() && row.starts_with("HEAD:")) continue;  // not to git
        mlem::test::write_file(file, size > whole.size() ? whole + "x" : whole.substr(0, size));
        const auto read = [&] {
          if (row == "HEAD") repository->commit_time(id);
          if (row == "HEAD^{tree}") repository->find(id, "a");
          if (row.starts_with("HEAD:")) repository->find_blob(id, 100'000);
        };
        repository->release();
        try {
          read();
          FAIL_CHECK("it is read");
        } catch (const Error& error) {
          CHECK(error.kind() == ErrorKind::unavailable);
          CHECK_FALSE(error.why().empty());
        }
        CHECK(repository->find_blob(b, 100) == "2");
      }
      mlem::test::write_file(file, whole);
    }
    CHECK(repository->find(commit, "a").state == Lookup::State::found);
    CHECK(repository->find_blob(oid(repo.id("HEAD:noise")), 100'000) == noise);
  });
}

TEST_CASE("repository: a loose object has what its header says and no more") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    repo.commit({{"a", "1"}, {"b", "2"}});
    const Oid a = oid(repo.id("HEAD:a"));
    const Oid b = oid(repo.id("HEAD:b"));
    const fs::path file = loose(repo, a.hex());
    const auto repository = way.open(repo.path() / ".git", box);
    // The content is `12`; that of the second goes on for 50 MB.
    const std::string rows[] = {
        "blob 3", "blob 1", "blob 01x", "blob ", "blub 2", "blob2", "blob 99999999999999999999"};
    for (const std::string& row : rows) {
      CAPTURE(row);
      fs::remove(file);
      box.run({"perl", "-MCompress::Zlib", "-e",
               "open F, '>', $ARGV[0]; print F compress($ARGV[1] . \"\\0\" . '12' . ($ARGV[1] eq 'blob 1' ? 'x' x 5e7 "
               ": ''))",
               file.string(), row});
      REQUIRE(fs::exists(file));
      CHECK(kind_of_failure([&] { repository->find_blob(a, 100); }) == ErrorKind::unavailable);
      CHECK(repository->find_blob(b, 100) == "2");
    }
    fs::remove(file);
    fs::create_directory(file);
    CHECK(kind_of_failure([&] { repository->find_blob(a, 100); }) == ErrorKind::unavailable);
  });
}

TEST_CASE("repository: malformed trees and commits are errors") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    const RepoBuilder repo(box, "repo", way.options());
    const auto write = [&](const std::string& type, const std::string& content) {
      mlem::test::RunOptions options;
      options.input = content;
      return oid(repo.git({"hash-object", "-w", "--literally", "--stdin", "-t", type}, options));
    };
    const auto repository = way.open(repo.path() / ".git", box);
    const std::string id(way.object_format == "sha1" ? 20 : 32, 'x');
    for (const std::string& content :
         {std::string("100644 a"), "100644 a" + std::string(1, '\0') + "short", "10x644 a" + std::string(1, '\0') + id,
          "100644" + std::string(1, '\0') + id, "99999999999999 a" + std::string(1, '\0') + id}) {
      CAPTURE(content);
      const Oid tree = write("tree", content);
      const Oid commit = write("commit", "tree " + tree.hex() + "\ncommitter x <y> 1 +0000\n\n");
      CHECK(kind_of_failure([&] { repository->find(commit, "b"); }) == ErrorKind::unavailable);
      CHECK(kind_of_failure([&] { names_below(*repository, commit, ""); }) == ErrorKind::unavailable);
    }
    for (const std::string content : {"", "tree xyz\n", "\ntree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n", "tree"}) {
      CAPTURE(content);
      const Oid commit = write("commit", content);
      CHECK(kind_of_failure([&] { repository->find(commit, ""); }) == ErrorKind::unavailable);
      CHECK(kind_of_failure([&] { repository->commit_time(commit); }) == ErrorKind::unavailable);
    }
  });
}

TEST_CASE("repository: a tree that spells out endless names is given up") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  const Oid tree = oid(multiply(repo, tree_of_files(repo, 1000), 6));
  const auto repository = open_with_libgit2(repo, box);
  std::size_t visits = 0;
  const auto walk = [&] { repository->walk(tree, "", [&](const auto&, const auto&) { return ++visits > 0; }); };
  const auto diff = [&] { repository->diff(std::nullopt, tree, [&](const auto&) { return ++visits > 0; }); };
  CHECK(kind_of_failure(walk) == ErrorKind::unavailable);
  CHECK(visits < 5'100'000);
  visits = 0;
  CHECK(kind_of_failure(diff) == ErrorKind::unavailable);
  CHECK(visits < 5'100'000);
}

TEST_CASE("repository: trees that lead to no files are gone through once") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  const std::string barren = multiply(repo, tree_of_files(repo, 0), 12);
  mlem::test::RunOptions options;
  options.input = "040000 tree " + barren + "\ta\n040000 tree " + tree_of_files(repo, 1) + "\tb\n";
  const Oid tree = oid(repo.git({"mktree"}, options));
  const Oid reversed = oid(multiply(repo, barren, 1));
  const auto repository = open_with_libgit2(repo, box);
  CHECK(names_below(*repository, tree, "") == std::vector<std::string>{"b/name0.mlem"});
  std::vector<std::string> changed;
  const auto note = [&](const Change& change) {
    changed.push_back(change.name);
    return true;
  };
  open_with_libgit2(repo, box)->diff(std::nullopt, tree, note);
  open_with_libgit2(repo, box)->diff(tree, reversed, note);
  CHECK(changed == std::vector<std::string>{"b/name0.mlem", "b/name0.mlem"});
}

TEST_CASE("repository: trees and tags are read no longer than there is time") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  const Oid bomb = oid(multiply(repo, tree_of_files(repo, 10), 3));
  std::string deep = tree_of_files(repo, 1);
  std::string path;
  for (int i = 0; i < 70; ++i) {
    mlem::test::RunOptions options;
    options.input = "040000 tree " + deep + "\ta\n";
    deep = repo.git({"mktree"}, options);
    path += "a/";
  }
  const auto repository = open_with_libgit2(repo, box);
  const auto is_too_late = [&](const std::function<void()>& action) {
    try {
      action();
      return false;
    } catch (const OutOfTime& error) {
      return error.why() == "there was no time left for it";
    }
  };
  const auto walk = [&] { repository->walk(bomb, "", [](const auto&, const auto&) { return true; }); };
  const auto diff = [&] { repository->diff(std::nullopt, bomb, [](const auto&) { return true; }); };
  const auto find = [&] { (void)repository->find(oid(deep), path + "name0.mlem"); };
  const std::function<void()> actions[] = {walk, diff, find};
  for (const auto& action : actions) CHECK(!is_too_late(action));
  repository->set_deadline(std::chrono::steady_clock::now());
  for (const auto& action : actions) CHECK(is_too_late(action));
  // What is small is told all the same.
  CHECK(repository->find(bomb, "a/a/a/name0.mlem").state == Lookup::State::found);
}

TEST_CASE("repository: a path that nobody can check out is given up") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  std::string tree = tree_of_files(repo, 1);
  for (int i = 0; i < 17; ++i) {
    mlem::test::RunOptions options;
    options.input = "040000 tree " + tree + "\t" + std::string(250, 'a') + "\n";
    tree = repo.git({"mktree"}, options);
  }
  const auto repository = open_with_libgit2(repo, box);
  try {
    names_below(*repository, oid(tree), "");
    FAIL("no failure");
  } catch (const Error& error) {
    CHECK(error.why() == "it has a path of more than 4096 bytes");
  }
}

TEST_CASE("repository: of a tree with two entries of one name nothing is told") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    const RepoBuilder repo(box, "repo", way.options());
    mlem::test::RunOptions options;
    options.input = "one";
    const Oid one = oid(repo.git({"hash-object", "-w", "--stdin"}, options));
    options.input = "two";
    const Oid two = oid(repo.git({"hash-object", "-w", "--stdin"}, options));
    options.input.clear();
    const Oid empty = oid(repo.git({"hash-object", "-w", "-t", "tree", "--stdin"}, options));
    using Entries = std::vector<std::pair<std::string, Oid>>;
    const auto write = [&](const Entries& entries) {
      options.input.clear();
      for (const auto& [name, id] : entries) {
        options.input += name + '\0';
        for (const std::uint8_t byte : id.bytes()) options.input += static_cast<char>(byte);
      }
      return oid(repo.git({"hash-object", "-w", "-t", "tree", "--literally", "--stdin"}, options));
    };
    const auto opened = way.open(repo.path() / ".git", box);
    const std::vector<Entries> rows = {
        {{"100644 a.mlem", one}, {"100644 a.mlem", two}},
        {{"100644 a.mlem", one}, {"40000 a.mlem", empty}},
        {{"100644 a.mlem", one}, {"100644 a.mlem-", one}, {"100644 a.mlem.b", one}, {"40000 a.mlem", empty}}};
    for (const Entries& row : rows) {
      CAPTURE(row.size());
      const Oid tree = write(row);
      CHECK(kind_of_failure([&] { opened->find(tree, "a.mlem"); }) == ErrorKind::unavailable);
      CHECK(kind_of_failure([&] { names_below(*opened, tree, ""); }) == ErrorKind::unavailable);
      CHECK(kind_of_failure([&] { opened->diff(std::nullopt, tree, [](const auto&) { return true; }); }) ==
            ErrorKind::unavailable);
    }
    const Oid good = write({{"100644 a", one}, {"40000 a.mlem", empty}, {"100644 a.mlem0", one}, {"40000 a0", empty}});
    CHECK(names_below(*opened, good, "").size() == 2);
  });
}

TEST_CASE("repository: tags of tags are peeled however many there are") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const std::string commit = repo.commit({{"a", "1"}});
  std::string last = commit;
  for (int i = 0; i < 70; ++i) {
    mlem::test::RunOptions options;
    options.input = "object " + last + "\ntype " + (i == 0 ? "commit" : "tag") + "\ntag t" + std::to_string(i) +
                    "\ntagger A <a@example.com> 1704067260 +0000\n\nx\n";
    last = repo.git({"mktag"}, options);
  }
  const auto repository = open_repository(repo.path() / ".git", environment_of(box), Reading::here);
  CHECK(repository->find_commit(oid(last)) == oid(commit));
}

TEST_CASE("repository: replace refs are ignored") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "repo", way.options());
    repo.commit({{"a", "1"}, {"b", "2"}});
    repo.git({"replace", repo.id("HEAD:a"), repo.id("HEAD:b")});
    CHECK(way.open(repo.path() / ".git", box)->find_blob(oid(repo.id("HEAD:a")), 100) == "1");
  });
}

TEST_CASE("repository: objects of a quarantine are found besides") {
  for_each_way([](const Way& way) {
    const Sandbox box;
    RepoBuilder repo(box, "a:b\"c", way.options());
    const Oid commit = oid(repo.commit({{"a", "1"}}));
    const fs::path quarantine = box / "quar:an\"tine";
    fs::create_directories(quarantine);
    mlem::test::RunOptions options;
    options.input = "new";
    options.environment["GIT_OBJECT_DIRECTORY"] = quarantine.string();
    const Oid added = oid(repo.git({"hash-object", "-w", "--stdin"}, options));
    CHECK(way.open(repo.path() / ".git", box)->find_blob(added, 100) == std::nullopt);
    const auto repository = way.open(repo.path() / ".git", box, quarantine);
    CHECK(repository->find_blob(added, 100) == "new");
    CHECK(repository->find(commit, "a").state == Lookup::State::found);
  });
}

TEST_CASE("repository: extensions that libgit2 does not know by itself do not matter") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const Oid commit = oid(repo.commit({{"a", "1"}}));
  repo.git({"config", "core.repositoryFormatVersion", "1"});
  for (const std::string extension : {"worktreeConfig", "preciousObjects", "partialClone"}) {
    CAPTURE(extension);
    repo.git({"config", "extensions." + extension, extension == "partialClone" ? "origin" : "true"});
    REQUIRE(detail::open_with_libgit2(repo.path() / ".git", environment_of(box), Reading::here, {}) != nullptr);
  }
  CHECK(detail::open_with_libgit2(repo.path() / ".git", environment_of(box), Reading::here, {})->find_ref("HEAD") ==
        commit);
}

TEST_CASE("repository: the implementation follows from the format") {
  const Sandbox box;
  RepoOptions sha256;
  sha256.object_format = "sha256";
  RepoBuilder repo(box, "repo", sha256);
  const Oid commit = oid(repo.commit({{"a", "1"}}));
  CHECK(detail::open_with_libgit2(repo.path() / ".git", environment_of(box), Reading::here, {}) == nullptr);
  CHECK(open_repository(repo.path() / ".git", environment_of(box), Reading::here)->find_ref("HEAD") == commit);
}

TEST_CASE("repository: what is none is not found and what git refuses is unavailable") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  fs::create_directories(box / "empty");
  const Environment environment = environment_of(box);
  CHECK(kind_of_failure([&] { open_repository(box / "empty", environment, Reading::here); }) == ErrorKind::not_found);
  CHECK(kind_of_failure([&] { open_repository(box / "none", environment, Reading::here); }) == ErrorKind::not_found);
  CHECK(kind_of_failure([&] { open_repository(repo.path(), environment, Reading::here); }) == ErrorKind::not_found);
  repo.git({"config", "core.repositoryFormatVersion", "9"});
  try {
    open_repository(repo.path() / ".git", environment, Reading::here);
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.why() == "Expected git repo version <= 1, found 9");
  }
}

TEST_CASE("repository: git directories are found in a directory itself") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"d/a", "1"}});
  const fs::path worktree = repo.add_worktree("side");
  const fs::path bare = repo.bare_clone(box / "bare.git");
  CHECK(mlem::git::find_git_dir(repo.path()) == repo.path() / ".git");
  CHECK(mlem::git::find_git_dir(repo.path() / ".git") == repo.path() / ".git");
  CHECK(mlem::git::find_git_dir(bare) == bare);
  const auto linked = mlem::git::find_git_dir(worktree);
  REQUIRE(linked);
  CHECK(fs::equivalent(*linked, worktree.parent_path() / "repo/.git/worktrees" / worktree.filename()));
  CHECK(open_repository(*linked, environment_of(box), Reading::here)->head_branch() == "refs/heads/side");
  CHECK(mlem::git::find_git_dir(repo.path() / "d") == std::nullopt);
  CHECK(mlem::git::find_git_dir(box / "none") == std::nullopt);
  fs::create_directories(box / "odd");
  for (const std::string content : {"gitdir: \n", "gitdir: ../none\n", "gitdir", ""}) {
    CAPTURE(content);
    mlem::test::write_file(box / "odd" / ".git", content);
    CHECK(mlem::git::find_git_dir(box / "odd") == std::nullopt);
  }
  mlem::test::write_file(box / "odd" / ".git", "gitdir: ../repo/.git\n");
  CHECK(fs::equivalent(mlem::git::find_git_dir(box / "odd").value_or("/"), repo.path() / ".git"));
}

TEST_CASE("repository: an address without .git leads where git lets it lead") {
  const Sandbox box;
  RepoBuilder repo(box, "models");
  repo.commit({{"d/a", "1"}});
  const fs::path bare = repo.bare_clone(box / "bare.git");
  const RepoBuilder odd(box, "odd.git");
  struct Row {
    std::string address;
    fs::path git_dir;
  };
  const Row rows[] = {{"models", box / "models/.git"}, {"bare", bare}, {"bare/", bare}, {"bare.git", bare},
                      {"odd", box / "odd.git/.git"},   {"none", {}}};
  for (const Row& row : rows) {
    CAPTURE(row.address);
    const std::string address = (box / row.address).string();
    CHECK(mlem::git::find_addressed_git_dir(address).value_or("") == row.git_dir);
    CHECK((box.git({"ls-remote", address}).code == 0) == !row.git_dir.empty());
    CHECK(mlem::git::find_git_dir(box / "bare") == std::nullopt);
  }
  CHECK(mlem::git::guarded_directory(box / "odd.git/.git") == box / "odd.git");
  CHECK(mlem::git::guarded_directory(bare) == bare);
}

TEST_CASE("repository: a name that is too long and a pointer that is too large are no repository") {
  const Sandbox box;
  CHECK(mlem::git::find_addressed_git_dir(box / std::string(300, 'a')) == std::nullopt);
  CHECK_FALSE(mlem::git::is_closed(box / std::string(300, 'a')));
  mlem::test::write_file(box / "large/.git", "gitdir: " + std::string(100'000, 'a'));
  CHECK(mlem::git::find_addressed_git_dir(box / "large") == std::nullopt);
}

TEST_CASE("repository: everything that git calls local is removed for another repository") {
  const Sandbox box;
  Environment environment;
  const std::string listed = box.git_output({"rev-parse", "--local-env-vars"});
  std::vector<std::string> names = {"GIT_QUARANTINE_PATH"};
  for (std::size_t start = 0; start < listed.size();) {
    const std::size_t end = std::min(listed.find('\n', start), listed.size());
    names.push_back(listed.substr(start, end - start));
    start = end + 1;
  }
  CHECK(names.size() > 10);
  for (const std::string& name : names) environment.set(name, "x");
  environment.set("GIT_SSH_COMMAND", "ssh");
  const Environment without = without_repository(environment);
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(without.find(name).value_or("") != "x");
  }
  CHECK(without.find("GIT_SSH_COMMAND") == "ssh");
}

TEST_CASE("repository: another user's is foreign unless git is told that it is safe") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  const fs::path git_dir = repo.path() / ".git";
  const Environment environment = environment_of(box);
  CHECK_FALSE(mlem::git::is_foreign(git_dir, environment));
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can give a directory away");
    return;
  }
  REQUIRE(chown(repo.path().c_str(), 12345, 12345) == 0);
  CHECK(mlem::git::is_foreign(git_dir, environment));
  Environment by_sudo = environment;
  by_sudo.set("SUDO_UID", "12345");
  CHECK_FALSE(mlem::git::is_foreign(git_dir, by_sudo));
  Environment in_hook = environment;
  in_hook.set("GIT_DIR", git_dir.string());
  CHECK(mlem::git::is_foreign(git_dir, in_hook));
  box.add_config("safe.directory", repo.path().string());
  CHECK_FALSE(mlem::git::is_foreign(git_dir, environment));
}
