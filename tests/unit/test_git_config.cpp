#include "base/error.hpp"
#include "git/config.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using mlem::Error;
using mlem::ErrorKind;
using mlem::git::Config;

namespace {

using namespace std::string_literals;

Config with_value(const std::string& value) { return Config::parse("mlem.x\n" + value + '\0'); }

}  // namespace

TEST_CASE("config: the last value wins and all are kept in order") {
  const Config config = Config::parse("mlem.a\n1\0remote.Some.Name.url\nx\ny\0mlem.a\n2\0"s);
  CHECK(config.find("mlem.a") == "2");
  CHECK(config.all("mlem.a") == std::vector<std::string>{"1", "2"});
  CHECK(config.find("remote.Some.Name.url") == "x\ny");
  CHECK(config.find("mlem.b") == std::nullopt);
  CHECK(config.all("mlem.b").empty());
  CHECK(config.entries().size() == 3);
  CHECK(Config::parse("").entries().empty());
}

TEST_CASE("config: it is told which files are the user's and the system's") {
  const Config config = Config::parse_with_scopes("system\0a.b\n1\0global\0a.b\n2\0local\0a.c\0command\0a.d\n4\0"s);
  CHECK(config.all("a.b") == std::vector<std::string>{"1", "2"});
  CHECK(config.boolean("a.c", false));
  CHECK(config.is_shared(0));
  CHECK(config.is_shared(1));
  CHECK_FALSE(config.is_shared(2));
  CHECK_FALSE(config.is_shared(3));
  CHECK_FALSE(config.is_shared(4));
}

TEST_CASE("config: booleans are spelled as git spells them") {
  struct Row {
    std::string value;
    std::optional<bool> wanted;
  };
  const Row rows[] = {{"true", true}, {"Yes", true},    {"ON", true},  {"1", true},    {"-1", true}, {"2k", true},
                      {"0x0", false}, {"false", false}, {"no", false}, {"OFF", false}, {"0", false}, {"", false},
                      {"maybe", {}},  {"1x", {}},       {"tru", {}},   {"true ", {}},  {"3g", {}}};
  for (const Row& row : rows) {
    CAPTURE(row.value);
    if (row.wanted)
      CHECK(with_value(row.value).boolean("mlem.x", !*row.wanted) == *row.wanted);
    else
      CHECK_THROWS_AS(with_value(row.value).boolean("mlem.x", false), Error);
  }
  CHECK(Config::parse("mlem.x\0"s).boolean("mlem.x", false));
  CHECK(Config::parse("").boolean("mlem.x", true));
}

TEST_CASE("config: numbers take the suffixes of git") {
  struct Row {
    std::string value;
    std::optional<std::int64_t> wanted;
  };
  const Row rows[] = {{"0", 0},
                      {"-7", -7},
                      {"+7", 7},
                      {"2k", 2048},
                      {"3M", 3 << 20},
                      {"1g", 1 << 30},
                      {"0x10", 16},
                      {"010", 8},
                      {"9223372036854775807", INT64_MAX},
                      {"9223372036854775808", {}},
                      {"9223372036854775807k", {}},
                      {"", {}},
                      {"k", {}},
                      {"1kk", {}},
                      {"--1", {}},
                      {" 5", 5},
                      {"5 ", {}},
                      {"0x", {}},
                      {"09", {}},
                      {"-9223372036854775807", -INT64_MAX},
                      {"-9223372036854775807k", {}},
                      {"ten", {}}};
  for (const Row& row : rows) {
    CAPTURE(row.value);
    if (row.wanted)
      CHECK(with_value(row.value).integer("mlem.x", 99) == *row.wanted);
    else
      CHECK_THROWS_AS(with_value(row.value).integer("mlem.x", 99), Error);
  }
  CHECK(Config::parse("").integer("mlem.x", 99) == 99);
}

TEST_CASE("config: a bad value is named with its key") {
  try {
    with_value("soon").integer("mlem.x", 0);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    CHECK(error.what() == "bad config value 'soon' for 'mlem.x': it is not a number"s);
  }
}
