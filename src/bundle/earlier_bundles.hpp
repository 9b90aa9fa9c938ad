#pragma once

#include "artifact/place.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"
#include "model/oid.hpp"
#include "source/recording.hpp"

#include "bundle/manifest.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlem::bundle {

/// What bundles that were made before have, so that a new one can do without it.
class EarlierBundles {
 public:
  /// Reads the bundles, but for their files. `scratch` is a directory for what that takes. Throws as BundleReader does.
  EarlierBundles(const std::vector<fs::path>& files, const fs::path& scratch, const Environment& environment);

  /// What names them, in order.
  const std::set<std::string>& ids() const noexcept { return ids_; }
  /// The commits and tags of the registry that they have, with all that those lead to.
  const std::set<Oid>& tips() const noexcept { return tips_; }
  bool has(const BundledLink& link) const;
  /// Whether they have, of a source (empty: the registry itself), an object, a file, or these refs and no others.
  bool has(const std::string& repo, const Oid& object) const;
  bool has(const std::string& repo, const artifact::Place& place) const;
  bool has(const std::string& repo, const source::ListedRefs& refs) const;

 private:
  struct Source {
    std::set<Oid> objects{};
    std::set<std::string> files{};           ///< of Git LFS and DVC: key_of() in the source file
    std::vector<source::ListedRefs> refs{};  ///< of each bundle that has some
  };
  const Source* find(const std::string& repo) const;
  std::set<std::string> ids_;
  std::set<Oid> tips_;
  std::vector<BundledLink> links_;  ///< sorted
  std::map<std::string, Source> sources_;
};

}  // namespace mlem::bundle
