#pragma once

#include "base/digest.hpp"
#include "base/file.hpp"

#include "bundle/manifest.hpp"

#include <cstdint>
#include <string_view>

namespace mlem::bundle::detail {

/// Writes a pack to a file, and tells what it is.
class PackFile {
 public:
  explicit PackFile(const fs::path& path) : file_(path), digest_(Digest::Algorithm::sha256) {}

  void take(std::string_view piece) {
    file_.write(piece);
    digest_.update(piece);
    size_ += piece.size();
  }
  Part finish() {
    file_.commit();
    return {digest_.finish(), size_};
  }

 private:
  AtomicFile file_;
  Digest digest_;
  std::uint64_t size_ = 0;
};

}  // namespace mlem::bundle::detail
