#pragma once

#include "artifact/detail/ask_sources.hpp"
#include "artifact/detail/hashing.hpp"
#include "artifact/inspect.hpp"
#include "artifact/object_files.hpp"
#include "artifact/place.hpp"
#include "artifact/verify_objects.hpp"
#include "model/finding.hpp"
#include "source/refusal.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mlem::artifact::detail {

/// A file that check --deep looks at.
struct InspectedFile {
  std::size_t object = 0;  ///< its number in the group
  PlacedFile file{};
  Outcome outcome{};
  bool is_settled = false;
  const UnprovedFiles* unproved = nullptr;  ///< of what is signed and told by nothing but bytes; or null
  const SignedFile* expected = nullptr;     ///< of `unproved`
  bool wants_md5s = false;                  ///< the hash of its directory is made of them
  std::optional<std::size_t> twin{};        ///< the number of an item before it with the same bytes
  std::optional<std::size_t> record{};      ///< of what stands for the items before it: the number of what is recorded
  bool is_followed = false;                 ///< where DVC imports it from is to be looked at

  void settle(Outcome found) {
    outcome = std::move(found);
    is_settled = true;
  }
};

/// What was found of one object.
struct Inspected {
  Inspection inspection{};
  std::shared_ptr<std::vector<InspectedFile>> untold{};  ///< its files, if it is an import or there is one among them
};

/// The objects of one source, and what was found of each.
using InspectedGroup = SourceGroup<Inspected>;

/// What is unproved of the objects that are inspected.
struct Unproved {
  const std::vector<ObjectAt>& objects;
  std::vector<const UnprovedFiles*> files{};  ///< as many as there are objects, or none
  const UnprovedFiles* of(const ObjectAt* object) const {
    return files.empty() ? nullptr : files[static_cast<std::size_t>(object - objects.data())];
  }
};

/// Returns what a refusal says of a file.
Outcome outcome_of(const source::Refusal& refusal);

/// Makes the inspection of an object a failure.
void fail(Inspection& inspection, Verdict verdict, std::string message, std::string hint = {});

/// Gives the inspection what was found: all files, and in words the worst.
void tell(std::span<const InspectedFile> files, Inspection& inspection);

}  // namespace mlem::artifact::detail
