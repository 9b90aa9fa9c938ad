#pragma once

#include "git/transport.hpp"

#include <string>
#include <string_view>

namespace mlem::git::detail {

/// What git's words say about a failure of its network commands.
struct Diagnosis {
  TransportFailure failure = TransportFailure::unreachable;
  std::string why;      ///< may be empty
  std::string missing;  ///< the ref or object id that a server lacks, if it names one
  Explained explained = Explained::yes;
};

/// Reads the stderr of a failed command: what git, ssh and the server say.
Diagnosis diagnose(std::string_view errors);

}  // namespace mlem::git::detail
