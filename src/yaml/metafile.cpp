#include "yaml/metafile.hpp"

#include "yaml/detail/object_type.hpp"

#include <utility>

namespace mlem::yaml {

Metafile read_metafile(std::string_view text, const std::function<void()>& require_time) {
  if (std::optional<Metafile> link = scan_link(text)) return *std::move(link);
  if (std::optional<std::string> type = detail::scan_object_type(text); type && !detail::is_link_type(*type)) {
    return {.kind = Metafile::Kind::object, .object_type = *std::move(type), .link = {}, .warnings = {}};
  }
  return parse_metafile(text, require_time);
}

}  // namespace mlem::yaml
