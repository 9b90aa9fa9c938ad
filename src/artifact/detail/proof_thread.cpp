#include "artifact/detail/proof_thread.hpp"

#include <algorithm>

namespace mlem::artifact::detail {

ProofThread::ProofThread(FileProof& proof) : proof_(&proof) {
  for (std::string& buffer : buffers_) buffer.reserve(buffer_size);
  thread_ = std::thread([this] { run(); });
}

ProofThread::~ProofThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    filled_ = proved_;
  }
  changed_.notify_all();
  thread_.join();
}

void ProofThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_over_ || proved_ < filled_; });
    if (proved_ >= filled_) return;
    std::string& buffer = buffers_[proved_ % buffers_.size()];
    lock.unlock();
    proof_->update(buffer);
    lock.lock();
    buffer.clear();
    ++proved_;
    changed_.notify_all();
  }
}

void ProofThread::pass_on() {
  std::unique_lock lock(mutex_);
  ++filled_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return filled_ - proved_ < buffers_.size(); });
}

void ProofThread::take(std::string_view bytes) {
  while (!bytes.empty()) {
    std::string& buffer = buffers_[filled_ % buffers_.size()];
    const std::string_view piece = bytes.substr(0, buffer_size - buffer.size());
    buffer += piece;
    bytes.remove_prefix(piece.size());
    if (buffer.size() == buffer_size) pass_on();
  }
}

void ProofThread::finish() {
  if (!buffers_[filled_ % buffers_.size()].empty()) pass_on();
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace mlem::artifact::detail
