#include "artifact/model_signature.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "support/model_signing.hpp"
#include "support/text_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

using mlem::Error;
using mlem::ErrorKind;
using mlem::artifact::ModelSignature;
using mlem::artifact::parse_model_signature;
using mlem::artifact::parse_signed_manifest;
using mlem::artifact::SignedFile;
using mlem::artifact::SignedManifest;
using mlem::test::read_file;
using mlem::test::signed_resource;
using mlem::test::statement_of;
using Json = nlohmann::json;
using Method = ModelSignature::Method;

namespace {

std::string vector_file(const std::string& name) {
  return read_file(std::string(GIT_MLEM_VECTORS "/model-signing/") + name);
}

std::string error_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    CHECK(error.what_failed() == "not a signature of a model");
    return error.why();
  }
  return "read";
}
std::string error_of_bundle(const std::string& bundle) {
  return error_of([&] { parse_model_signature(bundle); });
}
std::string error_of_statement(const std::string& statement) {
  return error_of([&] { parse_signed_manifest(statement); });
}

const std::string digest_of_one = "bc9a717db6064a32cbe9eae6fc40651dd6d36ef1757183f590eff2b1765d7ebc";
const std::string digest_of_two = "32dcb1f8e1ae52d5963e56a6ba06ab58b424c15ed2a6b70d2feca1d089370028";

/// Changes a part of a statement of two files.
std::string changed(const std::function<void(Json&)>& change) {
  Json statement = Json::parse(statement_of({signed_resource("a", "1"), signed_resource("b", "2")}));
  change(statement);
  return statement.dump();
}

}  // namespace

