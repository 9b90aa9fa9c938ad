#pragma once

#include "model/oid.hpp"
#include "resolve/answer.hpp"
#include "source/refs.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::resolve::detail {

/// Gives the commit that an object is or leads to.
using Peel = std::function<std::optional<Oid>(const Oid&)>;

/// Divides an address that has `<rev>/<directory>` in it where its rev ends: at the longest beginning that is a ref or
/// a full id. Returns false, the answer failed, if there is none.
bool divide(const source::Refs& refs, Answer& answer);

/// Returns the object that the query's rev names, unpeeled, and notes the ref, by the rules of mlem-link(5). `peel` is
/// for a tag and a branch of one name that may differ. Returns nothing, the answer failed, for a negative answer.
std::optional<Oid> find_rev(const source::Refs& refs, Answer& answer, const Peel& peel);

}  // namespace mlem::resolve::detail
