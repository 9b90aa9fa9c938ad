#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace mlem::command {

/// Returns how long ago something was, in its largest unit: `3 days`, `now`.
std::string age(std::int64_t seconds);

/// Says how old the refs are that `--offline` answered from; nothing for 0.
void print_proof_age(std::ostream& err, std::int64_t proof_time);

}  // namespace mlem::command
