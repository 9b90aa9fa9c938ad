#include "artifact/detail/dvc_import.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::artifact::detail {
namespace {

bool is_directory_address(std::string_view address) {
  return address.starts_with('/') || address.starts_with('.') || to_lower_ascii(address).starts_with("file:");
}

std::string why_of(const Error& error) { return error.why().empty() ? std::string(error.what()) : error.why(); }

}  // namespace

const dvc::Import* import_of(const PlacedFile& file) {
  const auto* const object = std::get_if<DvcObject>(&file.place);
  return object != nullptr && object->import ? &*object->import : nullptr;
}

std::variant<ObjectAt, External, Forbidden> imported_object(const PlacedFile& file, bool is_here) {
  const auto& object = std::get<DvcObject>(file.place);
  const dvc::Import& import = *object.import;
  const auto commit = Oid::parse(import.rev_lock);
  if (!commit) return External{"DVC imports it, and has not recorded from which commit"};
  if (!is_here && is_directory_address(import.url))
    return External{"DVC imports it from a directory of another machine"};
  std::optional<RepoUrl> url;
  try {
    url = RepoUrl::parse(import.url.starts_with('/') ? file_url(import.url) : import.url);
  } catch (const Error& error) {
    return External{"DVC imports it from where nobody else gets: " + why_of(error)};
  }
  Declared declared{.name = file.name, .uri = join(import.path, object.inside), .below = file.path};
  try {
    declared.path = RepoPath::parse(declared.uri).text();
  } catch (const Error& error) {
    return Forbidden{"DVC imports it from a path that is not valid: " + why_of(error)};
  }
  if (const std::vector<Hash> hashes = hashes_of(file); !hashes.empty()) {
    declared.md5 = hashes.front().value;
    declared.is_md5_of_text = hashes.front().kind == Hash::Kind::md5_dos2unix;
    // The same bytes may have two, one of them with other ends of lines.
    if (hashes.back().kind == Hash::Kind::md5 && hashes.back() != hashes.front())
      declared.flaw = "DVC has recorded '" + hashes.back().value + "' for it, and the metafile another hash";
  }
  declared.size = file.size;
  std::string path = declared.path;
  return ObjectAt{
      .repo = std::move(url), .commit = *commit, .path = std::move(path), .blob = {}, .file = std::move(declared)};
}

External endless_import() { return {fmt::format("DVC imports it over more than {} repositories", most_imports)}; }

}  // namespace mlem::artifact::detail
