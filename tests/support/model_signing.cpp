#include "support/model_signing.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <functional>
#include <stdexcept>

namespace mlem::test {
namespace {

using Json = nlohmann::ordered_json;

void require(bool is_done, const char* what) {
  if (!is_done) throw std::runtime_error(std::string("libcrypto: ") + what);
}

/// Returns what `write` writes into a BIO.
std::string written(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  require(out != nullptr && write(out.get()) == 1, "cannot write");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

const EVP_MD* digest_of(int bits) { return bits == 521 ? EVP_sha512() : bits == 384 ? EVP_sha384() : EVP_sha256(); }

void add_extension(X509* certificate, X509* authority, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, authority, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value);
  X509_EXTENSION_free(extension);
}

X509_NAME* name_of(const std::string& text) {
  X509_NAME* const name = X509_NAME_new();
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1,
                             0);
  return name;
}

std::string bundle_of(const std::string& statement, const SigningKey& key, const Json& material) {
  const std::string type = "application/vnd.in-toto+json";
  const std::string text =
      "DSSEv1 " + std::to_string(type.size()) + " " + type + " " + std::to_string(statement.size()) + " " + statement;
  return Json{{"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
              {"verificationMaterial", material},
              {"dsseEnvelope",
               {{"payload", base64(statement)},
                {"payloadType", type},
                {"signatures", Json::array({{{"sig", base64(key.sign(text))}, {"keyid", ""}}})}}}}
      .dump();
}

}  // namespace

void SigningKey::Free::operator()(evp_pkey_st* raw) const noexcept { EVP_PKEY_free(raw); }

SigningKey::SigningKey(const std::string& kind) {
  if (kind == "RSA")
    key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  else if (kind == "ED25519")
    key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  else
    key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str()));
  require(key_ != nullptr, "cannot make a key");
  bits_ = EVP_PKEY_get_bits(key_.get());
}

std::string SigningKey::public_key() const {
  return written([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key_.get()); });
}

std::string SigningKey::private_key() const {
  return written(
      [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string SigningKey::sign(std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  require(EVP_DigestSignInit(context.get(), nullptr, digest_of(bits_), nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                             reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
          "cannot sign");
  signature.resize(size);
  return signature;
}

std::string Certificate::pem() const {
  std::string text = "-----BEGIN CERTIFICATE-----\n";
  const std::string all = base64(der);
  for (std::size_t i = 0; i < all.size(); i += 64) text += all.substr(i, 64) + "\n";
  return text + "-----END CERTIFICATE-----\n";
}

Certificate certify(const SigningKey& key, const CertificateTerms& terms, const SigningKey& authority_key,
                    const std::string& authority_name) {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  X509* const raw = certificate.get();
  static long serial = 0;
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(raw), terms.from);
  ASN1_TIME_set(X509_getm_notAfter(raw), terms.until);
  const std::unique_ptr<X509_NAME, void (*)(X509_NAME*)> subject(name_of(terms.name), X509_NAME_free);
  const std::unique_ptr<X509_NAME, void (*)(X509_NAME*)> issuer(name_of(authority_name), X509_NAME_free);
  X509_set_subject_name(raw, subject.get());
  X509_set_issuer_name(raw, issuer.get());
  X509_set_pubkey(raw, key.get());
  add_extension(raw, raw, NID_basic_constraints, terms.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (terms.usage != nullptr) add_extension(raw, raw, NID_key_usage, terms.usage);
  if (terms.extended_usage != nullptr) add_extension(raw, raw, NID_ext_key_usage, terms.extended_usage);
  require(X509_sign(raw, authority_key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
  Certificate made{terms.name, {}};
  unsigned char* der = nullptr;
  const int size = i2d_X509(raw, &der);
  require(size > 0, "cannot write a certificate");
  made.der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return made;
}

SignedResource signed_resource(const std::string& name, std::string_view bytes) { return {name, sha256_hex(bytes)}; }

std::string statement_of(const std::vector<SignedResource>& resources, const StatementTerms& terms) {
  Json serialization{{"method", terms.shard_size ? "shards" : "files"},
                     {"hash_type", terms.hash_type},
                     {"allow_symlinks", terms.allows_symlinks}};
  if (terms.shard_size) serialization["shard_size"] = *terms.shard_size;
  if (!terms.ignored.empty()) serialization["ignore_paths"] = terms.ignored;
  Json list = Json::array();
  Digest root(Digest::Algorithm::sha256);
  for (const SignedResource& resource : resources) {
    list.push_back({{"name", resource.name}, {"digest", resource.digest}, {"algorithm", terms.hash_type}});
    for (std::size_t i = 0; i + 1 < resource.digest.size(); i += 2) {
      const char byte = static_cast<char>(hex_value(resource.digest[i]) * 16 + hex_value(resource.digest[i + 1]));
      root.update(std::string_view(&byte, 1));
    }
  }
  return Json{{"_type", "https://in-toto.io/Statement/v1"},
              {"subject", Json::array({{{"name", "model"}, {"digest", {{"sha256", root.finish()}}}}})},
              {"predicateType", "https://model_signing/signature/v1.0"},
              {"predicate", {{"resources", list}, {"serialization", serialization}}}}
      .dump();
}

std::string sign_statement(const std::string& statement, const SigningKey& key) {
  return bundle_of(statement, key, {{"publicKey", {{"hint", sha256_hex(key.public_key())}}}});
}

std::string sign_statement(const std::string& statement, const SigningKey& key, const std::vector<Certificate>& chain) {
  Json certificates = Json::array();
  for (const Certificate& each : chain) certificates.push_back({{"rawBytes", base64(each.der)}});
  return bundle_of(statement, key,
                   {{"x509CertificateChain", {{"certificates", certificates}}}, {"tlogEntries", Json::array()}});
}

}  // namespace mlem::test
