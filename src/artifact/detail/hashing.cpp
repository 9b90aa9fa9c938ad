#include "artifact/detail/hashing.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace mlem::artifact::detail {
namespace {

using State = FoundArtifact::State;

}  // namespace

std::string size_text(std::uint64_t size) { return fmt::format("{} byte{}", size, size == 1 ? "" : "s"); }

Outcome wrong_size(std::uint64_t size, std::uint64_t recorded) {
  return {State::mismatch, "it has " + size_text(size) + " instead of " + size_text(recorded)};
}

Hashing::Hashing(const PlacedFile& file, std::optional<std::uint64_t> size) : expected_(file.size ? file.size : size) {
  for (const Hash& hash : hashes_of(file)) checks_.emplace_back(hash, size.value_or(0));
  own_record_ = std::holds_alternative<LfsObject>(file.place) ? "its pointer records" : "DVC has recorded";
}

void Hashing::take(std::string_view piece) {
  received_ += piece.size();
  for (HashCheck& check : checks_) check.update(piece);
  if (md5s_) md5s_->update(piece);
  if (signed_) signed_->update(piece);
}

Outcome Hashing::outcome() {
  Outcome outcome = compare();
  outcome.size = received_;
  if (!md5s_) return outcome;
  const std::array<std::string, 3> all = md5s_->finish();
  const bool is_one = all[0] == all[1] && all[0] == all[2];
  outcome.md5s.assign(all.begin(), is_one ? all.begin() + 1 : all.end());
  return outcome;
}

Outcome Hashing::compare() {
  if (expected_ && received_ != *expected_) return wrong_size(received_, *expected_);
  if (signed_ && !signed_->matches()) return {State::mismatch, "its bytes have another digest than is signed"};
  if (checks_.empty()) return {};
  for (HashCheck& check : checks_) {
    if (check.matches()) continue;
    const bool is_first = &check == &checks_.front();
    return {State::mismatch, "its bytes have another hash than " + (is_first ? "is recorded" : own_record_)};
  }
  return {State::ok};
}

void end_if_asked(const Interrupt* interrupt) {
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
}

Outcome hash_file(const fs::path& path, Hashing hashing, const Interrupt* interrupt) {
  constexpr std::size_t piece_size = std::size_t{1} << 18;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return {State::missing, "'" + path.string() + "' cannot be read"};
  struct Closing {
    int descriptor;
    ~Closing() { close(descriptor); }
  } const closing{descriptor};
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::string buffer(piece_size, '\0');
  for (;;) {
    end_if_asked(interrupt);
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {State::unverified, "'" + path.string() + "' cannot be read", Verdict::unreachable};
    if (count == 0) return hashing.outcome();
    hashing.take(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
  }
}

Outcome size_of_file(const fs::path& path, const PlacedFile& file) {
  boost::system::error_code failure;
  const std::uint64_t size = fs::file_size(path, failure);
  if (failure) return {State::missing, "'" + path.string() + "' cannot be read"};
  const auto expected = file.size ? file.size : size_of(file.place);
  return !expected || size == *expected ? Outcome{.size = size} : wrong_size(size, *expected);
}

}  // namespace mlem::artifact::detail
