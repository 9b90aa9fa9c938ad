#include "yaml/read_dvc.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using mlem::fuzz::check_unless_refused;

/// Files `*.dvc` and `dvc.lock` are read, or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_unless_refused([](std::string_view file) { mlem::yaml::read_dvc_file(file); }, text);
  check_unless_refused([](std::string_view file) { mlem::yaml::read_dvc_lock(file); }, text);
  check_unless_refused([](std::string_view file) { mlem::yaml::read_dvc_directories(file); }, text);
  return 0;
}
