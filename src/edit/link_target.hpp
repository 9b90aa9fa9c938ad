#pragma once

#include "git/registry.hpp"
#include "model/link.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// A link file that is there already.
struct ExistingLink {
  std::string text;
  Link link;
};

/// Returns the link that `text` is; nothing for all else, as for what is too large for a link.
std::optional<ExistingLink> parse_link(std::string text);

/// The same for a file of the registry's index or of a tree of its.
std::optional<ExistingLink> find_link(const git::Registry& registry, const git::Entry& entry);

/// Returns the link that is at `target`, which has the entries `staged`: the work tree's, or the index's where the work
/// tree has no file. Throws Error(invalid) if it may not be written: a directory, a symbolic link, or, without `force`,
/// what is not a link or is ignored. Throws Error(io) for what cannot be read.
std::optional<ExistingLink> find_writable_link(const git::Registry& registry, const std::string& target,
                                               const std::vector<git::File>& staged, bool force);

/// Returns the link that is at `target` in the tree of a commit. Throws like find_writable_link() for a file there.
std::optional<ExistingLink> find_writable_link(const git::Registry& registry, const Oid& commit,
                                               const std::string& target, bool force);

}  // namespace mlem::edit
