#include "model/oid.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <unordered_set>

using mlem::Oid;

namespace {
const std::string sha1 = "0123456789abcdef0123456789abcdef01234567";
const std::string sha256 = sha1 + "89abcdef0123456789abcdef";
}  // namespace

TEST_CASE("oid: 40 or 64 hex digits of either case are an id") {
  REQUIRE(Oid::parse(sha1));
  CHECK(Oid::parse(sha1)->hex() == sha1);
  CHECK(Oid::parse(sha1)->short_hex() == "0123456");
  CHECK(Oid::parse(sha1)->bytes().size() == 20);
  REQUIRE(Oid::parse(sha256));
  CHECK(Oid::parse(sha256)->hex() == sha256);
  CHECK(Oid::parse("0123456789ABCDEF0123456789ABCDEF01234567") == Oid::parse(sha1));
}

TEST_CASE("oid: any other text is none") {
  const std::string rows[] = {"",
                              "0",
                              sha1.substr(1),
                              sha1 + "0",
                              sha256 + "0",
                              "g" + sha1.substr(1),
                              " " + sha1.substr(1),
                              sha1.substr(1) + "-"};
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK_FALSE(Oid::parse(row));
  }
}

TEST_CASE("oid: raw bytes give the same id as their digits") {
  std::array<std::uint8_t, 20> bytes{};
  CHECK(Oid::from_bytes(bytes).is_zero());
  bytes[19] = 0xab;
  const Oid oid = Oid::from_bytes(bytes);
  CHECK_FALSE(oid.is_zero());
  CHECK(oid.hex() == std::string(38, '0') + "ab");
  CHECK(oid == Oid::parse(oid.hex()));
}

TEST_CASE("oid: the zero ids of both sizes differ") {
  CHECK(Oid::parse(std::string(40, '0')) != Oid::parse(std::string(64, '0')));
}

TEST_CASE("oid: ids can be keys") {
  const std::unordered_set<Oid> seen = {*Oid::parse(sha1), *Oid::parse(sha256), *Oid::parse(sha1)};
  CHECK(seen.size() == 2);
  CHECK(*Oid::parse(std::string(40, '0')) < *Oid::parse(sha1));
}
