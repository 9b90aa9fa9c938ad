#pragma once

#include "artifact/object_files.hpp"
#include "artifact/place.hpp"
#include "artifact/transfer.hpp"
#include "base/file.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

namespace detail {
class PartialDirectory;
}

/// A file of an object that Git does not have.
struct CollectedFile {
  std::string name;  ///< in Collection::directory(): made of what the bytes hash to
  Place place;       ///< an LfsObject or a DvcObject; of a directory of DVC too, whose object lists its files
};

/// Why a file of an object cannot be had.
struct CollectionRefusal {
  const ObjectAt* object = nullptr;  ///< null: it was found when several objects' files were fetched
  source::Refusal refusal{};
};

/// The files of many objects, each once, however many objects have it: those that Git does not have are brought to one
/// directory. What has come stays there for the next run, should this one not be told that it is done with.
class Collection {
 public:
  /// Files are collected in `parent`, hidden, for something of this name. `settings` must outlive it. Throws as
  /// detail::PartialDirectory does.
  Collection(const source::Settings& settings, const fs::path& parent, const std::string& name);
  ~Collection();
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  /// Told which files Git has: the git directory of a source, a directory of objects besides that one's (empty: none),
  /// and the blobs. They are there until it returns.
  using TakeBlobs =
      std::function<void(const fs::path& git_dir, const fs::path& object_dir, const std::vector<Oid>& blobs)>;

  /// Whether a file need not be collected.
  using IsKnown = std::function<bool(const Place& place)>;

  /// Finds the files of objects of one source. Blobs that its repository lacks are fetched for `take_blobs`, which is
  /// called once, even if there are none. Returns the others, which bring() will fetch. `url` has to outlive this.
  struct Found {
    std::optional<CollectionRefusal> refusal{};
    std::vector<CollectedFile> files{};
  };
  Found find(source::Conversation& source, const RepoUrl& url, const std::vector<const ObjectAt*>& objects,
             const IsKnown& is_known, const TakeBlobs& take_blobs);

  /// Fetches what find() has found, of all sources. Returns why that is not possible. Throws Error(io), Interrupted.
  std::optional<source::Refusal> bring();

  /// Where the files are.
  fs::path directory() const;
  /// Nothing that is left here is of use.
  void be_done() noexcept;

 private:
  struct SourceFiles;
  class Search;
  const source::Settings& settings_;
  TransferEngine engine_;
  std::unique_ptr<detail::PartialDirectory> partial_;
  std::vector<std::unique_ptr<SourceFiles>> sources_;
  std::map<std::string, const SourceFiles*> coming_;  ///< by name
};

}  // namespace mlem::artifact
