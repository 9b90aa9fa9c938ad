#include "artifact/hash.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using mlem::artifact::Hash;
using mlem::artifact::HashCheck;

TEST_CASE("hash: bytes in pieces are compared with every kind of hash") {
  // Of "hello\r\n", as md5sum, sha256sum and git hash-object print them; the second is that of "hello\n".
  const std::vector<Hash> hashes = {
      {Hash::Kind::md5, "af5597c29467a96523a70787c319f4db"},
      {Hash::Kind::md5, "af5597c29467a96523a70787c319f4db.dir"},
      {Hash::Kind::md5_dos2unix, "b1946ac92492d2347c6235b4d2611184"},
      {Hash::Kind::sha256, "cd2eca3535741f27a8ae40c31b0c41d4057a7a7b912b33b9aed86485d1c84676"},
      {Hash::Kind::git_blob, "ef0493b275aa2080237f676d2ef6559246f56636"},
      {Hash::Kind::git_blob, "32978335429806b84360923959e34cba5410a0162f8e9418a6a25022880ce372"},
  };
  for (const Hash& hash : hashes) {
    CAPTURE(hash.value);
    HashCheck check(hash, 7);
    check.update("hel");
    check.update("lo\r\n");
    CHECK(check.matches());
    HashCheck other(hash, 7);
    other.update("hello!\n");
    CHECK_FALSE(other.matches());
  }
}

TEST_CASE("hash: a size that lies is another blob") {
  HashCheck check({Hash::Kind::git_blob, "ef0493b275aa2080237f676d2ef6559246f56636"}, 6);
  check.update("hello\r\n");
  CHECK_FALSE(check.matches());
}
