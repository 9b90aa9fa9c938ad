#include "artifact/detail/content_range.hpp"
#include "artifact/lfs_answer.hpp"
#include "base/text.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace artifact = mlem::artifact;
using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

const std::vector<artifact::LfsPointer> pointers = {{.oid = std::string(64, 'a'), .size = 3},
                                                    {.oid = std::string(64, 'b'), .size = 0}};

void check_action(const artifact::LfsAction& action) {
  for (const artifact::HttpHeader& header : action.headers) {
    require(!mlem::has_control_character(header.name) && !mlem::has_control_character(header.value));
  }
}

/// A batch has an answer for each object that was asked for, and no header that would be two.
void check_batch(std::string_view text) {
  const std::vector<artifact::LfsObjectAnswer> answers = artifact::parse_lfs_batch(text, pointers);
  require(answers.size() == pointers.size());
  for (const artifact::LfsObjectAnswer& answer : answers) check_action(answer.download);
}

/// A part of a file begins within it.
void check_range(std::string_view text) {
  const std::optional<artifact::detail::ContentRange> range = artifact::detail::parse_content_range(text);
  require(!range || !range->first || !range->total || *range->first < *range->total);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_range(text);
  require(!mlem::has_control_character(artifact::parse_lfs_message(text)));
  check_unless_refused(check_batch, text);
  check_unless_refused([](std::string_view json) { check_action(artifact::parse_lfs_authentication(json)); }, text);
  return 0;
}
