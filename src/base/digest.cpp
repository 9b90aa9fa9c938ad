#include "base/digest.hpp"

#include "base/error.hpp"

#include <openssl/evp.h>

#include <array>
#include <span>

namespace mlem {
namespace {

const EVP_MD* implementation_of(Digest::Algorithm algorithm) {
  switch (algorithm) {
    case Digest::Algorithm::md5:
      return EVP_md5();
    case Digest::Algorithm::sha1:
      return EVP_sha1();
    case Digest::Algorithm::sha256:
      return EVP_sha256();
  }
  return nullptr;
}

const char* name_of(Digest::Algorithm algorithm) {
  switch (algorithm) {
    case Digest::Algorithm::md5:
      return "an MD5";
    case Digest::Algorithm::sha1:
      return "a SHA-1";
    case Digest::Algorithm::sha256:
      return "a SHA-256";
  }
  return "a digest";
}

[[noreturn]] void throw_failed() {
  throw Error(ErrorKind::unavailable, "cannot compute a digest", "the crypto library failed");
}

std::string hex_of(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(std::size_t{2} * bytes.size());
  for (const unsigned char byte : bytes) {
    hex += digits[byte >> 4U];
    hex += digits[byte & 0xfU];
  }
  return hex;
}

}  // namespace

void Digest::Free::operator()(evp_md_ctx_st* raw) const noexcept { EVP_MD_CTX_free(raw); }

Digest::Digest(Algorithm algorithm) : context_(EVP_MD_CTX_new()) {
  if (context_ != nullptr && EVP_DigestInit_ex(context_.get(), implementation_of(algorithm), nullptr) == 1) return;
  throw Error(ErrorKind::unavailable, std::string("cannot compute ") + name_of(algorithm),
              "the crypto library refuses the algorithm");
}

Digest::Digest(const Digest& other) : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) != 1) throw_failed();
}

Digest& Digest::operator=(Digest other) noexcept {
  context_.swap(other.context_);
  return *this;
}

void Digest::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw_failed();
}

std::string Digest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) throw_failed();
  return hex_of(std::span(digest).first(size));
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest(Digest::Algorithm::sha256);
  digest.update(bytes);
  return digest.finish();
}

}  // namespace mlem
