#include "artifact/file_proof.hpp"

#include <fmt/format.h>

namespace mlem::artifact {

std::string size_text(std::uint64_t size) { return fmt::format("{} byte{}", size, size == 1 ? "" : "s"); }

FileProof::FileProof(const PlacedFile& file, std::optional<std::uint64_t> size)
    : expected_size_(file.size ? file.size : size) {
  const std::optional<Hash> own = hash_of(file.place);
  if (own) checks_.emplace_back(*own, size.value_or(0));
  // What a metafile has from DVC was made as DVC made it.
  if (file.hash && (!own || own->value != file.hash->value)) checks_.emplace_back(*file.hash, size.value_or(0));
}

void FileProof::update(std::string_view bytes) {
  received_ += bytes.size();
  for (HashCheck& check : checks_) check.update(bytes);
}

std::optional<std::string> FileProof::flaw() {
  if (expected_size_ && received_ != *expected_size_) {
    return "it has " + size_text(received_) + " instead of " + size_text(*expected_size_);
  }
  for (HashCheck& check : checks_) {
    if (!check.matches()) return "its bytes have another hash than is recorded";
  }
  return std::nullopt;
}

}  // namespace mlem::artifact
