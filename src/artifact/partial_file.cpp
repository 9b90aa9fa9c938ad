#include "artifact/partial_file.hpp"

#include "artifact/detail/proof_thread.hpp"
#include "base/error.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mlem::artifact {
namespace {

Error cannot_use(const char* verb, const fs::path& path, int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  return {ErrorKind::io, "cannot " + std::string(verb) + " '" + path.string() + "'", std::strerror(error_number),
          is_full ? "make room and run it again: it goes on from there" : ""};
}

}  // namespace

bool read_file(const fs::path& path, const Interrupt* interrupt,
               const std::function<void(std::string_view piece)>& take) {
  constexpr std::size_t piece_size = std::size_t{1} << 18;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return false;
  struct Closing {
    int descriptor;
    ~Closing() { ::close(descriptor); }
  } const closing{descriptor};
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::string buffer(piece_size, '\0');
  for (;;) {
    if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot_use("read", path, errno);
    if (count == 0) return true;
    take(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
  }
}

bool prove_file(const fs::path& path, FileProof& proof, const Interrupt* interrupt) {
  return read_file(path, interrupt, [&](std::string_view piece) { proof.update(piece); });
}

PartialFile::PartialFile(fs::path path, const PlacedFile& file, std::optional<std::uint64_t> size)
    : path_(std::move(path)), fresh_(file, size), proof_(fresh_) {}

PartialFile::~PartialFile() { close(); }

bool PartialFile::resume(const Interrupt* interrupt) {
  const bool is_there = prove_file(path_, proof_, interrupt);
  size_ = proof_.received();
  if (!is_there) return false;
  FileProof whole = proof_;
  return !whole.flaw();
}

void PartialFile::open_at(std::uint64_t offset) {
  if (descriptor_ < 0) descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) throw cannot_use("create", path_, errno);
  const auto place = static_cast<off_t>(offset);
  if (ftruncate(descriptor_, place) != 0 || lseek(descriptor_, place, SEEK_SET) != place) {
    throw cannot_use("write", path_, errno);
  }
}

void PartialFile::begin(std::uint64_t offset) {
  aside_.reset();
  if (offset != size_ || proof_.received() != size_) {
    offset = 0;
    proof_ = fresh_;
  }
  size_ = offset;
  open_at(offset);
}

void PartialFile::prove_aside() {
  try {
    aside_ = std::make_unique<detail::ProofThread>(proof_);
  } catch (const std::system_error&) {
    // Where there can be no more threads, it takes its time.
  }
}

void PartialFile::take(std::string_view bytes) {
  if (aside_)
    aside_->take(bytes);
  else
    proof_.update(bytes);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot_use("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::optional<std::string> PartialFile::finish() {
  if (descriptor_ < 0 && size() == 0) open_at(0);  // the empty file, of which no byte came
  close();
  if (aside_) aside_->finish();
  aside_.reset();
  std::optional<std::string> flaw = proof_.flaw();
  if (flaw) unlink(path_.c_str());
  return flaw;
}

void PartialFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace mlem::artifact
