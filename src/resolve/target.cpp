#include "resolve/target.hpp"

#include <utility>

namespace mlem::resolve {

void Target::fail(Verdict why, std::string what, std::string remedy) {
  verdict = why;
  message = std::move(what);
  hint = std::move(remedy);
}

void Target::ask_again() { fail(Verdict::ok, {}); }

}  // namespace mlem::resolve
