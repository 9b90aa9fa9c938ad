#pragma once

#include "git/registry.hpp"
#include "model/finding.hpp"
#include "resolve/chain.hpp"
#include "resolve/resolver.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace mlem::history {

/// What a link of the registry as it was leads to.
struct InForce {
  resolve::Chain chain;
  std::optional<Finding> recorded{};  ///< of a pinned link whose source is not at hand: what it says itself
  bool floats = false;  ///< a link on the way names a ref: what that is now, nobody knows what it was then
};

/// Resolves `count` objects, each of which `add` takes up in a resolver. Pinned links are resolved without network: by
/// what this machine has, else by what they record. The others ask their sources.
std::vector<InForce> resolve_in_force(const git::Registry& registry, const source::Settings& settings,
                                      std::size_t count,
                                      const std::function<std::size_t(resolve::Resolver&, std::size_t i)>& add);

/// The code of the warning about what floats.
inline constexpr const char* floating_code = "floating";

/// Returns the warning about what floats: the commit of `ref`, which may be empty, is that of now.
Warning floating_warning(const std::string& ref);

}  // namespace mlem::history
