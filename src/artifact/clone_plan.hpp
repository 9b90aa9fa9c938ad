#pragma once

#include "artifact/object_files.hpp"
#include "artifact/place.hpp"
#include "base/file.hpp"
#include "model/repo_url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// How a clone is laid out.
enum class Layout {
  mlem,      ///< the metafile `<target>.mlem` and its artifacts beside it; what is plain as it is
  hf_cache,  ///< as huggingface_hub keeps its cache, of which the target is the directory
};

/// What is wanted of a clone.
struct CloneRequest {
  ObjectAt object;
  std::string ref{};                ///< full name of the branch or tag that led to the object; empty: none did
  fs::path target;                  ///< of a metafile, with or without `.mlem`
  std::vector<std::string> only{};  ///< globs of glob_matches(): the files that are wanted; empty: all
  Layout layout = Layout::mlem;
  bool force = false;    ///< replace what is there and is something else
  bool dry_run = false;  ///< write nothing
};

/// Something that is at one path after a clone.
struct CloneItem {
  enum class Kind {
    file,
    symlink,
    text,
    directory,  ///< an empty one, which DVC has and Git has not
  };
  enum class State {
    fresh,     ///< there is nothing yet
    kept,      ///< it is there, and right
    replaced,  ///< something else is there
  };
  Kind kind = Kind::file;
  std::string path;          ///< below ClonePlan::root
  PlacedFile file{};         ///< whose bytes a file has
  std::string text{};        ///< where a symbolic link leads, what is in a text
  bool may_replace = false;  ///< whatever is there
  State state = State::fresh;

  bool is_executable() const { return kind == Kind::file && (file.mode & 0111U) != 0; }
  /// Returns the bytes that it takes, as far as that is known.
  std::optional<std::uint64_t> size() const;
  /// Returns what its bytes hash to, as text_of() has it; empty of what is no file.
  std::string hash_text() const;
};

/// Returns the word that scripts read: `made`, `kept`, `replaced`.
std::string_view name(CloneItem::State state) noexcept;

/// All that a clone makes.
struct ClonePlan {
  fs::path root;                   ///< the directory below which all of it is
  std::string name;                ///< of the object there: what its unfinished files are known by
  std::vector<CloneItem> items{};  ///< in the order in which they appear
  std::string product{};           ///< where in the root the copy is, for people; empty: the root itself
  bool is_directory = false;       ///< whether the object is the root itself
};

/// Leaves of the files of an object those that the request wants. Throws Error(not_found) for a glob that none matches.
void select_files(std::vector<PlacedFile>& files, const CloneRequest& request);

/// Plans the clone of an object with these files, all of which have a path. `metafile` is its text; empty of what is
/// plain. Throws Error(invalid) for what cannot be laid out so.
ClonePlan plan_clone(const CloneRequest& request, const std::string& metafile, std::vector<PlacedFile> files);

/// Returns the directory of huggingface_hub's cache for a repository: `models--<org>--<name>`. Nothing: the address is
/// not `<host>/[datasets/|spaces/][<org>/]<name>`.
std::optional<std::string> find_hf_directory(const RepoUrl& repo);

}  // namespace mlem::artifact
