#include "base/digest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

TEST_CASE("digest: SHA-256 as in the examples of FIPS 180-4") {
  CHECK(mlem::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(mlem::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(mlem::sha256_hex(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("digest: MD5 and SHA-1 as in RFC 1321 and FIPS 180-4") {
  const auto digest_of = [](mlem::Digest::Algorithm algorithm, std::string_view bytes) {
    mlem::Digest digest(algorithm);
    digest.update(bytes);
    return digest.finish();
  };
  CHECK(digest_of(mlem::Digest::Algorithm::md5, "message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(digest_of(mlem::Digest::Algorithm::sha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_CASE("digest: bytes in pieces give the digest of the whole") {
  mlem::Digest digest(mlem::Digest::Algorithm::sha256);
  digest.update("a");
  digest.update("");
  digest.update("bc");
  CHECK(digest.finish() == mlem::sha256_hex("abc"));
}

TEST_CASE("digest: a copy goes on by itself") {
  mlem::Digest digest(mlem::Digest::Algorithm::sha256);
  digest.update("ab");
  mlem::Digest copy = digest;
  digest.update("c");
  copy.update("d");
  CHECK(digest.finish() == mlem::sha256_hex("abc"));
  CHECK(copy.finish() == mlem::sha256_hex("abd"));
}
