#pragma once

#include "history/link_change.hpp"
#include "model/finding.hpp"
#include "model/point.hpp"

#include <string>

namespace mlem::command {

/// Returns what a link names in the words of a terminal: `https://…/models/rf.mlem at v1`.
std::string described(const Point& point);

/// Returns a change of a link in one line: `re-pointed  prod/a.mlem: …/rf.mlem from v1 to v2`. Names are relative to
/// the directory whose prefix is given.
std::string described(const history::LinkChange& change, const std::string& prefix);

/// Returns what a link says by its own words as what is told of a link elsewhere.
Finding finding_of(const std::string& name, const Link& link);

/// Returns a change as what is told of a link elsewhere: what it names now, or has named if it is removed.
Finding finding_of(const history::LinkChange& change);

}  // namespace mlem::command
