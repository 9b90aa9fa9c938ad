#include "artifact/detail/hashing.hpp"

#include "artifact/partial_file.hpp"
#include "base/error.hpp"

#include <boost/filesystem/operations.hpp>

#include <array>
#include <string_view>

namespace mlem::artifact::detail {
namespace {

using State = FoundArtifact::State;

}  // namespace

Outcome wrong_size(std::uint64_t size, std::uint64_t recorded) {
  return {State::mismatch, wrong_size_text(size, recorded)};
}

Hashing::Hashing(const PlacedFile& file, std::optional<std::uint64_t> size) : proof_(file, size) {}

void Hashing::take(std::string_view piece) {
  proof_.update(piece);
  if (md5s_) md5s_->update(piece);
  if (signed_) signed_->update(piece);
}

Outcome Hashing::outcome() {
  const std::optional<std::string> flaw = proof_.flaw();
  Outcome outcome{proof_.has_hash() ? State::ok : State::unhashed};
  if (flaw)
    outcome = {State::mismatch, *flaw};
  else if (signed_ && !signed_->matches())
    outcome = {State::mismatch, "its bytes have another digest than is signed"};
  outcome.size = proof_.received();
  if (!md5s_) return outcome;
  const std::array<std::string, 3> all = md5s_->finish();
  const bool is_one = all[0] == all[1] && all[0] == all[2];
  outcome.md5s.assign(all.begin(), is_one ? all.begin() + 1 : all.end());
  return outcome;
}

void end_if_asked(const Interrupt* interrupt) {
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
}

Outcome hash_file(const fs::path& path, Hashing hashing, const Interrupt* interrupt) {
  const std::string why = "'" + path.string() + "' cannot be read";
  try {
    const bool is_there = read_file(path, interrupt, [&](std::string_view piece) { hashing.take(piece); });
    return is_there ? hashing.outcome() : Outcome{State::missing, why};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return {State::unverified, why, Verdict::unreachable};
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
