#pragma once

#include "model/finding.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace mlem::command {

/// Returns how long ago something was, in its largest unit: `3 days`, `now`.
std::string age(std::int64_t seconds);

/// Returns the seconds since 1970.
std::int64_t now();

/// Returns the date in UTC: `2027-01-31`.
std::string today();

/// Returns how long before now() a time was: `3 days ago`, `just now`.
std::string ago(std::int64_t time);

/// Returns when the sources were last heard of that a good answer rests on; nothing for one that needs no source.
std::optional<std::int64_t> proof_time(const Finding& finding);

/// Says how old the oldest of all proofs is; nothing for 0, which is that of this run.
void print_proof_age(std::ostream& err, std::int64_t proof_time);

}  // namespace mlem::command
