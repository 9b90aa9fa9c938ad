#pragma once

#include "artifact/place.hpp"
#include "git/repository.hpp"
#include "model/dvc.hpp"
#include "model/oid.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mlem::artifact::detail {

/// Finds which file of DVC tracks a path that Git does not have: `<path>.dvc`, then a `dvc.lock` in its directory or
/// above up to the project's root, then what tracks a directory above it. The files of many are read at once: find()
/// notes what it has to know, and read() reads it.
class DvcLookup {
 public:
  explicit DvcLookup(git::Repository& repository) : repository_(&repository) {}

  /// One of the two, or neither: then read() and ask again.
  struct Answer {
    std::optional<Place> place{};  ///< a DvcObject, Missing or External
    std::optional<Oid> missing{};  ///< an object that the repository lacks
  };
  Answer find(const Oid& commit, const std::string& path);
  /// Throws Error(unavailable) if the repository is corrupt, and when its deadline has passed.
  void read();

 private:
  /// A file at its place, for paths are relative to that: its directory, blob, and the blob of `dvc.yaml` beside it.
  struct File {
    enum class Kind { dvc, lock };
    Kind kind = Kind::dvc;
    std::string directory;
    Oid blob;
    std::optional<Oid> yaml{};

    friend bool operator<(const File& left, const File& right) {
      return std::tie(left.kind, left.directory, left.blob, left.yaml) <
             std::tie(right.kind, right.directory, right.blob, right.yaml);
    }
  };
  struct Tracked {
    dvc::Output output;
    std::optional<dvc::Import> import;
  };
  /// What is known of a file: only of paths that were asked for, for a `dvc.lock` may be large.
  struct Content {
    std::unordered_set<std::string> known{};
    std::unordered_set<std::string> asked{};
    std::unordered_map<std::string, Tracked> tracked{};
    std::string flaw{};  ///< why it cannot be read
    std::optional<Oid> missing{};
  };
  struct Project {
    std::string root;  ///< a directory of the tree
    std::optional<Oid> config;
    std::optional<Oid> missing;  ///< a tree that the repository lacks, so that nobody knows
  };
  /// The search for one path.
  struct Search;

  Project project_of(const Oid& commit, const std::string& path);
  std::optional<File> file_at(Search& search, const std::string& path, File::Kind kind);
  const Tracked* look(Search& search, const File& file, const std::string& path);
  Place place_of(Search& search, const Tracked& tracked, const std::string& at);
  void parse(const File& file, std::string_view text, Content& content);
  void take(const File& file, Content& content, const dvc::Stage& stage, const std::string& directory);

  git::Repository* repository_;
  std::map<File, Content> files_;
  std::vector<std::map<File, Content>::iterator> to_read_;
  std::optional<std::pair<Oid, std::string>> last_place_;  ///< commit and directory that `last_project_` is of
  Project last_project_;
};

}  // namespace mlem::artifact::detail
