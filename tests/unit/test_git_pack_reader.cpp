#include "git/detail/pack_reader.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

using mlem::Oid;
using mlem::git::detail::Allowance;
using mlem::git::detail::apply_delta;
using mlem::git::detail::Object;
using mlem::git::detail::PackReader;
using mlem::git::detail::parse_type;
using mlem::test::oid;
using mlem::test::read_file;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;
using mlem::test::write_file;
namespace fs = mlem::fs;

namespace {

constexpr std::uint64_t plenty = std::uint64_t{1} << 30;
constexpr std::size_t any_size = 1'000'000;

/// A repository with one pack of objects of every type, most of them deltas.
struct Packed {
  Sandbox box;
  RepoBuilder repo{box, "repo"};
  fs::path index;

  explicit Packed(const std::string& base_offsets = "true", const std::string& index_version = "2") {
    for (int revision = 0; revision < 20; ++revision) {
      mlem::test::Files files = {{"empty", ""}};
      for (int i = 0; i < 10; ++i) {
        std::string text;
        for (int line = 0; line < 100; ++line) text += "line " + std::to_string(line * i) + "\n";
        files["f" + std::to_string(i)] = text + std::to_string(revision);
      }
      repo.commit(files);
      repo.annotated_tag("v" + std::to_string(revision));
    }
    repo.git({"-c", "repack.useDeltaBaseOffset=" + base_offsets, "repack", "-adfq", "--depth=40"});
    repo.git({"prune-packed"});
    for (const auto& file : fs::directory_iterator(repo.path() / ".git/objects/pack")) {
      fs::permissions(file.path(), fs::owner_all);
      if (file.path().extension() == ".idx") index = file.path();
    }
    REQUIRE(!index.empty());
    fs::remove(index);
    repo.git({"index-pack", "--index-version=" + index_version, pack().string()});
    fs::permissions(index, fs::owner_all);
  }

  fs::path pack() const { return fs::path(index).replace_extension(".pack"); }

  /// Returns the ids, types and sizes of all objects as git has them.
  std::vector<std::string> listed() const {
    std::istringstream lines(repo.git({"cat-file", "--batch-all-objects", "--batch-check"}));
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) all.push_back(line);
    return all;
  }
};

/// Returns what git says of an object.
std::string id_of(const Sandbox& box, const Object& object) {
  const std::vector<std::string> names = {"commit", "tree", "blob", "tag"};
  write_file(box / "object", object.content);
  return box
      .run({"git", "hash-object", "--literally", "-t", names[static_cast<std::size_t>(object.type)],
            (box / "object").string()})
      .output.substr(0, 40);
}

}  // namespace

TEST_CASE("pack reader: has every object of a pack as git has it") {
  const std::pair<std::string, std::string> rows[] = {{"true", "2"}, {"false", "2"}, {"true", "2,0x40"}};
  for (const auto& [base_offsets, index_version] : rows) {
    CAPTURE(base_offsets);
    CAPTURE(index_version);
    const Packed packed(base_offsets, index_version);
    PackReader reader(packed.index);
    const std::vector<std::string> listed = packed.listed();
    CHECK(listed.size() > 200);
    for (std::size_t i = 0; i < listed.size(); ++i) {
      CAPTURE(listed[i]);
      std::istringstream words(listed[i]);
      std::string id;
      std::string type;
      std::size_t size = 0;
      words >> id >> type >> size;
      Allowance allowance(plenty);
      const auto object = reader.find(oid(id), any_size, allowance);
      REQUIRE(object);
      CHECK(object->type == parse_type(type));
      CHECK(object->size == size);
      CHECK(object->content.size() == size);
      if (i % 8 == 0) CHECK(id_of(packed.box, *object) == id);
      const auto known = size > 0 ? reader.find(oid(id), size - 1, allowance) : std::nullopt;
      CHECK((size == 0 || (known && known->content.empty() && known->size == size && known->type == object->type)));
    }
    Allowance allowance(plenty);
    CHECK_FALSE(reader.find(oid(std::string(40, 'a')), any_size, allowance));
    CHECK_FALSE(reader.find(oid(std::string(64, 'a')), any_size, allowance));
  }
}

TEST_CASE("pack reader: takes no more than it is allowed to") {
  const Packed packed;
  const Oid tree = oid(packed.repo.id("HEAD~10^{tree}"));
  const auto left = [&](std::uint64_t allowed) {
    Allowance allowance(allowed);
    const bool is_found = PackReader(packed.index).find(tree, any_size, allowance).has_value();
    return is_found ? std::optional(allowance.left()) : std::nullopt;
  };
  REQUIRE(left(plenty));
  const std::uint64_t cost = plenty - *left(plenty);
  CHECK(left(cost) == 0);
  for (const std::uint64_t less : {std::uint64_t{0}, std::uint64_t{1}, cost / 2, cost - 1}) {
    CAPTURE(less);
    CHECK_FALSE(left(less));
  }
}

TEST_CASE("pack reader: what it has read costs little for the second time") {
  const Packed packed;
  PackReader reader(packed.index);
  const Oid tree = oid(packed.repo.id("HEAD~10^{tree}"));
  Allowance first(plenty);
  const auto object = reader.find(tree, any_size, first);
  Allowance second(1024);
  const auto again = reader.find(tree, any_size, second);
  REQUIRE((object && again));
  CHECK(again->content == object->content);
  CHECK(again->type == object->type);
  CHECK(plenty - first.left() > 1024);
}

