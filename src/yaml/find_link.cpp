#include "yaml/find_link.hpp"

#include "base/error.hpp"
#include "yaml/metafile.hpp"

#include <utility>

namespace mlem::yaml {

std::optional<Link> find_link(std::string_view text) {
  try {
    Metafile file = read_metafile(text);
    if (file.kind == Metafile::Kind::link) return std::move(file.link);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
  }
  return std::nullopt;
}

}  // namespace mlem::yaml
