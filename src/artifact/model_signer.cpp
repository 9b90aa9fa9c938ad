#include "artifact/model_signer.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

// The file of trust is read once, into public keys and certificates of authorities. A signature holds if one of the
// keys made it, or else if the first certificate that it brings leads to one of the authorities, is one to sign with,
// and has the key that made it. No other reason for trust counts: neither what the system trusts nor anything on the
// network. The crypto library keeps errors in a queue of the thread, which is emptied before and after every use, or
// others would find them.

namespace mlem::artifact {

/// Frees what libcrypto has made.
struct FreeCrypto {
  void operator()(EVP_PKEY* raw) const noexcept { EVP_PKEY_free(raw); }
  void operator()(X509* raw) const noexcept { X509_free(raw); }
  void operator()(X509_STORE* raw) const noexcept { X509_STORE_free(raw); }
  void operator()(X509_STORE_CTX* raw) const noexcept { X509_STORE_CTX_free(raw); }
  void operator()(STACK_OF(X509) * raw) const noexcept { sk_X509_pop_free(raw, X509_free); }
  void operator()(EVP_MD_CTX* raw) const noexcept { EVP_MD_CTX_free(raw); }
  void operator()(BIO* raw) const noexcept { BIO_free(raw); }
  void operator()(char* raw) const noexcept { OPENSSL_free(raw); }
  void operator()(unsigned char* raw) const noexcept { OPENSSL_free(raw); }
};
template <typename T>
using CryptoPtr = std::unique_ptr<T, FreeCrypto>;

namespace {

constexpr std::size_t max_trust_file = std::size_t{1} << 20;
constexpr std::size_t most_trusted = 1000;

/// Leaves no error of ours in the thread's queue, where libcurl would find it.
struct ErrorQueue {
  ErrorQueue() { ERR_clear_error(); }
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;
  ~ErrorQueue() { ERR_clear_error(); }
};

[[noreturn]] void throw_no_trust(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::invalid, "not a file of who signs models", why, hint);
}

const unsigned char* bytes_at(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Returns the digest that goes with a key; null if the specification has no such keys.
const EVP_MD* digest_for(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return nullptr;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return nullptr;
  const std::string_view name(group.data(), size);
  if (name == "prime256v1" || name == "P-256") return EVP_sha256();
  if (name == "secp384r1" || name == "P-384") return EVP_sha384();
  if (name == "secp521r1" || name == "P-521") return EVP_sha512();
  return nullptr;
}

bool verifies(EVP_PKEY* key, const std::string& signature, const std::string& text) {
  const ErrorQueue errors;
  const CryptoPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const EVP_MD* const digest = digest_for(key);
  if (context == nullptr || digest == nullptr) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) != 1) return false;
  return EVP_DigestVerify(context.get(), bytes_at(signature), signature.size(), bytes_at(text), text.size()) == 1;
}

bool verifies_any(EVP_PKEY* key, const ModelSignature& signature, const std::string& text) {
  return std::any_of(signature.signatures.begin(), signature.signatures.end(),
                     [&](const std::string& each) { return verifies(key, each, text); });
}

/// Returns the SHA-256 of a key in PEM, by which signers name it.
std::string fingerprint_of(EVP_PKEY* key) {
  const CryptoPtr<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || PEM_write_bio_PUBKEY(out.get(), key) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return sha256_hex(std::string_view(data, static_cast<std::size_t>(size)));
}

CryptoPtr<X509> read_certificate(std::string_view der) {
  const unsigned char* at = bytes_at(der);
  CryptoPtr<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (at != bytes_at(der) + der.size()) certificate.reset();
  return certificate;
}

/// Whether a certificate is one to sign with: for signatures in general, or for those of code.
bool may_sign(X509* certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) != 0) return true;
  return (flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(certificate) & XKU_CODE_SIGN) != 0;
}

}  // namespace

