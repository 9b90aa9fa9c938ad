#include "resolve/answer.hpp"

#include <utility>

namespace mlem::resolve {

void Answer::fail(Verdict why, std::string what, std::string remedy) {
  verdict = why;
  message = std::move(what);
  hint = std::move(remedy);
  flaw.clear();
}

void Answer::reject_file(std::string why, std::string remedy) {
  fail(Verdict::not_an_object, "'" + path + "' is not a MLEM object: " + why, std::move(remedy));
  flaw = std::move(why);
}

void Answer::take_rev_of(const Answer& other) {
  ref = other.ref;
  rev = other.rev;
  stored_rev = other.stored_rev;
  commit = other.commit;
  commit_time = other.commit_time;
  // With a commit, a failure is about the other's path.
  if (!commit) fail(other.verdict, other.message, other.hint);
}

void Answer::ask_again() { fail(Verdict::ok, {}); }

}  // namespace mlem::resolve
