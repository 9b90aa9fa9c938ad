#pragma once

#include "model/oid.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::source {

/// The refs of a source: those of a repository of this machine, or those that a server has listed.
struct Refs {
  /// Returns the object that a ref names (an annotated tag is not peeled); nothing if there is no such ref.
  std::function<std::optional<Oid>(const std::string& full_name)> find;
  /// Returns the short names of all branches and tags.
  std::function<std::vector<std::string>()> names;
  std::optional<std::string> head_branch;  ///< the full name of what HEAD is a symbolic ref to
};

/// Returns a branch's or tag's name without `refs/heads/` or `refs/tags/`, any other name whole.
std::string short_name(std::string_view ref);

/// What a push is about to make of the registry's own refs, by their names in its namespace; none: deleted.
using PushedRefs = std::map<std::string, std::optional<Oid>>;

}  // namespace mlem::source
