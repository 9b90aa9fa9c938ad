#pragma once

#include "base/error.hpp"
#include "model/oid.hpp"

#include <git2.h>

#include <memory>
#include <optional>
#include <string>

namespace mlem::git::detail {

/// Deletes a libgit2 handle with the function that is made for it.
template <auto free_handle>
struct Free {
  template <typename Handle>
  void operator()(Handle* raw) const noexcept {
    free_handle(raw);
  }
};

using RepositoryPtr = std::unique_ptr<git_repository, Free<git_repository_free>>;
using OdbPtr = std::unique_ptr<git_odb, Free<git_odb_free>>;
using OdbObjectPtr = std::unique_ptr<git_odb_object, Free<git_odb_object_free>>;
using ReferencePtr = std::unique_ptr<git_reference, Free<git_reference_free>>;
using ReferenceIteratorPtr = std::unique_ptr<git_reference_iterator, Free<git_reference_iterator_free>>;
/// Frees what a buffer has, not the buffer itself.
using BufferContent = std::unique_ptr<git_buf, Free<git_buf_dispose>>;
using IndexPtr = std::unique_ptr<git_index, Free<git_index_free>>;

/// Starts libgit2 at the first call, and sets what holds for the whole process.
void start_libgit2();

/// Returns why the call before failed; never empty.
std::string libgit2_reason();
/// Throws Error(unavailable) that `subject` cannot be read, for that reason.
[[noreturn]] void throw_unreadable(const std::string& subject);

Oid to_oid(const git_oid& raw);
/// Returns nothing for a SHA-256 id, which libgit2 does not know.
std::optional<git_oid> from_oid(const Oid& oid);

}  // namespace mlem::git::detail
