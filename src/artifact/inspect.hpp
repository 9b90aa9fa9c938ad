#pragma once

#include "artifact/object_files.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "model/verdict.hpp"
#include "source/settings.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mlem::artifact {

struct UnprovedFiles;

/// How closely files are looked at.
enum class Depth {
  size,     ///< no byte of them is read
  at_hand,  ///< those whose bytes are on this machine are hashed
  hash,     ///< all are hashed, and fetched for that
};

/// What is known of the files of one object.
struct Inspection {
  std::shared_ptr<const std::vector<FoundArtifact>> artifacts{};  ///< null if the object could not be read
  Verdict verdict = Verdict::ok;  ///< the worst of the files, and what the next two are about
  std::string message{};
  std::string hint{};
  std::vector<Warning> warnings{};
};

/// Looks for the files of objects. Sources are asked in parallel, each object once however many times it is there.
/// Returns the inspections in the order of `objects`. The bytes that are hashed of an object are compared with what
/// `unproved` has of it, too; it has as many elements as there are objects, which may be null, or none.
std::vector<Inspection> inspect(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<ObjectAt>& objects, Depth depth,
                                const std::vector<std::shared_ptr<const UnprovedFiles>>& unproved = {});

}  // namespace mlem::artifact
