#pragma once

#include "model/object.hpp"
#include "model/oid.hpp"

#include "site/markup.hpp"

#include <string>
#include <string_view>

namespace mlem::site::detail {

/// Returns a text of a metafile as it may be published: without the secrets of addresses in it, and without the middle
/// of one that is longer than anybody reads on a page.
std::string public_text(std::string_view text);

/// Adds a table of what an object says of itself. Its rows have a key each, by which scripts compare two such tables.
void put_object_table(Markup& page, const Oid& blob, const object::Description& description);

}  // namespace mlem::site::detail
