#pragma once

#include "artifact/model_signer.hpp"
#include "git/config.hpp"
#include "git/registry.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mlem::check {

/// What links on some refs are held to besides resolving: `[mlem-policy "<name>"]` in git's configuration:
/// git-mlem-policy(1). An empty list of globs means no limit.
struct Policy {
  std::string name;
  std::vector<std::string> refs;       ///< globs of full ref names
  std::vector<std::string> paths;      ///< globs of link files
  std::vector<std::string> sources;    ///< globs of normalised addresses
  std::vector<std::string> approvers;  ///< who may change what is policed
  bool require_pinned = false;
  bool require_reachable = false;
  bool require_signed = false;
  bool allow_objects = false;
  bool allow_plain = false;
  bool forbid_breaking = false;
  std::string artifact_signer{};  ///< the file of who has to have signed objects; empty: nobody

  bool covers_ref(std::string_view full_name) const;
  /// Whether it is about all branches, whatever they are called, so that none is free to propose a change on.
  bool covers_every_branch() const;
  /// Whether a file is policed; without globs every `*.mlem` is.
  bool covers_path(std::string_view file) const;
  /// Whether a file below a directory could be policed.
  bool reaches_below(std::string_view directory) const;
  bool covers_source(std::string_view normalized_url) const;
};

/// Reads the file of who has to have signed objects under a policy that has one: from the directory that has the
/// registry's configuration, if its name is not absolute. Throws Error(invalid) that names the key.
artifact::ModelSigner load_artifact_signer(const git::Registry& registry, const Policy& policy);

/// Reads all policies, in the order of their first keys. Throws Error(invalid) that names the key for an unknown key or
/// a bad value.
std::vector<Policy> parse_policies(const git::Config& config);

}  // namespace mlem::check
