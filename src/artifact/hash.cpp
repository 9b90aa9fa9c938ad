#include "artifact/hash.hpp"

#include <utility>

namespace mlem::artifact {
namespace {

std::variant<Digest, Dos2unixDigest> begin_digest(const Hash& expected, std::uint64_t size) {
  constexpr std::size_t sha1_digits = 40;
  switch (expected.kind) {
    case Hash::Kind::md5:
      return Digest(Digest::Algorithm::md5);
    case Hash::Kind::md5_dos2unix:
      return Dos2unixDigest();
    case Hash::Kind::sha256:
      return Digest(Digest::Algorithm::sha256);
    case Hash::Kind::git_blob:
      break;
  }
  Digest digest(expected.value.size() == sha1_digits ? Digest::Algorithm::sha1 : Digest::Algorithm::sha256);
  std::string header = "blob " + std::to_string(size);
  header.push_back('\0');
  digest.update(header);
  return digest;
}

}  // namespace

std::string text_of(const Hash& hash) {
  const char* const algorithm = hash.kind == Hash::Kind::sha256         ? "sha256"
                                : hash.kind == Hash::Kind::git_blob     ? "git"
                                : hash.kind == Hash::Kind::md5_dos2unix ? "md5-dos2unix"
                                                                        : "md5";
  return std::string(algorithm) + ":" + hash.value;
}

HashCheck::HashCheck(Hash expected, std::uint64_t size)
    : digest_(begin_digest(expected, size)), expected_(std::move(expected.value)) {
  if (expected_.ends_with(".dir")) expected_.resize(expected_.size() - 4);
}

void HashCheck::update(std::string_view bytes) {
  std::visit([&](auto& digest) { digest.update(bytes); }, digest_);
}

bool HashCheck::matches() {
  if (auto* const text = std::get_if<Dos2unixDigest>(&digest_)) return text->matches(expected_);
  return std::get<Digest>(digest_).finish() == expected_;
}

}  // namespace mlem::artifact
