#pragma once

#include "artifact/collection.hpp"
#include "artifact/object_files.hpp"
#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/recording.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include "bundle/earlier_bundles.hpp"
#include "bundle/manifest.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlem::bundle::detail {

/// Objects by the addresses of their sources; those of the registry itself by no address.
using ObjectsByRepo = std::map<std::string, std::vector<const artifact::ObjectAt*>>;

/// Why there is no bundle.
struct SourceRefusal {
  std::string repo{};                          ///< the address of the source
  const artifact::ObjectAt* object = nullptr;  ///< null: it is not about one
  source::Refusal refusal{};
};

/// What each source gives to a bundle: a pack of what was read of it, with the files of objects that Git has, and the
/// names of those that Git does not have.
class SourceParts {
 public:
  /// `recording` is that of `settings`; packs are put into `scratch`. All must outlive this.
  SourceParts(const git::Registry& registry, const source::Settings& settings, const source::Recording& recording,
              const EarlierBundles& earlier, artifact::Collection& collection, fs::path scratch)
      : registry_(registry),
        settings_(settings),
        recording_(recording),
        earlier_(earlier),
        collection_(collection),
        scratch_(std::move(scratch)) {}

  /// Finds the files of objects, and packs what Git has. What earlier bundles have is left out. Returns why that is not
  /// possible. Throws Error(io), Error(unavailable), Interrupted.
  std::optional<SourceRefusal> find(ObjectsByRepo objects);

  /// Returns what was found, by address. A file of DVC has its name in the collection in place of its SHA-256.
  std::map<std::string, BundledSource>& all() noexcept { return sources_; }
  /// Returns the file that is the pack of a source.
  fs::path pack_file(const BundledSource& source) const;

 private:
  void end_if_asked() const;
  void note_url(const std::string& repo, const RepoUrl& url);
  template <typename Use>
  std::optional<source::Refusal> converse(const std::string& repo, const Use& use);
  std::optional<SourceRefusal> find_of(const std::string& repo, const std::vector<const artifact::ObjectAt*>& objects);
  std::optional<SourceRefusal> pack(const std::string& repo);
  void pack(BundledSource& bundled, const fs::path& git_dir, const fs::path& object_dir, const std::vector<Oid>& blobs);
  void note_files(const std::string& repo, const std::vector<artifact::CollectedFile>& files);

  const git::Registry& registry_;
  const source::Settings& settings_;
  const source::Recording& recording_;
  const EarlierBundles& earlier_;
  artifact::Collection& collection_;
  fs::path scratch_;
  std::map<std::string, RepoUrl> urls_;
  std::map<std::string, BundledSource> sources_;
  ObjectsByRepo imported_;  ///< by DVC, and still to be found
  std::deque<artifact::ObjectAt> imported_objects_;
};

}  // namespace mlem::bundle::detail
