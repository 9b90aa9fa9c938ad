#include "base/error.hpp"
#include "base/text.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/metafile.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yaml = mlem::yaml;
using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

/// What is written of a link is read as the same link, by the parser too.
void check_round_trip(const mlem::Link& link) {
  const std::string written = yaml::write_link(link);
  require(yaml::read_metafile(written).link == link);
  require(yaml::parse_metafile(written).link == link);
}

void check_metafile(std::string_view text) {
  const yaml::Metafile parsed = yaml::parse_metafile(text);
  require(yaml::read_metafile(text) == parsed);
  require(yaml::detail::parse_object_type(text).has_value() == (parsed.kind != yaml::Metafile::Kind::neither));
  if (parsed.kind == yaml::Metafile::Kind::link) {
    require(!parsed.link.link_type.empty() && !parsed.link.path.empty());
    require(!mlem::has_control_character(parsed.link.path) && mlem::is_utf8(parsed.link.path));
    check_round_trip(parsed.link);
  }
}

/// What the readers that know a part of YAML accept, the parser reads alike.
void check_scanners(std::string_view text) {
  if (const std::optional<yaml::Metafile> link = yaml::scan_link(text)) require(yaml::parse_metafile(text) == *link);
  if (const std::optional<std::string> type = yaml::detail::scan_object_type(text)) {
    require(yaml::detail::parse_object_type(text) == type);
  }
}

void check_json(std::string_view text) {
  const std::string json = yaml::to_json(text);
  require(json.starts_with('{') && json.ends_with('}') && !mlem::has_control_character(json));
}

/// Text that is not a metafile can still be a value in one.
void check_value(std::string_view text) {
  mlem::Link link;
  link.link_type = "model";
  link.path = text;
  link.pinned_ref = text;
  check_round_trip(link);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_scanners(text);
  check_unless_refused(check_metafile, text);
  check_unless_refused(check_json, text);
  check_unless_refused(check_value, mlem::replace_bad_utf8(text));
  return 0;
}
