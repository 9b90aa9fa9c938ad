#pragma once

#include "artifact/file_proof.hpp"
#include "artifact/place.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::artifact {

namespace detail {
class ProofThread;
}

/// Calls `take` with a file of this machine, piece by piece. Returns whether it could be opened; throws Error(io) if it
/// cannot be read, and Interrupted. A symbolic link is not followed.
bool read_file(const fs::path& path, const Interrupt* interrupt,
               const std::function<void(std::string_view piece)>& take);
/// The same, to have its bytes proved.
bool prove_file(const fs::path& path, FileProof& proof, const Interrupt* interrupt);

/// A file that is being made: bytes are written and proved as they come. It stays as far as it is when this ends.
class PartialFile {
 public:
  /// `path` is where it is made, which may have what an earlier run left; `size` is as FileProof has it.
  PartialFile(fs::path path, const PlacedFile& file, std::optional<std::uint64_t> size);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const fs::path& path() const noexcept { return path_; }
  /// Reads what an earlier run left. Returns whether that is the whole file. Throws as prove_file().
  bool resume(const Interrupt* interrupt);
  /// How much of it is there, in bytes.
  std::uint64_t size() const noexcept { return size_; }
  /// Bytes from `offset` come next, which is 0 or size(). Throws Error(io).
  void begin(std::uint64_t offset);
  /// Has what comes next proved while more is read, on a thread of its own: who reads from another process is faster
  /// then, if there is much. After begin().
  void prove_aside();
  /// Throws Error(io), as when the disk is full.
  void take(std::string_view bytes);
  /// Returns what is wrong with it, now that no more bytes come: then it is gone. Nothing: it is the file.
  std::optional<std::string> finish();

 private:
  void open_at(std::uint64_t offset);
  void close();

  fs::path path_;
  FileProof fresh_;  ///< of no byte
  FileProof proof_;
  std::uint64_t size_ = 0;
  std::unique_ptr<detail::ProofThread> aside_;  ///< what `proof_` is left to
  int descriptor_ = -1;
};

}  // namespace mlem::artifact
