#pragma once

#include "artifact/clone_plan.hpp"
#include "artifact/detail/first_refusal.hpp"
#include "artifact/object_files.hpp"
#include "artifact/place.hpp"
#include "artifact/stores.hpp"
#include "artifact/transfer.hpp"
#include "base/text.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/settings.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mlem::artifact::detail {

/// A source that has files of a clone.
struct CloneSource {
  RepoUrl url;
  bool is_registry = false;          ///< the registry itself
  bool is_here = false;              ///< it is on this machine
  std::unique_ptr<Stores> stores{};  ///< prepared for all of its files that are wanted
};

/// Where files of a clone are: PlacedFile::origin is the number of theirs.
struct CloneOrigin {
  std::shared_ptr<CloneSource> source;
  Oid commit;
  std::string path{};                ///< in its tree, of what is `below` in the object
  std::string below{};               ///< empty: the directory that has the object
  const ObjectAt* object = nullptr;  ///< of a collection: the object

  /// Returns where a file of its is in its tree.
  std::string path_of(const PlacedFile& file) const {
    const std::size_t slash = !below.empty() && file.path.size() > below.size() ? 1 : 0;
    return join(path, file.path.substr(below.size() + slash));
  }
  /// Returns where in its tree the directory is that DVC tracks, and that has a file or a directory of its.
  std::string tracked_directory(const PlacedFile& file) const {
    const auto& tracked = std::get<DvcObject>(file.place);
    const std::string& below_it = tracked.is_directory ? tracked.inside : tracked.listed_as;
    std::string here = path_of(file);
    if (!below_it.empty()) here.resize(here.size() - std::min(here.size(), below_it.size() + 1));
    return here;
  }
};

/// Finds the files of the object that is cloned, with what is in directories of DVC, and what DVC imports from other
/// sources in the place of the imports. Why a file that is wanted is not to be had is told to the refusal.
class CloneFiles {
 public:
  /// What is recorded of a directory of Git, and the paths of its files.
  using Record = std::pair<PlacedDirectory, std::set<std::string>>;

  /// All must outlive this.
  CloneFiles(const source::Settings& settings, TransferEngine& engine, const CloneRequest& request,
             FirstRefusal& refusal)
      : settings_(settings), engine_(engine), request_(request), refusal_(refusal) {}

  /// Finds, anew, what the source of the object has. `url` is its address.
  void find(source::Conversation& source, const RepoUrl& url);
  /// Whether there are imports to follow.
  bool has_imports() const;
  /// Follows them, when nobody talks to the source any more: others may lead back to it. Throws as source::converse().
  void follow_imports();

  std::vector<PlacedFile> take_files() { return std::move(files_); }
  const std::vector<CloneOrigin>& origins() const noexcept { return origins_; }
  const std::vector<Record>& records() const noexcept { return records_; }

 private:
  /// What is imported from one source: there, and as the numbers of the imports.
  struct Imports {
    RepoUrl url;
    std::vector<ObjectAt> objects{};
    std::vector<std::size_t> numbers{};
  };
  bool is_wanted(const PlacedFile& file) const;
  bool is_followed(const PlacedFile& file) const;
  std::vector<PlacedFile> take(ObjectFiles found, const CloneOrigin& origin);
  std::optional<std::map<std::string, Imports>> wanted_imports(int hop);
  void look(source::Conversation& source, const Imports& imports, std::vector<std::vector<PlacedFile>>& found);

  const source::Settings& settings_;
  TransferEngine& engine_;
  const CloneRequest& request_;
  FirstRefusal& refusal_;
  std::vector<PlacedFile> files_;
  std::vector<CloneOrigin> origins_;
  std::vector<Record> records_;
};

}  // namespace mlem::artifact::detail
