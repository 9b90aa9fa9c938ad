#include "base/digest.hpp"

#include "base/error.hpp"

#include <openssl/evp.h>

#include <array>

namespace mlem {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Error(ErrorKind::unavailable, "cannot compute a SHA-256", "the crypto library refuses the algorithm");

  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 0xfU];
  }
  return hex;
}

}  // namespace mlem
