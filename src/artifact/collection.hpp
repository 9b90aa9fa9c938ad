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

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlem::artifact {

/// A file of an object that Git does not have.
struct CollectedFile {
  std::string name;  ///< in Collection::directory(): made of what the bytes hash to
  Place place;       ///< an LfsObject or a DvcObject; of a directory of DVC too, whose object lists its files
};

/// What a source has of objects.
struct FoundFiles {
  std::vector<CollectedFile> files{};        ///< that bring() will fetch
  std::vector<ObjectAt> imports{};           ///< what DVC has from other sources, where Collection::find() finds it
  std::optional<source::Refusal> refusal{};  ///< why a file cannot be had
  std::size_t object = 0;                    ///< of the refusal: the number of the object
};

/// Why a file cannot be brought.
struct NotBrought {
  source::Refusal refusal;
  std::string repo{};                ///< the address of the source; empty if it is about none
  const ObjectAt* object = nullptr;  ///< one that has the file, as Collection::find() was given it, if that is known
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

  /// Over how many repositories imports are to be followed.
  static constexpr int most_imports = 8;

  /// Whether a file need not be collected.
  using IsKnown = std::function<bool(const Place& place)>;
  /// Finds the files of objects of one source, which may be asked for others later.
  FoundFiles find(source::Conversation& source, const RepoUrl& url, const std::vector<const ObjectAt*>& objects,
                  const IsKnown& is_known);

  /// Told which files Git has: a directory of objects besides the source's own (empty: none), and the blobs. They are
  /// there until it returns.
  using TakeBlobs = std::function<void(const fs::path& object_dir, const std::vector<Oid>& blobs)>;
  /// Gives the blobs that find() has found of a source; those that its repository lacks are fetched for that, and what
  /// turns out to be a pointer of Git LFS is one more file. To be called once for each source, when all is found.
  FoundFiles take_blobs(source::Conversation& source, const RepoUrl& url, const TakeBlobs& take);

  /// Fetches all files. Returns why that is not possible. The objects that find() was given must be there still. Throws
  /// Error(io), Interrupted.
  std::optional<NotBrought> bring();

  /// Where the files are.
  fs::path directory() const;
  /// Nothing that is left here is of use.
  void be_done() noexcept;

 private:
  class Search;
  struct Parts;
  /// What Git has of a source.
  struct Blobs {
    std::set<Oid> here{};
    std::map<Oid, Oid> lacking{};  ///< and the commit that each is of
  };
  const source::Settings& settings_;
  TransferEngine engine_;
  std::unique_ptr<Parts> parts_;
  std::map<std::string, Blobs> blobs_;  ///< by the address of the source
};

}  // namespace mlem::artifact
