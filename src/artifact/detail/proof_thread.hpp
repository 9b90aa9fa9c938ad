#pragma once

#include "artifact/file_proof.hpp"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mlem::artifact::detail {

/// Updates a FileProof on a thread of its own, so that bytes are read and written while earlier ones are hashed, which
/// takes as long. A few buffers are all that it is behind.
class ProofThread {
 public:
  /// `proof` is this object's alone until finish(). Throws std::system_error if there can be no more threads.
  explicit ProofThread(FileProof& proof);
  /// Leaves the proof as far as it is.
  ~ProofThread();
  ProofThread(const ProofThread&) = delete;
  ProofThread& operator=(const ProofThread&) = delete;

  /// Takes the next bytes; waits while the thread is too far behind.
  void take(std::string_view bytes);
  /// Returns once the proof has all of them.
  void finish();

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 19;
  void run();
  /// Gives the buffer that is being filled to the thread.
  void pass_on();

  FileProof* proof_;
  std::array<std::string, 4> buffers_;  ///< those of numbers from `proved_` to `filled_` wait
  std::size_t filled_ = 0;              ///< how many were passed on
  std::size_t proved_ = 0;
  bool is_over_ = false;  ///< no more buffers come
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mlem::artifact::detail