struct ModelSigner::Trust {
  struct Key {
    CryptoPtr<EVP_PKEY> key;
    std::string fingerprint;
  };
  std::vector<Key> keys;
  CryptoPtr<X509_STORE> store{X509_STORE_new()};
  std::size_t authorities = 0;

  void add_key(std::string_view der) {
    const unsigned char* at = bytes_at(der);
    CryptoPtr<EVP_PKEY> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    if (key == nullptr) throw_no_trust("a public key in it cannot be read");
    if (digest_for(key.get()) == nullptr) {
      throw_no_trust("a public key in it is not one that models are signed with",
                     "those are keys on the elliptic curves P-256, P-384 and P-521");
    }
    std::string fingerprint = fingerprint_of(key.get());
    keys.push_back({std::move(key), std::move(fingerprint)});
  }

  void add_authority(std::string_view der) {
    const CryptoPtr<X509> certificate = read_certificate(der);
    if (certificate == nullptr) throw_no_trust("a certificate in it cannot be read");
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      throw Error(ErrorKind::unavailable, "cannot trust a certificate", "the crypto library failed");
    }
    ++authorities;
  }

  Answer verify_by_key(const ModelSignature& signature) const {
    const std::string text = signature.signed_bytes();
    for (const Key& each : keys) {
      if (verifies_any(each.key.get(), signature, text)) return {Answer::Kind::yes, {}};
    }
    const auto is_named = [&](const Key& each) { return each.fingerprint == signature.key_hint; };
    const bool is_ours = std::any_of(keys.begin(), keys.end(), is_named);
    if (is_ours) return {Answer::Kind::no, "the signature does not verify: what it signs was changed"};
    return {Answer::Kind::no, signature.key_hint.empty() ? "no trusted key made the signature"
                                                         : "another key than is trusted made the signature"};
  }

  Answer verify_by_certificate(const ModelSignature& signature, std::time_t now) const {
    std::vector<CryptoPtr<X509>> chain;
    const CryptoPtr<STACK_OF(X509)> others(sk_X509_new_null());
    for (const std::string& der : signature.certificates) {
      CryptoPtr<X509> certificate = read_certificate(der);
      if (certificate == nullptr) return {Answer::Kind::no, "a certificate in the signature cannot be read"};
      if (!chain.empty() && others != nullptr && X509_up_ref(certificate.get()) == 1 &&
          sk_X509_push(others.get(), certificate.get()) <= 0) {
        X509_free(certificate.get());
      }
      chain.push_back(std::move(certificate));
    }
    X509* const signer = chain.front().get();
    if (std::string why = why_not_trusted(signer, others.get(), now); !why.empty()) return {Answer::Kind::no, why};
    if (!may_sign(signer)) return {Answer::Kind::no, "the signer's certificate is not one to sign with"};
    EVP_PKEY* const key = X509_get0_pubkey(signer);
    if (key == nullptr || digest_for(key) == nullptr) {
      return {Answer::Kind::no, "the signer's certificate has a key of a kind that models are not signed with"};
    }
    if (verifies_any(key, signature, signature.signed_bytes())) return {Answer::Kind::yes, {}};
    return {Answer::Kind::no, "the signature does not verify: what it signs was changed"};
  }

  std::string why_not_trusted(X509* signer, STACK_OF(X509) * others, std::time_t now) const {
    // SHA-1 and keys of less than 112 bits of security are not taken (X509_VERIFY_PARAM_set_auth_level(3)).
    constexpr int least_security = 2;
    const CryptoPtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
    if (context == nullptr || X509_STORE_CTX_init(context.get(), store.get(), signer, others) != 1) {
      throw Error(ErrorKind::unavailable, "cannot verify a certificate", "the crypto library failed");
    }
    X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(param, now);
    X509_VERIFY_PARAM_set_auth_level(param, least_security);
    // An authority below another one can be trusted without that.
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context.get()) == 1) return {};
    const int error = X509_STORE_CTX_get_error(context.get());
    switch (error) {
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_CERT_UNTRUSTED:
        return "the signer's certificate is of another authority than is trusted";
      case X509_V_ERR_CERT_HAS_EXPIRED:
        return "the signer's certificate, or one above it, has expired";
      default:
        return std::string("the signer's certificate is not good: ") + X509_verify_cert_error_string(error);
    }
  }
};

