#include "command/detail/age.hpp"

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

void print_proof_age(std::ostream& err, std::int64_t proof_time) {
  if (proof_time == 0) return;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::string old = age(now.count() - proof_time);
  err << "branches and tags as the cache saw them " << (old == "now" ? "just now" : old + " ago") << '\n';
}

}  // namespace mlem::command
