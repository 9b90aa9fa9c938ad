#include "git/detail/pathspec_options.hpp"

namespace mlem::git::detail {

Environment without_pathspec_options(Environment environment) {
  for (const char* const name :
       {"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"}) {
    environment.unset(name);
  }
  return environment;
}

}  // namespace mlem::git::detail
