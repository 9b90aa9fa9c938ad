#pragma once

#include "artifact/lfs_answer.hpp"
#include "artifact/lfs_endpoint.hpp"
#include "artifact/lfs_pointer.hpp"
#include "artifact/login.hpp"
#include "artifact/object_answer.hpp"
#include "artifact/transfer.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mlem::artifact {

/// The most objects that a request names: what servers of Git LFS take (docs/api/batch.md of git-lfs).
inline constexpr std::size_t lfs_batch_size = 100;

/// Asks an endpoint of Git LFS for objects. Several threads may.
class LfsClient {
 public:
  /// `engine` must outlive it.
  LfsClient(LfsEndpoint endpoint, TransferEngine& engine);

  /// Asks whether the objects exist, for each pointer in its order, by requests of lfs_batch_size objects and no byte
  /// of them. What the store of this machine has is not asked for. That an object has another size than its pointer
  /// says is for the caller to see. Throws Interrupted, and Error(unavailable) if there is no libcurl.
  std::vector<ObjectAnswer> ask(const std::vector<LfsPointer>& pointers);

  /// Returns where this machine has the object; nothing if it has to be transferred.
  std::optional<fs::path> find_local(const LfsPointer& pointer) const;

  /// Returns the address of the endpoint as git-lfs may be given it; empty: it has to find that out, as by ssh.
  std::string url() const { return endpoint_.ssh ? "" : endpoint_.url; }

  /// Whether its server was asked by ssh, and has no `git-lfs-authenticate`: it may have `git-lfs-transfer` instead,
  /// which git-lfs alone speaks to (docs/proposals/ssh_adapter.md of git-lfs).
  bool lacks_authenticate() const noexcept { return lacks_authenticate_; }

  /// Returns the transfer of an object that find_local() does not have, to be given `begin` and `take`, within the life
  /// of this. Its address is what ask() was told a short time ago; else, and when that has expired, it is asked for
  /// when the transfer starts: for many objects, ask() in groups of lfs_batch_size shortly before.
  Transfer transfer(const LfsPointer& pointer);

 private:
  struct Access {
    std::string url;
    std::vector<HttpHeader> headers;
    std::optional<Transfer::Clock::time_point> expires;
  };
  ObjectAnswer ask_stores(const LfsPointer& pointer) const;
  using Answers = std::vector<LfsObjectAnswer>;

  std::variant<Access, source::Refusal> access(const Access* refused);
  RunResult run_authenticate(bool interactive) const;
  std::variant<Access, source::Refusal> authenticate();
  Answers ask_batch(const std::vector<LfsPointer>& pointers, source::Refusal& refusal);
  TransferResult post(const std::vector<LfsPointer>& pointers, source::Refusal& refusal);
  Answers read_answers(const TransferResult& result, const std::vector<LfsPointer>& pointers);
  void remember(const std::vector<LfsPointer>& pointers, const Answers& answers);
  std::string base_url() const;
  std::optional<source::Refusal> direct(Transfer& transfer, const LfsObjectAnswer& answer) const;

  LfsEndpoint endpoint_;
  TransferEngine* engine_;
  Login login_;
  std::atomic<std::size_t> batch_size_ = lfs_batch_size;
  std::atomic<bool> lacks_authenticate_ = false;
  mutable std::mutex authenticating_;
  std::optional<Access> authenticated_;  ///< of ssh
  mutable std::mutex mutex_;
  std::map<std::string, LfsObjectAnswer, std::less<>> known_;  ///< by object id
};

}  // namespace mlem::artifact
