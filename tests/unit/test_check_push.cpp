#include "base/error.hpp"
#include "check/push.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::Error;
using mlem::Oid;
using mlem::check::parse_pre_push;
using mlem::check::parse_pre_receive;

namespace {

const std::string none(40, '0');
const std::string one(40, '1');
const std::string two(40, '2');

}  // namespace

TEST_CASE("parse_pre_receive: each line is an old id and a new one and a ref") {
  const auto updates = parse_pre_receive(none + " " + one + " refs/heads/new\n" + one + " " + two +
                                         " refs/heads/moved\n" + two + " " + none + " refs/tags/gone\n");
  REQUIRE(updates.size() == 3);
  CHECK(updates[0].ref == "refs/heads/new");
  CHECK(!updates[0].before);
  CHECK(updates[0].after == Oid::parse(one));
  CHECK(updates[1].before == Oid::parse(one));
  CHECK(updates[1].after == Oid::parse(two));
  CHECK(!updates[2].after);
  CHECK(parse_pre_receive("").empty());
}

TEST_CASE("parse_pre_push: what is pushed may have blanks in its name") {
  const auto updates = parse_pre_push("main@{5 minutes ago} " + one + " refs/heads/main " + two + "\n(delete) " + none +
                                      " refs/heads/gone " + one + "\n");
  REQUIRE(updates.size() == 2);
  CHECK(updates[0].ref == "refs/heads/main");
  CHECK(updates[0].before == Oid::parse(two));
  CHECK(updates[0].after == Oid::parse(one));
  CHECK(updates[1].ref == "refs/heads/gone");
  CHECK(!updates[1].after);
}

TEST_CASE("parse_pre_receive: a list that git did not write is an error") {
  struct Row {
    std::string input;
    std::string message;
  };
  const Row rows[] = {{"refs/heads/main\n", "cannot read the list of refs: 'refs/heads/main' has not 3 words"},
                      {"x " + one + " refs/heads/main\n", "cannot read the list of refs: 'x' is not an id"},
                      {one + " " + one.substr(1) + " refs/heads/main\n",
                       "cannot read the list of refs: '" + one.substr(1) + "' is not an id"},
                      {" " + one + " refs/heads/main\n", "cannot read the list of refs: '' is not an id"}};
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CHECK_THROWS_WITH_AS(parse_pre_receive(row.input), row.message.c_str(), Error);
  }
}
