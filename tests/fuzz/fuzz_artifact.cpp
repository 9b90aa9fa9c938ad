#include "artifact/declared.hpp"
#include "artifact/dvc_config.hpp"
#include "artifact/dvc_directory.hpp"
#include "artifact/lfs_pointer.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "yaml/read_dvc.hpp"

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

/// What is taken for a pointer is the same pointer in the form that git-lfs writes.
void check_pointer(std::string_view text) {
  const std::optional<artifact::LfsPointer> pointer = artifact::parse_lfs_pointer(text);
  if (!pointer || pointer->has_extensions) return;
  const std::string written = "version https://git-lfs.github.com/spec/v1\noid sha256:" + pointer->oid + "\nsize " +
                              std::to_string(pointer->size) + "\n";
  require(artifact::parse_lfs_pointer(written) == pointer);
}

void check_config(std::string_view text) {
  const artifact::DvcConfig config = artifact::DvcConfig::parse(text);
  if (const auto remote = config.find_remote("")) {
    require(!remote->url.empty() && remote->name == mlem::to_lower_ascii(remote->name));
  }
}

void check_directory(std::string_view text) {
  const std::vector<artifact::DvcEntry> entries = artifact::parse_dvc_directory(text);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    require(mlem::RepoPath::parse(entries[i].path).text() == entries[i].path && entries[i].md5.size() == 32);
    require(i == 0 || !mlem::is_below(entries[i].path, entries[i - 1].path));
  }
}

/// What is in the tree is below the metafile.
void check_declared(std::string_view text) {
  mlem::object::Description description;
  description.artifacts.push_back({.name = "data", .uri = std::string(text)});
  for (const artifact::Declared& one : artifact::declared_artifacts(description, mlem::RepoPath::parse("a/b/c.mlem"))) {
    const bool is_in_tree = one.kind == artifact::Declared::Kind::in_tree;
    require(is_in_tree ? one.path == "a/b/" + one.below : one.path.empty() && !mlem::has_control_character(one.why));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_pointer(text);
  check_declared(text);
  check_unless_refused(check_config, text);
  check_unless_refused(check_directory, text);
  check_unless_refused([](std::string_view file) { mlem::yaml::read_dvc_file(file); }, text);
  check_unless_refused([](std::string_view file) { mlem::yaml::read_dvc_lock(file); }, text);
  check_unless_refused([](std::string_view file) { mlem::yaml::read_dvc_directories(file); }, text);
  return 0;
}
