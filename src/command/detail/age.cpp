#include "command/detail/age.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ostream>

namespace mlem::command {

std::string age(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr Unit units[] = {{31'536'000, "year"}, {2'592'000, "month"}, {604'800, "week"},
                            {86'400, "day"},      {3'600, "hour"},      {60, "minute"}};
  for (const Unit& unit : units) {
    if (seconds < unit.seconds) continue;
    const std::int64_t count = seconds / unit.seconds;
    return fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
  }
  return "now";
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string today() { return format_time(now()).substr(0, 10); }

std::string ago(std::int64_t time) {
  const std::string old = age(now() - time);
  return old == "now" ? "just now" : old + " ago";
}

std::optional<std::int64_t> proof_time(const Finding& finding) {
  if (finding.verdict != Verdict::ok || finding.sources.empty()) return std::nullopt;
  return finding.proof_time == 0 ? now() : finding.proof_time;
}

void print_proof_age(std::ostream& err, std::int64_t proof_time) {
  if (proof_time != 0) err << "sources as they were seen " << ago(proof_time) << '\n';
}

}  // namespace mlem::command