TEST_CASE("model signature: the published vectors of all versions are read") {
  struct Row {
    std::string name;
    Method method;
    std::size_t certificates;
    bool has_hint;
  };
  const Row rows[] = {
      {"specification/key.bundle.json", Method::key, 0, true},
      {"specification/certificate.bundle.json", Method::certificate, 2, false},
      {"specification/sigstore.bundle.json", Method::keyless, 1, false},
      {"v0.3.1-elliptic-key/model.sig", Method::key, 0, false},
      {"v1.0.0-elliptic-key/model.sig", Method::key, 0, false},
      {"v1.0.0-certificate/model.sig", Method::certificate, 2, false},
      {"v1.0.1-certificate/model.sig", Method::certificate, 2, false},
      {"v1.1.0-elliptic-key/model.sig", Method::key, 0, true},
      {"v1.1.0-certificate/model.sig", Method::certificate, 2, false},
      {"v1.1.0-sigstore/model.sig", Method::keyless, 1, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const ModelSignature signature = parse_model_signature(vector_file(row.name));
    CHECK((signature.method == row.method));
    CHECK(signature.certificates.size() == row.certificates);
    CHECK(signature.key_hint.empty() != row.has_hint);
    CHECK(signature.signatures.size() == 1);
    const SignedManifest manifest = parse_signed_manifest(signature.payload);
    CHECK(manifest.hash_type == "sha256");
    CHECK_FALSE(manifest.files.empty());
  }
}

TEST_CASE("model signature: what a published statement says") {
  const auto signature = parse_model_signature(vector_file("v1.1.0-elliptic-key/model.sig"));
  CHECK(signature.key_hint == "e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e3f8e");
  const SignedManifest manifest = parse_signed_manifest(signature.payload);
  CHECK(manifest.files == std::vector<SignedFile>{{"signme-1", std::nullopt, {digest_of_one}},
                                                  {"signme-2", std::nullopt, {digest_of_two}}});
  CHECK_FALSE(manifest.shard_size);
  CHECK_FALSE(manifest.allows_symlinks);
  CHECK(manifest.ignores("ignore-me"));
  CHECK(manifest.ignores(".gitattributes"));
  CHECK_FALSE(manifest.ignores("signme-1"));
  const auto only = parse_signed_manifest(parse_model_signature(vector_file("v1.0.0-elliptic-key/model.sig")).payload);
  CHECK(only.files == std::vector<SignedFile>{{".", std::nullopt, {digest_of_one}}});
}

TEST_CASE("model signature: the published vectors that are invalid are refused") {
  CHECK(error_of_bundle(std::string("{}") + '\0') == "it is not JSON");
  CHECK(error_of_bundle(vector_file("specification/empty.bundle.json")) == "it is not JSON");
  CHECK(error_of_bundle(vector_file("specification/missing-envelope.bundle.json")) == "'dsseEnvelope' is missing");
  CHECK(error_of_bundle(vector_file("specification/missing-tlog-entries.bundle.json")) == "'tlogEntries' is missing");
  CHECK(error_of_bundle(vector_file("specification/missing-verification-material.bundle.json")) ==
        "'verificationMaterial' is missing");
  const auto other = parse_model_signature(vector_file("specification/wrong-predicate.bundle.json"));
  CHECK(error_of_statement(other.payload) ==
        "it says 'https://example.com/wrong-predicate/v1.0' of something, and not what files a model has");
}

TEST_CASE("model signature: version 0.2 is refused by name") {
  const auto signature = parse_model_signature(vector_file("v0.2.0-certificate/model.sig"));
  try {
    parse_signed_manifest(signature.payload);
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(
        error.why() ==
        "it is of version 0.2 of model signing ('https://model_signing/Digests/v0.1'), which does not sign that files "
        "are all");
    CHECK(error.hint() == "sign the model anew with version 1.0 or later");
  }
}

TEST_CASE("model signature: what is signed is as DSSE puts it together") {
  ModelSignature signature;
  signature.payload = "{}";
  CHECK(signature.signed_bytes() == "DSSEv1 28 application/vnd.in-toto+json 2 {}");
}

TEST_CASE("model signature: malformed bundles are refused") {
  const std::string good = vector_file("specification/key.bundle.json");
  const auto with = [&](const std::function<void(Json&)>& change) {
    Json bundle = Json::parse(good);
    change(bundle);
    return error_of_bundle(bundle.dump());
  };
  CHECK(error_of_bundle(good) == "read");
  CHECK(error_of_bundle("[]") == "it is not a mapping");
  CHECK(error_of_bundle("{\"mediaType\":1,\"mediaType\":2}") == "it has 'mediaType' twice");
  CHECK(error_of_bundle(std::string(40, '[') + std::string(40, ']')) == "it is nested deeper than 32");
  std::string many = "[0";
  for (int i = 0; i < 2'000'000; ++i) many += ",0";
  CHECK(error_of_bundle(many + "]") == "it has more than 2000000 values");
  CHECK(error_of_bundle(std::string(mlem::artifact::max_model_signature_size + 1, ' ')) == "it is larger than 32 MiB");
  CHECK(with([](Json& b) { b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"; }) ==
        "it is 'application/vnd.dev.sigstore.bundle+json;version=0.2', and not a bundle of Sigstore in version 0.3");
  CHECK(with([](Json& b) { b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.3"; }) == "read");
  CHECK(with([](Json& b) { b["mediaType"] = 3; }) == "'mediaType' is not a text");
  CHECK(with([](Json& b) { b["verificationMaterial"]["certificate"] = Json::object(); }) ==
        "it does not say by one method who made it: 'publicKey', 'x509CertificateChain', 'certificate'");
  CHECK(with([](Json& b) {
          b["verificationMaterial"] = {{"x509CertificateChain", {{"certificates", Json::array()}}}};
        }) == "'certificates' is empty");
  CHECK(with([](Json& b) {
          b["verificationMaterial"] = {
              {"x509CertificateChain", {{"certificates", std::vector<Json>(17, Json{{"rawBytes", "AA"}})}}}};
        }) == "'certificates' has more than 16 items");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["payloadType"] = "text/plain"; }) ==
        "what it signs is 'text/plain', and not a statement");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["payload"] = "?"; }) == "'payload' is not base64");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["signatures"].push_back(b["dsseEnvelope"]["signatures"][0]); }) ==
        "it has 2 signatures, and a bundle has one");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["signatures"] = Json::array(); }) == "'signatures' is empty");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["signatures"] = {1}; }) == "an item of 'signatures' is not a mapping");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["signatures"][0].erase("sig"); }) == "'sig' is missing");
  CHECK(with([](Json& b) { b["dsseEnvelope"]["signatures"][0]["keyid"] = nullptr; }) == "read");
}