ModelSigner::ModelSigner(std::unique_ptr<Trust> trust) : trust_(std::move(trust)) {}
ModelSigner::ModelSigner(ModelSigner&& other) noexcept = default;
ModelSigner& ModelSigner::operator=(ModelSigner&& other) noexcept = default;
ModelSigner::~ModelSigner() = default;

ModelSigner ModelSigner::parse(std::string_view pem) {
  const ErrorQueue errors;
  auto trust = std::make_unique<Trust>();
  const CryptoPtr<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min(pem.size(), max_trust_file))));
  if (in == nullptr || trust->store == nullptr) {
    throw Error(ErrorKind::unavailable, "cannot read keys", "the crypto library failed");
  }
  for (;;) {
    char* raw_name = nullptr;
    char* raw_header = nullptr;
    unsigned char* raw_data = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &raw_name, &raw_header, &raw_data, &size) != 1) break;
    const CryptoPtr<char> kept_name(raw_name);
    const CryptoPtr<char> kept_header(raw_header);
    const CryptoPtr<unsigned char> kept_data(raw_data);
    const std::string_view der(reinterpret_cast<const char*>(raw_data), static_cast<std::size_t>(size));
    const std::string_view name = raw_name;
    if (name == "PUBLIC KEY")
      trust->add_key(der);
    else if (name == "CERTIFICATE" || name == "X509 CERTIFICATE")
      trust->add_authority(der);
    else if (name != "EC PARAMETERS")
      throw_no_trust(
          "it has a '" + escape_for_terminal(name) + "', which is neither a public key nor a certificate",
          name.ends_with("PRIVATE KEY") ? "'openssl pkey -pubout -in <file>' writes the public key of one" : "");
    if (trust->keys.size() + trust->authorities > most_trusted) {
      throw_no_trust("it has more than " + std::to_string(most_trusted) + " keys and certificates");
    }
  }
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    throw_no_trust("it is not well-formed PEM");
  }
  if (trust->keys.empty() && trust->authorities == 0) {
    throw_no_trust("it has neither a public key nor a certificate in PEM");
  }
  return ModelSigner(std::move(trust));
}

ModelSigner ModelSigner::load(const fs::path& file) {
  const std::string what = "cannot read '" + escape_for_terminal(file.string()) + "'";
  const auto real = find_real_path(from_current_directory(file));  // certificates are often behind a symbolic link
  const auto text = real ? load_file(*real, max_trust_file) : std::nullopt;
  if (!text) throw Error(ErrorKind::not_found, what, "there is no such file");
  try {
    return parse(*text);
  } catch (const Error& error) {
    throw Error(error.kind(), what, error.why().empty() ? error.what_failed() : error.why(), error.hint());
  }
}

ModelSigner::Answer ModelSigner::verify(const ModelSignature& signature, std::time_t now) const {
  const ErrorQueue errors;
  if (signature.method == ModelSignature::Method::keyless) {
    return {Answer::Kind::undecided, "it was made without a key of its own, and only Sigstore can tell by whom"};
  }
  const bool has_chain = signature.method == ModelSignature::Method::certificate && trust_->authorities > 0;
  if (!trust_->keys.empty()) {
    // The key of a certificate may be trusted by itself.
    Answer by_key = trust_->verify_by_key(signature);
    if (by_key.kind == Answer::Kind::yes || !has_chain) return by_key;
  }
  if (has_chain) return trust_->verify_by_certificate(signature, now);
  return {Answer::Kind::no, "it was made with a key, and only certificates of authorities are trusted"};
}

}  // namespace mlem::artifact
