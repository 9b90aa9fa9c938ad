#include "artifact/dvc_config.hpp"
#include "base/text.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace artifact = mlem::artifact;
using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

/// The remote that a `.dvc/config` has by default has an address, and a name in the form that DVC compares.
void check_config(std::string_view text) {
  const artifact::DvcConfig config = artifact::DvcConfig::parse(text);
  if (const auto remote = config.find_remote("")) {
    require(!remote->url.empty() && remote->name == mlem::to_lower_ascii(remote->name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_unless_refused(check_config, std::string(data, data + size));
  return 0;
}