TEST_CASE("pack reader: whatever is in its files is an object within what is allowed or none") {
  const Packed packed;
  const std::string index = read_file(packed.index);
  const std::string pack = read_file(packed.pack());
  const std::vector<std::string> listed = packed.listed();
  std::mt19937 numbers(1);
  int found = 0;
  for (int round = 0; round < 300; ++round) {
    const bool is_of_index = round % 2 == 0;
    std::string content = is_of_index ? index : pack;
    for (int i = 0; i < 1 << round % 8; ++i) {
      const std::size_t places = round % 3 == 0 ? 1200 : content.size();
      content[numbers() % places] = static_cast<char>(numbers());
    }
    if (round % 5 == 0) content.resize(numbers() % content.size());
    write_file(is_of_index ? packed.index : packed.pack(), content);
    PackReader reader(packed.index);
    for (std::size_t i = 0; i < listed.size(); i += 7) {
      Allowance allowance(std::uint64_t{1} << 19);
      const auto object = reader.find(oid(listed[i].substr(0, 40)), any_size, allowance);
      if (object) CHECK((object->content.size() == object->size || object->size > any_size));
      found += object ? 1 : 0;
    }
    write_file(is_of_index ? packed.index : packed.pack(), is_of_index ? index : pack);
  }
  CHECK(found > 300);
}

TEST_CASE("pack reader: a pack that is not there or not a file has nothing") {
  const Packed packed;
  const Oid commit = oid(packed.repo.id("HEAD"));
  for (const fs::path& file : {packed.pack(), packed.index}) {
    CAPTURE(file);
    fs::rename(file, file.string() + ".away");
    for (const std::string kind : {"nothing", "fifo", "directory"}) {
      CAPTURE(kind);
      if (kind == "fifo") REQUIRE(mkfifo(file.c_str(), S_IRUSR | S_IWUSR) == 0);
      if (kind == "directory") fs::create_directory(file);
      PackReader reader(packed.index);
      Allowance allowance(plenty);
      CHECK_FALSE(reader.find(commit, any_size, allowance));
      fs::remove(file);
    }
    fs::rename(file.string() + ".away", file);
  }
  PackReader reader(packed.index);
  Allowance allowance(plenty);
  CHECK(reader.find(commit, any_size, allowance));
}

TEST_CASE("pack reader: an object that is a delta on itself has an end") {
  const Packed packed("false");
  // A delta of 5 bytes that names its base: its own id.
  const std::string id = packed.repo.id("HEAD");
  std::string index = read_file(packed.index);
  std::string pack = read_file(packed.pack());
  std::string bytes;
  const Oid itself = oid(id);
  for (const std::uint8_t byte : itself.bytes()) bytes += static_cast<char>(byte);
  const std::size_t names = 8 + 256 * 4;
  const std::size_t count = packed.listed().size();
  const std::size_t number = (index.find(bytes, names) - names) / 20;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    offset = offset << 8U | static_cast<unsigned char>(index[names + 24 * count + 4 * number + i]);
  }
  pack.replace(offset, 21, "\x75" + bytes);
  write_file(packed.pack(), pack);
  PackReader reader(packed.index);
  Allowance allowance(plenty);
  CHECK_FALSE(reader.find(itself, any_size, allowance));
  CHECK(allowance.left() == 0);
}

TEST_CASE("pack reader: a delta is applied as it is meant or not at all") {
  struct Row {
    std::string delta;
    std::optional<std::string> result;
  };
  using namespace std::string_literals;
  const std::string base = "0123456789";
  const Row rows[] = {
      {"\x0a\x04\x91\x02\x04"s, "2345"},
      {"\x0a\x05\x03xyz\x90\x02"s, "xyz01"},
      {"\x0a\x00"s, ""},
      {"\x0a\x0a\x90\x0a"s, base},
      {"\x0a\x04\x91\x02"s, std::nullopt},      // ends within an instruction
      {"\x0a\x04\x03xy"s, std::nullopt},        // ends within its bytes
      {"\x0a\x04\x91\x07\x04"s, std::nullopt},  // behind the end of the base
      {"\x0a\x04\x91\xff\x04"s, std::nullopt},  //
      {"\x0a\x04\x9f\xff\xff\xff\xff\x04"s, std::nullopt},
      {"\x0a\x04\x80"s, std::nullopt},              // 65536 bytes
      {"\x0a\x04\x91\x02\x05"s, std::nullopt},      // more than it says
      {"\x0a\x04\x91\x02\x03"s, std::nullopt},      // less
      {"\x0a\x04\x00\x91\x02\x04"s, std::nullopt},  // an instruction that is reserved
      {"\x09\x04\x91\x02\x04"s, std::nullopt},      // for another base
      {"\x0a"s, std::nullopt},
      {""s, std::nullopt},
      {"\x8a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x04\x91\x02\x04"s, std::nullopt},  // a number without end
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x91\x02\x04"s, std::nullopt},          // more than is allowed
  };
  for (const Row& row : rows) {
    CAPTURE(row.delta);
    Allowance allowance(100);
    CHECK(apply_delta(base, row.delta, allowance) == row.result);
  }
}