TEST_CASE("model signature: malformed statements are refused") {
  const auto resource = [](Json& statement) -> Json& { return statement["predicate"]["resources"][0]; };
  const auto how = [](Json& statement) -> Json& { return statement["predicate"]["serialization"]; };
  const auto with = [&](const std::function<void(Json&)>& change) { return error_of_statement(changed(change)); };
  CHECK(with([](Json&) {}) == "read");
  CHECK(error_of_statement("3") == "what it signs is not a mapping");
  CHECK(with([](Json& s) { s["_type"] = "x"; }) == "what it signs is 'x', and not a statement of in-toto");
  CHECK(with([](Json& s) { s.erase("predicate"); }) == "'predicate' is missing");
  CHECK(with([](Json& s) { s["predicate"]["resources"] = Json::array(); }) == "it names no file");
  CHECK(with([](Json& s) { s["predicate"]["resources"].push_back(1); }) == "an item of 'resources' is not a mapping");
  CHECK(with([](Json& s) { s["predicate"]["resources"].push_back(Json::array()); }) ==
        "an item of 'resources' is not a mapping");
  CHECK(with([](Json& s) { s["subject"].push_back(s["subject"][0]); }) == "'subject' has more than 1 items");
  CHECK(with([](Json& s) { s["subject"][0]["digest"]["sha256"] = std::string(64, '0'); }) ==
        "its digest of all files is not that of the digests that it has");
  CHECK(with([&](Json& s) { resource(s).erase("name"); }) == "'name' is missing");
  CHECK(with([&](Json& s) { resource(s)["digest"] = "xy"; }) == "the digest of 'a' is not one");
  CHECK(with([&](Json& s) { resource(s)["digest"] = std::string(64, 'A'); }) == "the digest of 'a' is not one");
  CHECK(with([&](Json& s) { resource(s)["algorithm"] = "md5"; }) == "its digests are of several algorithms");
  CHECK(with([&](Json& s) { how(s)["hash_type"] = "blake3"; }) == "its digests are not of the algorithm 'blake3'");
  CHECK(with([&](Json& s) { how(s)["method"] = "trees"; }) == "files are hashed by an unknown method: 'trees'");
  CHECK(with([&](Json& s) { how(s)["method"] = "shards"; }) == "'shard_size' is not a number of bytes");
  CHECK(with([&](Json& s) { how(s)["allow_symlinks"] = "false"; }) == "'allow_symlinks' is not true or false");
  CHECK(with([&](Json& s) { how(s)["ignore_paths"] = {1}; }) == "an item of 'ignore_paths' is not a text");
  CHECK(with([&](Json& s) { resource(s)["name"] = "b"; }) == "it names 'b' twice");
  CHECK(with([&](Json& s) { resource(s)["name"] = "."; }) == "it names its directory as if it was a file");
  for (const std::string name : {"../a", "/a", "a/../b", "", ".git/config", "a/", "./a", "a//b", "a\nb"}) {
    CAPTURE(name);
    const std::string error = with([&](Json& s) { resource(s)["name"] = name; });
    CHECK(error.find("invalid path") == 0);
  }
}

TEST_CASE("model signature: what is ignored is what is there or below and nothing else") {
  mlem::test::StatementTerms terms;
  terms.ignored = {"cache", "a/b/", ".", "..", "../x", "/etc", "", "./y", "a//c"};
  const SignedManifest manifest = parse_signed_manifest(statement_of({signed_resource("a", "1")}, terms));
  CHECK(manifest.ignored_paths == std::vector<std::string>{"cache", "a/b"});
  for (const char* path : {"cache", "cache/x", "a/b", "a/b/c", ".git/x", ".gitignore", ".github/y"}) {
    CAPTURE(path);
    CHECK(manifest.ignores(path));
  }
  for (const char* path : {"cache2", "x/cache", "a", "a/bc", "x/.gitattributes", ".gitmodules", "y", "etc"}) {
    CAPTURE(path);
    CHECK_FALSE(manifest.ignores(path));
  }
}

