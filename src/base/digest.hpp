#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // libcrypto's EVP_MD_CTX

namespace mlem {

/// A digest of bytes that come in pieces. A copy goes on from where its original is.
class Digest {
 public:
  enum class Algorithm { md5, sha1, sha256 };

  /// Throws Error(unavailable) if the crypto library refuses the algorithm, as it does MD5 in FIPS mode.
  explicit Digest(Algorithm algorithm);
  Digest(const Digest& other);
  Digest(Digest&& other) noexcept = default;
  Digest& operator=(Digest other) noexcept;
  ~Digest() = default;

  void update(std::string_view bytes);
  /// Returns the digest of all bytes so far in lower-case hex digits, and takes no more of them.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* raw) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Returns the SHA-256 of `bytes` as 64 lower-case hex digits.
/// Throws Error(unavailable) if the crypto library refuses the algorithm.
std::string sha256_hex(std::string_view bytes);

}  // namespace mlem
