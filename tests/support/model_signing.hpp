#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;  // libcrypto's EVP_PKEY

namespace mlem::test {

/// A key to sign models with, another one each time.
class SigningKey {
 public:
  /// `kind` is a curve, such as `P-256`, or `RSA` or `ED25519`.
  explicit SigningKey(const std::string& kind = "P-256");

  /// Returns the public key in PEM.
  std::string public_key() const;
  std::string private_key() const;
  /// Returns what DSSE wants: the signature of `text` with the digest that goes with the curve.
  std::string sign(std::string_view text) const;
  evp_pkey_st* get() const noexcept { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* raw) const noexcept;
  };
  std::unique_ptr<evp_pkey_st, Free> key_;
  int bits_ = 0;
};

/// What a certificate says.
struct CertificateTerms {
  std::string name;
  bool is_authority = false;
  const char* usage = "critical,digitalSignature";  ///< null: nothing is said of it
  const char* extended_usage = nullptr;
  std::time_t from = 0;
  std::time_t until = 4'000'000'000;
};

/// A certificate in DER.
struct Certificate {
  std::string name;
  std::string der;
  std::string pem() const;
};

/// Returns the certificate of `key` by an authority, or by itself if there is none.
Certificate certify(const SigningKey& key, const CertificateTerms& terms, const SigningKey& authority_key,
                    const std::string& authority_name);

/// A file that is signed, or a shard of one (`path:start:end`).
struct SignedResource {
  std::string name;
  std::string digest;
};

/// Returns a resource with the SHA-256 of `bytes`.
SignedResource signed_resource(const std::string& name, std::string_view bytes);

/// What a statement says beside its resources.
struct StatementTerms {
  std::vector<std::string> ignored{};
  std::optional<std::uint64_t> shard_size{};
  bool allows_symlinks = false;
  std::string hash_type = "sha256";
};

/// Returns the statement of the specification about files.
std::string statement_of(const std::vector<SignedResource>& resources, const StatementTerms& terms = {});

/// Returns a bundle of the method `key`, as version 1.1 of the reference implementation has it.
std::string sign_statement(const std::string& statement, const SigningKey& key);
/// Returns a bundle of the method `certificate`.
std::string sign_statement(const std::string& statement, const SigningKey& key, const std::vector<Certificate>& chain);

}  // namespace mlem::test