TEST_CASE("model signature: shards make files") {
  mlem::test::StatementTerms terms;
  terms.shard_size = 4;
  const auto read = [&](const std::vector<mlem::test::SignedResource>& resources) {
    return parse_signed_manifest(statement_of(resources, terms));
  };
  const auto error = [&](const std::vector<mlem::test::SignedResource>& resources) {
    return error_of_statement(statement_of(resources, terms));
  };
  const std::string one = mlem::sha256_hex("1111");
  const std::string two = mlem::sha256_hex("22");
  const SignedManifest manifest = read({{"b:3:0:4", two}, {"a:4:6", two}, {"a:0:4", one}});
  CHECK(manifest.shard_size == 4);
  CHECK(manifest.files == std::vector<SignedFile>{{"a", 6, {one, two}}, {"b:3", 4, {two}}});
  CHECK(error({{"a", one}}) == "'a' is not a name of a part of a file");
  for (const char* name : {"a:0", ":0:4", "a:0:x", "a:-1:4", "a:4:4", "a:4:0", "a:00:4", "a:0:99999999999999999999"}) {
    CAPTURE(name);
    CHECK(error({{name, one}}) != "read");
  }
  CHECK(error({{"a:0:4", one}, {"a:0:3", two}}) == "it names a part of 'a' twice");
  CHECK(error({{"a:0:4", one}, {"a:5:6", two}}) == "the parts of 'a' do not make a file");
  CHECK(error({{"a:4:6", one}}) == "the parts of 'a' do not make a file");
  CHECK(error({{"a:0:5", one}}) == "the parts of 'a' do not make a file");
  CHECK(error({{"a:0:3", one}, {"a:3:6", two}}) == "the parts of 'a' do not make a file");
  // As versions before 1.1 have it.
  Json old = Json::parse(statement_of({{"a:0:4", one}}, terms));
  old["predicate"]["resources"][0]["algorithm"] = "sha256-sharded-4";
  CHECK(parse_signed_manifest(old.dump()).files.size() == 1);
}

TEST_CASE("model signature: other digests are told and files are not") {
  mlem::test::StatementTerms terms;
  terms.hash_type = "blake3";
  const SignedManifest manifest = parse_signed_manifest(statement_of({{"a", std::string(64, 'b')}}, terms));
  CHECK(manifest.hash_type == "blake3");
  CHECK(manifest.files.empty());
}

TEST_CASE("model signature: bytes are compared as a whole or shard by shard") {
  using mlem::artifact::SignedFileCheck;
  const std::string bytes = "11112222333";
  const auto matches = [](const SignedFile& file, std::optional<std::uint64_t> shard_size, const std::string& all,
                          std::size_t step) {
    SignedFileCheck check(file, shard_size);
    for (std::size_t at = 0; at < all.size(); at += step) check.update(std::string_view(all).substr(at, step));
    return check.matches();
  };
  const SignedFile whole{"a", std::nullopt, {mlem::sha256_hex(bytes)}};
  const SignedFile empty{"a", std::nullopt, {mlem::sha256_hex("")}};
  const SignedFile parts{"a", 11, {mlem::sha256_hex("1111"), mlem::sha256_hex("2222"), mlem::sha256_hex("333")}};
  const SignedFile even{"a", 8, {mlem::sha256_hex("1111"), mlem::sha256_hex("2222")}};
  for (const std::size_t step : {1, 3, 4, 100}) {
    CAPTURE(step);
    CHECK(matches(whole, std::nullopt, bytes, step));
    CHECK_FALSE(matches(whole, std::nullopt, bytes + "3", step));
    CHECK(matches(empty, std::nullopt, "", step));
    CHECK_FALSE(matches(empty, std::nullopt, "1", step));
    CHECK(matches(parts, 4, bytes, step));
    CHECK_FALSE(matches(parts, 4, "11112222", step));
    CHECK_FALSE(matches(parts, 4, "11112222334", step));
    CHECK_FALSE(matches(parts, 4, "21112222333", step));
    CHECK_FALSE(matches(parts, 4, "11112222333" + bytes, step));
    CHECK_FALSE(matches(parts, 4, "", step));
    CHECK(matches(even, 4, "11112222", step));
    CHECK_FALSE(matches(even, 4, "11112222333", step));
  }
}
