#include "source/in_parallel.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

using mlem::source::in_parallel;

TEST_CASE("in_parallel: everything is done and the first failure thrown") {
  std::atomic<int> sum = 0;
  in_parallel(100, 8, [&](std::size_t i) { sum += static_cast<int>(i); });
  CHECK(sum == 4950);
  CHECK_THROWS_WITH_AS(in_parallel(100, 8, [](std::size_t) { throw std::runtime_error("no"); }), "no",
                       std::runtime_error);
}

#ifndef __SANITIZE_ADDRESS__  // which ends the program where a thread's memory cannot be had
TEST_CASE("in_parallel: everything is done where there are no more threads") {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  REQUIRE(pages > 0);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  // Room for no stack of a thread, of which each wants 8 MiB.
  const rlimit tight{pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (rlim_t{4} << 20), before.rlim_max};
  std::atomic<int> sum = 0;
  REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
  try {
    in_parallel(100, 64, [&](std::size_t i) { sum += static_cast<int>(i); });
  } catch (const std::exception&) {
    sum = -1;
  }
  setrlimit(RLIMIT_AS, &before);
  CHECK(sum == 4950);
}
#endif
