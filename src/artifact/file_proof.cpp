#include "artifact/file_proof.hpp"

#include <fmt/format.h>

namespace mlem::artifact {

std::string size_text(std::uint64_t size) { return fmt::format("{} byte{}", size, size == 1 ? "" : "s"); }

std::string wrong_size_text(std::uint64_t size, std::uint64_t recorded) {
  return "it has " + size_text(size) + " instead of " + size_text(recorded);
}

FileProof::FileProof(const PlacedFile& file, std::optional<std::uint64_t> size)
    : expected_size_(file.size ? file.size : size),
      own_record_(std::holds_alternative<LfsObject>(file.place) ? "its pointer records" : "DVC has recorded") {
  for (const Hash& hash : hashes_of(file)) checks_.emplace_back(hash, size.value_or(0));
}

void FileProof::update(std::string_view bytes) {
  received_ += bytes.size();
  for (HashCheck& check : checks_) check.update(bytes);
}

std::optional<std::string> FileProof::flaw() {
  if (expected_size_ && received_ != *expected_size_) return wrong_size_text(received_, *expected_size_);
  for (HashCheck& check : checks_) {
    if (check.matches()) continue;
    const bool is_first = &check == &checks_.front();
    return "its bytes have another hash than " + (is_first ? "is recorded" : own_record_);
  }
  return std::nullopt;
}

}  // namespace mlem::artifact
