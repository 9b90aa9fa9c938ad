#include "artifact/dos2unix_digest.hpp"

#include <algorithm>

namespace mlem::artifact {
namespace {

/// Returns whether DVC takes bytes that begin so for text: istextblock() in dvc-objects' istextfile.py.
bool begins_as_text(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 512);
  std::size_t others = 0;
  for (const char c : start) {
    if (c == '\0') return false;
    const bool is_text = (c >= 32 && c < 127) || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\b';
    if (!is_text) ++others;
  }
  return others * 10 <= start.size() * 3;
}

std::string without_carriage_returns(std::string_view bytes) {
  std::string converted;
  converted.reserve(bytes.size());
  for (std::size_t end; (end = bytes.find("\r\n")) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
    converted += bytes.substr(0, end);
  }
  return converted += bytes;
}

}  // namespace

Dos2unixDigest::Dos2unixDigest() { digests_.emplace_back(Digest::Algorithm::md5); }

void Dos2unixDigest::update(std::string_view bytes) {
  while (!bytes.empty()) {
    if (buffer_.empty() && bytes.size() >= block_size) {
      take_block(bytes.substr(0, block_size));
      bytes.remove_prefix(block_size);
      continue;
    }
    const std::size_t count = std::min(bytes.size(), block_size - buffer_.size());
    buffer_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (buffer_.size() < block_size) return;
    take_block(buffer_);
    buffer_.clear();
  }
}

void Dos2unixDigest::take_block(std::string_view block) {
  const bool is_text_block = begins_as_text(block);
  if (is_first_block_) is_text_file_ = is_text_block;
  is_first_block_ = false;
  if ((!is_text_file_ && !is_text_block) || block.find("\r\n") == std::string_view::npos) {
    for (Digest& digest : digests_) digest.update(block);
    return;
  }
  const std::array<bool, variants> converts = {false, is_text_file_, is_text_block};
  split(converts);
  const std::string converted = without_carriage_returns(block);
  for (std::size_t place = 0; place < digests_.size(); ++place) {
    const auto variant = std::find(digest_of_.begin(), digest_of_.end(), place) - digest_of_.begin();
    digests_[place].update(converts[static_cast<std::size_t>(variant)] ? converted : block);
  }
}

void Dos2unixDigest::split(const std::array<bool, variants>& converts) {
  const std::array<std::size_t, variants> before = digest_of_;
  for (std::size_t variant = 1; variant < variants; ++variant) {
    // It goes with an earlier one whose digest it had and that does the same, else it gets its own.
    bool has_partner = false;
    bool is_alone = true;
    for (std::size_t other = 0; other < variant && !has_partner; ++other) {
      if (before[other] != before[variant]) continue;
      is_alone = false;
      has_partner = converts[other] == converts[variant];
      if (has_partner) digest_of_[variant] = digest_of_[other];
    }
    if (has_partner || is_alone) continue;
    digest_of_[variant] = digests_.size();
    digests_.push_back(Digest(digests_[before[variant]]));
  }
}

std::array<std::string, 3> Dos2unixDigest::finish() {
  if (!buffer_.empty()) take_block(buffer_);
  buffer_.clear();
  std::vector<std::string> md5s;
  for (Digest& digest : digests_) md5s.push_back(digest.finish());
  return {md5s[digest_of_[0]], md5s[digest_of_[1]], md5s[digest_of_[2]]};
}

bool Dos2unixDigest::matches(std::string_view md5) {
  const std::array<std::string, variants> md5s = finish();
  return std::find(md5s.begin(), md5s.end(), md5) != md5s.end();
}

}  // namespace mlem::artifact
