#pragma once

#include "artifact/lfs_pointer.hpp"
#include "artifact/object_answer.hpp"
#include "artifact/transfer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// Where something of Git LFS is to be had, for how long.
struct LfsAction {
  std::string href{};
  std::vector<HttpHeader> headers{};  ///< to be sent with requests there; maybe secret
  std::optional<Transfer::Clock::time_point> expires{};
};

/// What a batch says of one object.
struct LfsObjectAnswer {
  ObjectAnswer answer{};
  LfsAction download{};           ///< of what exists
  bool is_authenticated = false;  ///< `download` says all that is needed to get in
};

/// Returns what a batch asks: the objects of `pointers`, for download (docs/api/batch.md of git-lfs).
std::string lfs_batch_request(const std::vector<LfsPointer>& pointers);

/// Reads the answer to that, for each pointer in its order. Throws Error(invalid) for what is not such an answer:
/// another type of a field, headers that are none, another transfer than `basic`, another hash than SHA-256.
std::vector<LfsObjectAnswer> parse_lfs_batch(std::string_view json, const std::vector<LfsPointer>& pointers);

/// Reads what `git-lfs-authenticate` prints (docs/api/server-discovery.md of git-lfs); `href` may be empty.
/// Throws Error(invalid) as parse_lfs_batch().
LfsAction parse_lfs_authentication(std::string_view json);

/// Returns the `message` of an answer that is an error, fit for a terminal; empty if it has none.
std::string parse_lfs_message(std::string_view json);

}  // namespace mlem::artifact
