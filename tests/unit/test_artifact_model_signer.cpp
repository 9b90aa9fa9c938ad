#include "artifact/model_signer.hpp"
#include "base/error.hpp"
#include "support/model_signing.hpp"
#include "support/temp_dir.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using mlem::Error;
using mlem::artifact::ModelSignature;
using mlem::artifact::ModelSigner;
using mlem::artifact::parse_model_signature;
using mlem::test::Certificate;
using mlem::test::CertificateTerms;
using mlem::test::certify;
using mlem::test::read_file;
using mlem::test::sign_statement;
using mlem::test::SigningKey;
using Kind = ModelSigner::Answer::Kind;

namespace {

constexpr std::time_t now = 1'790'000'000;  // in 2026

std::string published(const std::string& name) {
  return read_file(std::string(GIT_MLEM_VECTORS "/model-signing/") + name);
}

const std::string statement = mlem::test::statement_of({mlem::test::signed_resource("a", "1")});

/// Returns why a signature is not good, or `yes`.
std::string answer(const ModelSigner& signer, const std::string& bundle, std::time_t time = now) {
  const auto found = signer.verify(parse_model_signature(bundle), time);
  CHECK((found.kind == Kind::yes) == found.why.empty());
  return found.kind == Kind::yes ? "yes" : (found.kind == Kind::undecided ? "undecided: " : "no: ") + found.why;
}

std::string error_of(const std::string& pem) {
  try {
    ModelSigner::parse(pem);
  } catch (const Error& error) {
    CHECK(error.what_failed() == "not a file of who signs models");
    return error.why() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return "read";
}

const std::string other_key = "no: another key than is trusted made the signature";
const std::string other_authority = "no: the signer's certificate is of another authority than is trusted";
const std::string changed = "no: the signature does not verify: what it signs was changed";

}  // namespace

TEST_CASE("model signer: the published signatures verify by key and by certificate") {
  const auto key = ModelSigner::parse(published("keys/signing-key-pub.pem"));
  const auto authority = ModelSigner::parse(published("keys/ca-cert.pem"));
  const auto intermediate = ModelSigner::parse(published("keys/int-ca-cert.pem"));
  for (const char* name :
       {"v1.0.0-elliptic-key/model.sig", "v1.1.0-elliptic-key/model.sig", "specification/key.bundle.json"}) {
    CAPTURE(name);
    CHECK(answer(key, published(name)) == "yes");
    CHECK(answer(authority, published(name)) ==
          "no: it was made with a key, and only certificates of authorities are trusted");
  }
  for (const char* name : {"v1.0.0-certificate/model.sig", "v1.0.1-certificate/model.sig",
                           "v1.1.0-certificate/model.sig", "specification/certificate.bundle.json"}) {
    CAPTURE(name);
    CHECK(answer(authority, published(name)) == "yes");
    CHECK(answer(intermediate, published(name)) == "yes");
    CHECK(answer(key, published(name)) == "yes");  // which the certificate is of
  }
  for (const char* name : {"v1.1.0-sigstore/model.sig", "specification/sigstore.bundle.json"}) {
    CAPTURE(name);
    CHECK(answer(key, published(name)) ==
          "undecided: it was made without a key of its own, and only Sigstore can tell by whom");
  }
}

TEST_CASE("model signer: keys on the three curves") {
  for (const char* curve : {"P-256", "P-384", "P-521"}) {
    CAPTURE(curve);
    const SigningKey key(curve);
    const std::string bundle = sign_statement(statement, key);
    CHECK(answer(ModelSigner::parse(key.public_key()), bundle) == "yes");
    CHECK(answer(ModelSigner::parse(SigningKey(curve).public_key()), bundle) == other_key);
    CHECK(answer(ModelSigner::parse(SigningKey("P-256").public_key() + key.public_key()), bundle) == "yes");
    ModelSignature tampered = parse_model_signature(bundle);
    tampered.payload += " ";
    CHECK("no: " + ModelSigner::parse(key.public_key()).verify(tampered, now).why == changed);
  }
}

TEST_CASE("model signer: one good signature of several is enough") {
  const SigningKey key;
  ModelSignature signature = parse_model_signature(sign_statement(statement, key));
  signature.signatures.insert(signature.signatures.begin(), {"nonsense", std::string(2000, 'x')});
  CHECK((ModelSigner::parse(key.public_key()).verify(signature, now).kind == Kind::yes));
  signature.signatures.pop_back();
  CHECK((ModelSigner::parse(key.public_key()).verify(signature, now).kind == Kind::no));
}

TEST_CASE("model signer: certificates are held to their authority and terms") {
  const SigningKey root_key("P-384");
  const SigningKey middle_key;
  const SigningKey key;
  const Certificate root =
      certify(root_key, {.name = "root", .is_authority = true, .usage = "critical,keyCertSign"}, root_key, "root");
  const Certificate middle =
      certify(middle_key, {.name = "middle", .is_authority = true, .usage = "critical,keyCertSign"}, root_key, "root");
  const auto trusted = ModelSigner::parse(root.pem());
  const auto by = [&](const CertificateTerms& terms) { return certify(key, terms, middle_key, "middle"); };
  const auto asked = [&](const CertificateTerms& terms, std::time_t time = now) {
    return answer(trusted, sign_statement(statement, key, {by(terms), middle}), time);
  };
  CHECK(asked({.name = "signer"}) == "yes");
  CHECK(asked({.name = "signer", .usage = nullptr, .extended_usage = "codeSigning"}) == "yes");
  CHECK(asked({.name = "signer", .usage = nullptr}) == "no: the signer's certificate is not one to sign with");
  CHECK(asked({.name = "signer", .usage = "keyEncipherment", .extended_usage = "serverAuth"}) ==
        "no: the signer's certificate is not one to sign with");
  const std::string expired = "no: the signer's certificate, or one above it, has expired";
  CHECK(asked({.name = "signer", .until = now - 1}) == expired);
  CHECK(asked({.name = "signer", .until = now}, now + 1) == expired);
  CHECK(asked({.name = "signer", .from = now + 10}) ==
        "no: the signer's certificate is not good: certificate is not yet valid");
  const std::vector<Certificate> without_middle{by({.name = "signer"})};
  CHECK(answer(trusted, sign_statement(statement, key, without_middle)) == other_authority);
  CHECK(answer(ModelSigner::parse(middle.pem()), sign_statement(statement, key, without_middle)) == "yes");
  const SigningKey stranger;
  const Certificate own = certify(stranger, {.name = "root", .is_authority = true}, stranger, "root");
  CHECK(answer(trusted, sign_statement(statement, stranger, {own})) == other_authority);
  // Who has a certificate to sign with is not an authority.
  const Certificate below = certify(stranger, {.name = "below"}, key, "signer");
  CHECK(answer(trusted, sign_statement(statement, stranger, {below, by({.name = "signer"}), middle})) ==
        "no: the signer's certificate is not good: invalid CA certificate");
  CHECK(answer(trusted, sign_statement(statement, stranger, {by({.name = "signer"}), middle})) == changed);
  const SigningKey rsa("RSA");
  const Certificate of_rsa = certify(rsa, {.name = "signer"}, root_key, "root");
  CHECK(answer(trusted, sign_statement(statement, rsa, {of_rsa})) ==
        "no: the signer's certificate has a key of a kind that models are not signed with");
  const Certificate broken{"signer", "not DER"};
  CHECK(answer(trusted, sign_statement(statement, key, {broken})) ==
        "no: a certificate in the signature cannot be read");
}

TEST_CASE("model signer: a file of trust has public keys and certificates") {
  const std::string curves =
      "a public key in it is not one that models are signed with; those are keys on the elliptic "
      "curves P-256, P-384 and P-521";
  CHECK(error_of("") == "it has neither a public key nor a certificate in PEM");
  CHECK(error_of("ssh-ed25519 AAAA") == "it has neither a public key nor a certificate in PEM");
  CHECK(error_of(SigningKey("RSA").public_key()) == curves);
  CHECK(error_of(SigningKey("ED25519").public_key()) == curves);
  CHECK(error_of(SigningKey("secp256k1").public_key()) == curves);
  CHECK(error_of(SigningKey().private_key()) ==
        "it has a 'PRIVATE KEY', which is neither a public key nor a certificate; 'openssl pkey -pubout -in <file>' "
        "writes the public key of one");
  const std::string good = SigningKey().public_key();
  CHECK(error_of(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") ==
        "a certificate in it cannot be read");
  CHECK(error_of(good + good.substr(0, good.size() - 30)) == "it is not well-formed PEM");
  CHECK(error_of("about this key\n" + good) == "read");
}

TEST_CASE("model signer: a file of trust may be behind a symbolic link") {
  const mlem::test::TempDir directory;
  const SigningKey key;
  mlem::test::write_file(directory.path() / "key.pem", key.public_key());
  boost::filesystem::create_symlink("key.pem", directory.path() / "current");
  CHECK(answer(ModelSigner::load(directory.path() / "current"), sign_statement(statement, key)) == "yes");
  const std::string absent = (directory.path() / "absent").string();
  CHECK_THROWS_WITH_AS(ModelSigner::load(absent), ("cannot read '" + absent + "': there is no such file").c_str(),
                       Error);
  mlem::test::write_file(directory.path() / "empty", "");
  CHECK_THROWS_AS(ModelSigner::load(directory.path() / "empty"), Error);
}
