#pragma once

#include "base/file.hpp"
#include "source/recording.hpp"

#include <optional>
#include <string_view>

namespace mlem::source::detail {

/// Returns the file where an entry of the cache keeps the refs of its source. Its time is when they were listed.
inline fs::path refs_file(const fs::path& entry) { return entry / "source-refs"; }

/// Returns the file whose time is when the source of an entry last answered, whatever it was asked.
inline fs::path seen_file(const fs::path& entry) { return entry / "source-seen"; }

/// Returns refs as the file has them.
std::string refs_text(const ListedRefs& refs);

/// Returns the refs that an entry keeps; nothing if they were never listed.
std::optional<ListedRefs> load_refs(const fs::path& entry);

}  // namespace mlem::source::detail
