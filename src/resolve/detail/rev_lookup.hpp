#pragma once

#include "model/oid.hpp"
#include "resolve/target.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::resolve::detail {

/// What a rev may be looked up in: the refs of a local repository, or those that a server has just listed.
struct Refs {
  std::function<std::optional<Oid>(const std::string& full_name)> find;
  std::function<std::vector<std::string>()> names;  ///< short names of branches and tags, for hints
  std::optional<std::string> head_branch;
};

/// Gives the commit that an object is or leads to.
using Peel = std::function<std::optional<Oid>(const Oid&)>;

/// Returns a branch's or tag's name without `refs/heads/` or `refs/tags/`, any other name whole.
std::string short_name(std::string_view ref);

/// Divides an address that has `<rev>/<directory>` in it where its rev ends: at the longest beginning that is a ref or
/// a full id. Returns false, the target failed, if there is none.
bool divide(const Refs& refs, Target& target);

/// Returns the object that the target's rev names, unpeeled, and notes the ref: the contract's section 4. `peel` is for
/// a tag and a branch of one name that may differ. Returns nothing, the target failed, for
/// a negative answer.
std::optional<Oid> find_rev(const Refs& refs, Target& target, const Peel& peel);

}  // namespace mlem::resolve::detail
