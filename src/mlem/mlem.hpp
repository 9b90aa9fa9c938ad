#pragma once

// libmlem: links of a model registry that is a Git repository, for programs.
//
// The engine is that of `git mlem`, and so are its verdicts (git-mlem(1)). Nothing is printed, no signal handler is
// installed; `git` is run for transport. Each call reads the environment of the process once; several threads may call
// at once. Every function throws Error. The process must not ignore SIGCHLD: `git` is waited for.

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mlem {
// Versioned, so that these names and those of the engine inside the library stay apart.
inline namespace v0 {

/// What could not be done, and why.
class Error : public std::runtime_error {
 public:
  Error(const std::string& what, std::string verdict, std::string hint)
      : std::runtime_error(what), verdict_(std::move(verdict)), hint_(std::move(hint)) {}

  /// The verdict, such as `missing-rev`, if an object was not found where it should be; else empty.
  const std::string& verdict() const noexcept { return verdict_; }
  /// What may help; may be empty.
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string verdict_;
  std::string hint_;
};

/// How an object is looked for.
struct LoadOptions {
  std::string project{};     ///< the repository: whatever `git clone` takes; empty: the one around `directory`
  std::string rev{};         ///< branch, tag or commit id; empty: the default branch, or the work tree
  bool follow_links = true;  ///< go on to what a link leads to
  std::string directory{};   ///< inside the registry; empty: the current directory
};

/// How a link is made.
struct LinkOptions {
  std::string source_project{};  ///< as LoadOptions::project
  std::string rev{};
  std::string target{};          ///< the file to write, `.mlem` may be left out; empty: none is written
  std::string target_project{};  ///< a project of the work tree that `target` is relative to
  bool follow_links = true;      ///< link to what a link leads to
  bool absolute = false;         ///< name the repository even where an alias would do
  bool force = false;            ///< replace what is no link, write what `git add` would refuse
  bool stage = true;             ///< stage the file that was written
  std::string directory{};       ///< inside the registry; empty: the current directory
};

class Link;

/// A MLEM object's metadata, and where it was found.
class Object {
 public:
  const std::string& object_type() const noexcept { return object_type_; }
  /// The repository's address; empty for the registry itself.
  const std::string& repo() const noexcept { return repo_; }
  /// The full id of the commit it was read from; empty in an index or work tree.
  const std::string& commit() const noexcept { return commit_; }
  /// From the repository's root, with `.mlem`.
  const std::string& path() const noexcept { return path_; }
  /// The metafile's text: YAML.
  const std::string& text() const noexcept { return text_; }
  /// The same as one line of JSON, with the file's own keys.
  std::string json() const;

  /// Makes a link to this object and writes it to `target`. The options' source fields and `target` are ignored.
  Link make_link(const std::string& target, LinkOptions options = {}) const;
  /// Returns the link that this object is; nothing if it is none. There are such with `follow_links = false` only.
  std::optional<Link> link() const;

 private:
  friend Object load_meta(const std::string& path, const LoadOptions& options);
  friend class Link;
  std::string object_type_;
  std::string repo_;
  std::string commit_;
  std::string path_;
  std::string text_;
  std::string asked_path_;
  LoadOptions asked_;
};

/// The fields of a link file.
class Link {
 public:
  const std::string& link_type() const noexcept { return link_type_; }
  const std::string& path() const noexcept { return path_; }
  /// Empty for an alias, and for a link into this repository.
  const std::string& repo() const noexcept { return repo_; }
  /// As it was asked for; may be empty.
  const std::string& rev() const noexcept { return rev_; }
  /// The link file from the work tree's root; empty if it was not written.
  const std::string& file() const noexcept { return file_; }

  /// Finds the object that the link leads to: an alias where the link was loaded from, else in the work tree, from its
  /// file's project.
  Object load_link() const;

 private:
  friend Link link(const std::string& source, const LinkOptions& options);
  friend class Object;
  std::string link_type_;
  std::string path_;
  std::string repo_;
  std::string rev_;
  std::string file_;
  std::string text_;
  std::string directory_;
  /// Of a link that was read from a commit: its file and how to load that; else empty.
  std::string loaded_path_;
  LoadOptions loaded_from_;
};

/// What a judged link came to; the keys of `git mlem check --json`.
struct Finding {
  std::string link;     ///< the file from the repository's root
  std::string verdict;  ///< `ok` if it resolves
  std::string message;
  std::string hint;
  std::vector<std::string> warnings;  ///< `code: message`
  std::string object_type;
  std::string repo;
  std::string rev;
  std::string ref;
  std::string commit;
  std::string path;
  std::string blob;
};

/// Which links are judged.
struct CheckOptions {
  std::string rev{};                 ///< a commit's or tree's links; empty: those of the index, or of a bare HEAD
  std::vector<std::string> paths{};  ///< git's pathspecs; none: the whole registry
  bool offline = false;              ///< answer from the cache
  std::string directory{};           ///< inside the registry; empty: the current directory
};

/// Finds an object by name: a path, `<rev>:<path>`, or an address with the path in it.
Object load_meta(const std::string& path, const LoadOptions& options = {});

/// Makes a link to an object, and writes and stages it if the options name a target: both or neither.
Link link(const std::string& source, const LinkOptions& options = {});

/// Judges links, in path order. Throws Error where there is nothing to judge, as when a path matches no file.
std::vector<Finding> check(const CheckOptions& options = {});

}  // namespace v0
}  // namespace mlem
