#pragma once

#include "base/file.hpp"
#include "check/check.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "source/settings.hpp"

#include "bundle/manifest.hpp"
#include "bundle/tar.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mlem::bundle {

/// What is wanted of a bundle.
struct CreateRequest {
  std::vector<std::string> links{};  ///< names of links, or pathspecs; empty: all
  fs::path output;                   ///< `-`: `CreateRequest::take` gets the bytes
  std::vector<fs::path> since{};     ///< bundles whose content is left out
  TakeBytes take{};
};

/// What became of it.
struct CreateResult {
  Manifest manifest{};
  std::string id{};          ///< see BundleReader::id()
  std::uint64_t size = 0;    ///< in bytes
  check::Summary summary{};  ///< of the links
  bool is_created = false;   ///< not if a link is not ok, or a file cannot be had, which was reported
};

/// Makes a bundle of the registry at HEAD: its history, and of each link what it takes to follow it and to have its
/// object with its files. Calls `report` with findings that are not ok, and makes no bundle then. Nothing is in its
/// place before it is whole; what had to be fetched stays hidden beside it for the next run until then.
///
/// The same registry, sources and git make the same bytes. Throws Error(not_found) without a commit, Error(invalid) for
/// a shallow clone or what is no bundle, Error(io), Error(unavailable) if git refuses, and Interrupted.
CreateResult create(const git::Registry& registry, const source::Settings& settings, const CreateRequest& request,
                    const std::function<void(const Finding&)>& report);

}  // namespace mlem::bundle
