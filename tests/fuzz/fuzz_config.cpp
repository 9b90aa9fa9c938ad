#include "base/error.hpp"
#include "git/config.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;
using mlem::git::Config;

namespace {

/// Each key of a listing is found, and its value is read as a boolean and a number, or refused.
void check_config(const Config& config) {
  for (const auto& [key, value] : config.entries()) {
    require(config.find(key).has_value() && !config.all(key).empty());
    check_unless_refused([&](std::string_view name) { (void)config.boolean(name, false); }, key);
    check_unless_refused([&](std::string_view name) { (void)config.integer(name, 0); }, key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string listing(data, data + size);
  check_config(Config::parse(listing));
  check_config(Config::parse_with_scopes(listing));
  return 0;
}
