#pragma once

#include "model/dvc.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a bundle says of itself: git-mlem-bundle(1) has the keys of `manifest.json`.

namespace mlem::bundle {

/// A file of the bundle.
struct Part {
  std::string sha256;      ///< 64 lower-case hex digits
  std::uint64_t size = 0;  ///< in bytes

  friend bool operator==(const Part&, const Part&) = default;
};

/// The branches and tags of the registry, and all that they lead to.
struct BundledRegistry {
  std::string object_format;          ///< `sha1` or `sha256`
  std::string head{};                 ///< the full name of its branch; empty: HEAD was detached
  Oid commit{};                       ///< HEAD
  std::int64_t time = 0;              ///< of that commit, in seconds since 1970
  std::map<std::string, Oid> refs{};  ///< by full name
  std::vector<Oid> prerequisites{};   ///< commits that are not in it, with all that they lead to
  std::optional<Part> pack{};         ///< none: there is nothing else
};

/// A link, and what it led to.
struct BundledLink {
  std::string link;
  std::string repo{};  ///< RepoUrl::text(); empty: the registry itself
  std::string rev{};
  std::string commit{};
  std::string path{};

  friend bool operator==(const BundledLink&, const BundledLink&) = default;
};

/// A file that DVC has: where its caches have it, and its bytes.
struct BundledDvcFile {
  std::string md5;  ///< as dvc::Output has it
  dvc::Layout layout = dvc::Layout::v3;
  std::string sha256{};
};

/// What there is of one source.
struct BundledSource {
  std::optional<RepoUrl> repo{};             ///< none: the registry itself, of which no objects are here
  std::string object_format{};               ///< of its pack
  std::optional<source::ListedRefs> refs{};  ///< none: it takes none
  std::vector<Oid> commits{};                ///< of the pack
  std::optional<Part> pack{};
  std::vector<std::string> lfs{};  ///< the SHA-256 of its objects of Git LFS
  std::vector<BundledDvcFile> dvc{};
};

struct Manifest {
  std::vector<std::string> since{};  ///< the bundles that have what this one lacks: the SHA-256 of their manifests
  BundledRegistry registry{};
  std::vector<BundledLink> links{};
  std::vector<BundledSource> sources{};
  std::vector<Part> artifacts{};  ///< by their SHA-256
};

/// The most that a manifest may have, in bytes.
inline constexpr std::size_t max_manifest_size = std::size_t{64} << 20;

/// The names of a bundle's files, in their order: the manifest, the registry's pack, those of the sources, artifacts.
inline constexpr const char* manifest_name = "manifest.json";
inline constexpr const char* registry_pack_name = "packs/registry.pack";
std::string pack_name(std::size_t source);
std::string artifact_name(const std::string& sha256);

/// Returns the ref that keeps a commit of the registry that no branch and no tag of the bundle leads to.
std::string commit_ref(const Oid& commit);

/// Returns the text of a manifest: the same for the same content.
std::string manifest_text(const Manifest& manifest);

/// Reads what manifest_text() returns. Throws Error(invalid) for anything else, and for a version that it does not
/// know.
Manifest parse_manifest(std::string_view text);

}  // namespace mlem::bundle
