#pragma once

#include "base/environment.hpp"
#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include "bundle/manifest.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mlem::bundle {

/// What is in a bundle.
struct BundleContent {
  Manifest manifest{};
  std::string id{};  ///< see BundleReader::id()
};

/// Reads a bundle to its end. Throws Error(invalid) if a byte of it is not what its manifest says, Error(io), and
/// Interrupted.
BundleContent verify(const fs::path& file, Interrupt* interrupt);

/// Returns the commits that a bundle builds on and a registry lacks.
std::vector<Oid> missing_prerequisites(const git::Registry& registry, const Manifest& manifest);

/// Brings a bundle to a registry: its commits, which refs below `refs/mlem/imported/` name afterwards, and what it has
/// of sources to the cache. A second import goes over the same again; what is not whole has no effect. Throws as
/// verify() does, Error(not_found) if the registry lacks what the bundle builds on, or that was not imported, and
/// Error(unavailable) if git refuses.
BundleContent import(const git::Registry& registry, const source::Settings& settings, const fs::path& file);

/// Makes a registry of a bundle in `target`, a directory that is not there or empty, with the branch that was bundled
/// checked out: all of it or nothing. `load` reads the settings of that registry. Throws as import() does, and
/// Error(invalid) if something else is there, or the bundle builds on another one.
BundleContent import_new(const Environment& environment, const fs::path& target, const fs::path& file,
                         Interrupt* interrupt, const std::function<source::Settings(const git::Registry&)>& load);

/// Returns the name that a ref of a bundle has in a registry that it was brought to.
std::string imported_ref(const std::string& ref);

}  // namespace mlem::bundle
