#pragma once

#include "support/repo_builder.hpp"
#include "support/sandbox.hpp"

#include "cli/model_files.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace mlem::test {

/// Bytes that do not get smaller by compressing them.
inline std::string random_bytes(std::size_t size, const std::string& seed = "") {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += sha256_of(seed + std::to_string(i));
  bytes.resize(size);
  return bytes;
}

/// A source of models, and a registry beside it.
struct ModelWorld {
  Sandbox sandbox;
  RepoBuilder source{sandbox, "source"};
  RepoBuilder registry{sandbox, "registry"};
  fs::path out = sandbox / "out";

  Outcome mlem(const std::vector<std::string>& arguments) const { return mlem_in(registry.path(), arguments); }
  Outcome mlem_in(const fs::path& directory, const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.directory = directory;
    return sandbox.mlem(arguments, options);
  }
  Outcome clone(const std::string& object, const fs::path& target, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), "clone");
    options.insert(options.end(), {object, target.string()});
    return mlem(options);
  }
  /// Links to what a rev of a source has.
  void link(const std::string& path, const std::string& name, const std::string& repo,
            const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"link", "--sp", repo, path, name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome linked = mlem(arguments);
    INFO(linked);
    REQUIRE(linked.code == 0);
  }
  /// All files below a directory, hidden ones too.
  std::vector<std::string> files_below(const fs::path& directory) const {
    std::vector<std::string> files;
    if (!fs::exists(directory)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      if (fs::symlink_status(entry.path()).type() != fs::directory_file) {
        files.push_back(fs::relative(entry.path().parent_path(), directory).string() + "/" +
                        entry.path().filename().string());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
};

}  // namespace mlem::test
