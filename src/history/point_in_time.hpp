#pragma once

#include "git/registry.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mlem::history {

/// Returns whether git reads `text` as a date (approxidate() in its date.c): it takes what it does not understand for
/// now, and so would answer to a misspelt rev.
bool is_date(std::string_view text);

/// Which end of a day is meant by its name.
enum class Edge { start, end };

/// Returns a date as git is to read it: one that names a day and no time with the time of that end of the day, in the
/// local zone, where git would take the time of now.
std::string at_edge_of_day(const std::string& date, Edge edge);

/// Returns the time, in seconds since 1970, that a date means. Throws Error(invalid) for what is not a date.
std::int64_t time_of(const git::Registry& registry, const std::string& date, Edge edge);

/// Returns the commit that has the registry as it was at a rev or a date: for a date, the last commit on HEAD's line of
/// first parents that is not younger; a date without a time is the end of that day. What was merged later was not there
/// yet, whenever it was made. Throws Error(not_found) for what is neither, and for a date before all commits.
Oid commit_at(const git::Registry& registry, const std::string& rev_or_date);

}  // namespace mlem::history
