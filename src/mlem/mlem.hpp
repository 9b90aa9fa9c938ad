#pragma once

// libmlem: links of a model registry that is a Git repository, for programs.
//
// The engine is that of `git mlem`, and so are its verdicts (git-mlem(1)). Nothing is printed, no signal handler is
// installed; `git` is run for transport. Each call reads the environment of the process once; several threads may call
// at once. Every function throws Error. The process must not ignore SIGCHLD, nor wait for children that it has not
// started: `git` is waited for, and calls throw where that cannot be done.
//
// Paths are relative to the `directory` that a function is given, which is relative to the current directory. The
// registry is the repository around it: variables such as GIT_DIR, which git sets for hooks and aliases, count only
// where no `directory` is given.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mlem {

class Interrupt;  // the engine's

// Versioned, so that these names and those of the engine inside the library stay apart.
inline namespace v0 {

/// What is known of a file of an object; the keys of `artifacts` of `git mlem check --deep --json`.
struct Artifact {
  std::string name;                   ///< what the metafile calls it
  std::string path;                   ///< from the directory of the metafile, or of the plain link
  std::optional<std::uint64_t> size;  ///< in bytes, as it is recorded
  std::string hash;                   ///< as it is recorded: `sha256:` and hex digits, `md5:`, `git:`, …
  std::string state;                  ///< `ok`, `unhashed`, `missing`, `mismatch`, …: git-mlem-check(1)
};

/// A link on the way from another to an object.
struct Hop {
  std::string repo;    ///< empty for the registry itself
  std::string rev;     ///< as the step before asked for it
  std::string commit;  ///< empty in an index or work tree
  std::string path;    ///< from the repository's root
};

/// What a link or a name came to; the keys of `git mlem check --json`.
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
  std::vector<Hop> hops;            ///< the links between it and the object, in the order they were followed
  std::vector<Artifact> artifacts;  ///< where CheckOptions::deep wants them looked at
};

/// Whether asking again may give another answer than this verdict, such as `unreachable`, `timeout` or `auth-required`.
bool is_undecided(const std::string& verdict);

/// What could not be done, and why.
class Error : public std::runtime_error {
 public:
  Error(const std::string& what, std::string verdict, std::string hint)
      : std::runtime_error(what), what_failed_(what), verdict_(std::move(verdict)), hint_(std::move(hint)) {}
  /// `what()` is `text`, which `what_failed` and `why` are the parts of.
  Error(const std::string& text, std::string what_failed, std::string why, std::string verdict, std::string hint)
      : std::runtime_error(text),
        what_failed_(std::move(what_failed)),
        why_(std::move(why)),
        verdict_(std::move(verdict)),
        hint_(std::move(hint)),
        undecided_(mlem::is_undecided(verdict_)) {}

  /// What could not be done, or the name of what could not be used.
  const std::string& what_failed() const noexcept { return what_failed_; }
  /// The reason; empty if `what_failed()` says it all.
  const std::string& why() const noexcept { return why_; }
  /// The verdict, such as `missing-rev`, if an object was not found where it should be; else empty.
  const std::string& verdict() const noexcept { return verdict_; }
  /// What may help; may be empty.
  const std::string& hint() const noexcept { return hint_; }
  /// What the object came to that was not found or not right; null if it is not about one.
  const std::shared_ptr<const Finding>& finding() const noexcept { return finding_; }
  /// Whether asking again may give another answer: the network, credentials or time were in the way.
  bool is_undecided() const noexcept { return undecided_; }

  /// Adds what is known of the object. For the library's own use.
  Error& with(Finding finding);
  /// Has `is_undecided()` say so. For the library's own use.
  Error& as_undecided() noexcept;

 private:
  std::string what_failed_;
  std::string why_;
  std::string verdict_;
  std::string hint_;
  std::shared_ptr<const Finding> finding_;
  bool undecided_ = false;
};

/// Cancel::request() ended a call.
class Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled", "", "") {}
};

/// A way to end calls early, from another thread or from the handler of a signal such as SIGINT.
class Cancel {
 public:
  Cancel();
  ~Cancel();
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  /// Has the calls that were given this, and all that will be, throw Cancelled as soon as they can. Files and the index
  /// are written whole or not at all. Async-signal-safe. A call that has nothing to wait for may still end well.
  void request() noexcept;

 private:
  friend Interrupt* interrupt_of(const Cancel* cancel) noexcept;
  std::unique_ptr<Interrupt> interrupt_;
};

/// How an object is looked for.
struct LoadOptions {
  std::string project{};     ///< the repository: whatever `git clone` takes; empty: the one around `directory`
  std::string rev{};         ///< branch, tag or commit id; empty: the default branch, or the work tree
  bool follow_links = true;  ///< go on to what a link leads to
  std::string directory{};   ///< inside the registry; empty: the current directory
  Cancel* cancel = nullptr;  ///< how to end it early; null: it is not
};

/// How a link is made.
struct LinkOptions {
  std::string source_project{};  ///< as LoadOptions::project
  std::string rev{};
  std::string target{};          ///< the file to write, `.mlem` may be left out; empty: none is written
  std::string target_project{};  ///< a project of the work tree that `target` is relative to
  bool follow_links = true;      ///< link to what a link leads to
  bool absolute = false;         ///< name the repository even where an alias would do
  bool pin = false;              ///< name the commit, and record what is there
  bool plain = false;            ///< link to a file or directory that has no metafile
  std::string type{};            ///< of a plain link: what it takes that for; empty: `model`
  bool force = false;  ///< re-point a link that is held, replace what is not a link, write what `git add` would refuse
  bool stage = true;   ///< stage the file that was written
  std::string directory{};   ///< inside the registry; empty: the current directory
  Cancel* cancel = nullptr;  ///< how to end it early; null: it is not
};

/// An argument of a method.
struct Argument {
  std::string name;
  std::string type;           ///< in a few words: `dataframe of 4 columns`
  bool required = true;       ///< whether it has to be given
  std::string default_value;  ///< as JSON, of one that need not be given
  bool keyword_only = false;
};

/// A method as its callers see it.
struct Method {
  std::string name;
  std::vector<Argument> arguments;
  std::string returns;    ///< the result's type in a few words
  std::string signature;  ///< as in Python: `(X: dataframe of 4 columns) -> ndarray of int64, shape (any)`
};

/// What an object needs to be used.
struct Requirement {
  std::string kind;     ///< `installable`, `custom`, `unix`, …
  std::string name;     ///< the module or package
  std::string version;  ///< may be empty
  std::string origin;   ///< what else says where it comes from; of `custom` its code
};

/// A file that belongs to an object, as the metafile says it.
struct DeclaredFile {
  std::string name;
  std::string uri;
  std::string hash;
  std::string size;  ///< in bytes, as it is written
  std::string type;  ///< `dvc`, …; empty for a file beside the metafile
};

/// What a metafile says, whichever version of MLEM wrote it.
struct Description {
  std::string format;  ///< of a model the type of what is called, such as `sklearn`; of data that of its reader
  std::string data;    ///< what a data object holds, in a few words
  std::vector<Method> methods;  ///< of a model
  std::vector<Requirement> requirements;
  std::vector<DeclaredFile> files;
};

class Link;

/// Which numbers Object::json() writes as such; others are text as they are written.
enum class Numbers {
  of_json,  ///< those that every reader of JSON has
  any,      ///< also `NaN`, `Infinity` and large integers, which Python's json reads
};

/// A MLEM object's metadata, and where it was found.
class Object {
 public:
  /// All that one is made of, for who wants to keep it and to make the same of it again.
  struct State {
    std::string object_type{};
    std::string repo{};
    std::string commit{};
    std::string path{};
    std::string text{};
    std::string asked_path{};  ///< the name it was loaded by
    LoadOptions asked{};       ///< and how; `cancel` is null
  };
  Object() = default;
  explicit Object(State state) : state_(std::move(state)) {}
  const State& state() const noexcept { return state_; }

  const std::string& object_type() const noexcept { return state_.object_type; }
  /// The repository's address; empty for the registry itself.
  const std::string& repo() const noexcept { return state_.repo; }
  /// The full id of the commit it was read from; empty in an index or work tree.
  const std::string& commit() const noexcept { return state_.commit; }
  /// From the repository's root, with `.mlem`.
  const std::string& path() const noexcept { return state_.path; }
  /// The metafile's text: YAML.
  const std::string& text() const noexcept { return state_.text; }
  /// The same as one line of JSON, with the file's own keys.
  std::string json(Numbers numbers = Numbers::of_json) const;
  /// The same in the words of who uses the object. Throws Error if the text cannot be read.
  Description description() const;

  /// Makes a link to this object and writes it to `target`. The options' source fields and `target` are ignored.
  Link make_link(const std::string& target, LinkOptions options = {}) const;
  /// Returns the link that this object is; nothing if it is none. There are such with `follow_links = false` only.
  std::optional<Link> link() const;

 private:
  State state_;
};

/// The fields of a link file.
class Link {
 public:
  /// All that one is made of, for who wants to keep it and to make the same of it again.
  struct State {
    std::string link_type{};
    std::string path{};
    std::string repo{};
    std::string rev{};
    std::string file{};
    std::string text{};         ///< of the file
    std::string directory{};    ///< that it was made or loaded in
    std::string loaded_path{};  ///< of one that was read from a commit: its file; else empty
    LoadOptions loaded_from{};  ///< and how to load that; `cancel` is null
  };
  Link() = default;
  explicit Link(State state) : state_(std::move(state)) {}
  const State& state() const noexcept { return state_; }

  const std::string& link_type() const noexcept { return state_.link_type; }
  const std::string& path() const noexcept { return state_.path; }
  /// Empty for an alias, and for a link into this repository.
  const std::string& repo() const noexcept { return state_.repo; }
  /// As it was asked for; may be empty.
  const std::string& rev() const noexcept { return state_.rev; }
  /// The link file from the work tree's root; empty if it was not written.
  const std::string& file() const noexcept { return state_.file; }

  /// Finds the object that the link leads to: an alias where the link was loaded from, else in the work tree, from its
  /// file's project.
  Object load_link(Cancel* cancel = nullptr) const;

 private:
  State state_;
};

/// Which links are judged.
struct CheckOptions {
  std::string rev{};                 ///< a commit's or tree's links; empty: those of the index, or of a bare HEAD
  std::vector<std::string> paths{};  ///< git's pathspecs; none: the whole registry
  bool offline = false;              ///< answer from the cache
  std::string deep{};        ///< how closely files of objects are looked at: `size`, `at-hand`, `hash`; empty: not
  std::string signed_by{};   ///< a file with a key or a CA that has to have signed the objects; empty: nobody has to
  std::string directory{};   ///< inside the registry; empty: the current directory
  Cancel* cancel = nullptr;  ///< how to end it early; null: it is not
};

/// Which links are to be changed: by name all or none, by pathspec those that can be.
struct EditOptions {
  std::vector<std::string> links{};  ///< links of the index and git's pathspecs; none: the whole registry
  bool force = false;                ///< re-point what is held too, and lift the holds
  bool dry_run = false;              ///< tell what would be changed
  std::string directory{};           ///< inside the registry; empty: the current directory
};

/// What became of a link; the keys of `git mlem pin --json`.
struct EditedLink {
  std::string link;    ///< the file from the repository's root
  std::string action;  ///< `pinned`, `refreshed`, `unpinned`, `held`, `released`, `updated`, `promoted`, `rolled-back`,
                       ///< `kept` or `skipped`
  std::string verdict;  ///< `ok` if it resolves; empty where that was not asked
  std::string message;  ///< of one that was skipped: why
  std::string hint;
  std::string branch{};  ///< the full name of the branch of its own that has it so, if it has one
};

/// Which links are compared with what they follow.
struct StatusOptions {
  std::vector<std::string> links{};  ///< links, and git's pathspecs; none: the whole registry
  bool offline = false;              ///< answer from the cache
  std::string directory{};           ///< inside the registry; empty: the current directory
};

/// What a ref of a source names.
struct SourcePoint {
  std::string rev;     ///< its short name
  std::string ref;     ///< its full name
  std::string commit;  ///< an id
  std::string path;    ///< of the object
  std::string repo;    ///< the source's address
  std::string blob;    ///< the id of the object's metafile
};

/// How a link stands to what it follows; the keys of `git mlem status --json`.
struct LinkStatus {
  std::string link;     ///< the file from the repository's root
  std::string state;    ///< `same`, `behind`, …: git-mlem-status(1); empty if that could not be told
  std::string verdict;  ///< `ok` unless something stands in the way
  std::string message;
  std::string hint;
  std::vector<std::string> warnings;    ///< `code: message`
  std::optional<std::size_t> behind;    ///< commits
  std::optional<std::size_t> touching;  ///< of those, how many touch the object
  std::optional<SourcePoint> tip;       ///< what the ref names now
  std::optional<SourcePoint> newest;    ///< the newest version
  std::string hold;                     ///< why it is held; empty if it is not
  std::string until;                    ///< the last day of that
};

/// What of the past is told.
struct LogOptions {
  std::vector<std::string> links{};  ///< links, now or then, and git's pathspecs; none: the whole registry
  std::string range{};               ///< a rev or `<a>..<b>`; empty: HEAD
  bool removed = false;              ///< links too that are not there any more and are not named
  std::string since{};               ///< dates as git reads them; empty: no limit
  std::string until{};
  std::optional<std::size_t> max_count{};  ///< commits that changed links
  std::string directory{};                 ///< inside the registry; empty: the current directory
};

/// What became of a link by a commit; the keys of `git mlem log --json`.
struct LoggedChange {
  std::string link;                 ///< the file from the repository's root, by its name then
  std::string change;               ///< `added`, `removed`, `re-pointed`, `edited` or `renamed`
  std::string former_link;          ///< of one that was renamed
  std::string message;              ///< why the file cannot be read as a link; empty if it can
  std::optional<SourcePoint> from;  ///< as the link said it
  std::optional<SourcePoint> to;
  std::string registry_commit;  ///< on the line of first parents
  std::string date;             ///< its committer's, RFC 3339
  std::string merged_by;
  std::string changed_in;  ///< the commit that made the change; empty: that one
  std::string author;
  std::string until;  ///< when it was replaced; empty: not yet
};

/// What is compared.
struct DiffOptions {
  std::vector<std::string> revs{};   ///< none: HEAD and the index; one: that and the index, or `<a>..<b>`; or two
  std::vector<std::string> paths{};  ///< git's pathspecs; none: the whole registry
  bool offline = false;              ///< answer from the cache
  std::string directory{};           ///< inside the registry; empty: the current directory
};

/// A commit of a source.
struct SourceCommit {
  std::string commit;
  std::string date;  ///< its committer's, RFC 3339
  std::string author;
  std::string subject;
};

/// One thing that differs between two objects.
struct Detail {
  std::string what;
  std::optional<std::string> from;  ///< none: it is new
  std::optional<std::string> to;    ///< none: it is gone
};

/// How a link differs; the keys of `git mlem diff --json`.
struct ChangedLink {
  std::string link;  ///< the file from the repository's root
  std::string change;
  std::string former_link;
  std::string message;  ///< what could not be had, and why
  std::optional<SourcePoint> from;
  std::optional<SourcePoint> to;
  std::vector<SourceCommit> commits;  ///< that came with the change, the newest first
  std::string compatibility;          ///< git-mlem-compatibility(7); empty if nothing was compared
  std::vector<Detail> details;
};

/// Where links are looked for.
struct WhoOptions {
  std::vector<std::string> registries{};  ///< addresses of others, beside the one around `directory`
  bool offline = false;                   ///< answer from the cache
  std::string directory{};                ///< empty: the current directory
};

/// A link that leads somewhere; the keys of `git mlem who --json`.
struct UsedBy {
  std::string link;  ///< the file from its registry's root
  std::string repo;
  std::string rev;
  std::string path;
  std::vector<std::string> refs;  ///< full names of those that have it
  std::vector<std::string> via;   ///< the links between
  bool floats = false;            ///< it leads elsewhere when a ref moves
  std::string registry;           ///< another one's address; empty: this one
};

/// How links are updated.
struct UpdateOptions {
  std::vector<std::string> links{};  ///< as in EditOptions
  std::string to{};                  ///< a rev in place of what the links follow
  std::string branch{};              ///< a branch for each link, such as `mlem/{link}`; empty: the index
  std::chrono::seconds min_age{0};   ///< only to commits that were first seen so long ago
  bool force = false;                ///< follow what moved or was rewritten, re-point what is held
  bool dry_run = false;              ///< tell what would be changed
  std::string directory{};           ///< inside the registry; empty: the current directory
};

/// Where links are copied to; one of `to` and `onto` at least.
struct PromoteOptions {
  std::string to{};         ///< a directory, relative to `directory`; empty: the paths that the links have
  std::string onto{};       ///< a branch that gets them by a commit; empty: the index
  std::string message{};    ///< of that commit; empty: one that names the links
  bool pin = false;         ///< pin the copies of links that are not pinned
  bool force = false;       ///< re-point what is held too, and replace what is not a link
  bool dry_run = false;     ///< tell what would be changed
  std::string directory{};  ///< inside the registry; empty: the current directory
};

/// What links go back to.
struct RollbackOptions {
  std::string to{};         ///< a rev of the registry; empty: what each link named before
  std::string reason{};     ///< why, for the hold; empty: what was rolled back
  bool force = false;       ///< take what does not resolve or, with `to`, was not pinned
  bool dry_run = false;     ///< tell what would be changed
  std::string directory{};  ///< inside the registry; empty: the current directory
};

/// How an object is copied.
struct CloneOptions {
  std::string project{};  ///< as LoadOptions::project
  std::string rev{};
  std::string target_project{};     ///< the directory that the target is relative to; empty: `directory`
  bool plain = false;               ///< the object is a file or directory that has no metafile
  std::vector<std::string> only{};  ///< globs: the files that are wanted; none: all
  bool hf_cache = false;            ///< the target is a cache directory of Hugging Face's library
  bool force = false;               ///< replace files that are something else
  bool dry_run = false;             ///< tell what would be written
  std::string directory{};          ///< inside the registry; empty: the current directory
  Cancel* cancel = nullptr;         ///< how to end it early; null: it is not
};

/// A file of a clone; the keys of `files` of `git mlem clone --json`.
struct ClonedFile {
  std::string file;                   ///< from the directory that the target is relative to
  std::optional<std::uint64_t> size;  ///< in bytes; none: not known before it is fetched
  std::string hash;                   ///< that it was proved to have: `sha256:` and hex digits, `md5:`, `git:`, …
  std::string action;                 ///< `made`, `kept` or `replaced`
};

/// What a bundle is made of: git-mlem-bundle(1).
struct BundleOptions {
  std::vector<std::string> links{};  ///< names or pathspecs; none: all
  std::vector<std::string> since{};  ///< bundles whose content is left out
  std::string directory{};           ///< inside the registry; empty: the current directory
};

/// Where a bundle goes.
struct ImportOptions {
  std::string into{};       ///< a directory that becomes a registry; empty: into one that is there
  std::string directory{};  ///< inside that one; empty: the current directory
};

/// What is in a bundle.
struct Bundle {
  std::string id;                  ///< SHA-256 of its manifest, which names all else
  std::string commit;              ///< of the registry
  std::vector<std::string> since;  ///< the ids of the bundles that it builds on
  std::vector<std::string> links{};
  std::vector<std::string> sources{};  ///< their addresses
};

/// Finds an object by name: a path, `<rev>:<path>`, or an address with the path in it.
Object load_meta(const std::string& path, const LoadOptions& options = {});

/// Tells where a name leads, without reading the object's text: git-mlem-resolve(1). Names are those of load_meta().
Finding resolve(const std::string& object, const LoadOptions& options = {});

/// Makes a link to an object, and writes and stages it if the options name a target: both or neither.
Link link(const std::string& source, const LinkOptions& options = {});

/// Copies an object with its files, proved while they come, to `target`, which is relative to the options' directories:
/// git-mlem-clone(1). Throws Error with its verdict if a file is not there or not what is recorded.
std::vector<ClonedFile> clone(const std::string& object, const std::string& target, const CloneOptions& options = {});

/// Has links name the commits that they lead to and record what is there: git-mlem-pin(1). As of all four functions,
/// what was written is staged, and Error is thrown if one of those that are named cannot be changed.
std::vector<EditedLink> pin(const EditOptions& options = {});
/// Mends pins whose rev another program has changed.
std::vector<EditedLink> refresh_pins(const EditOptions& options = {});
/// Has pinned links name again what they follow: git-mlem-unpin(1).
std::vector<EditedLink> unpin(const EditOptions& options = {});
/// Holds links, for a reason and to the end of a day in UTC, `2027-01-31`, or for good: git-mlem-hold(1).
std::vector<EditedLink> hold(const std::string& reason, const std::string& until = {}, const EditOptions& options = {});
/// Lifts holds: git-mlem-unhold(1).
std::vector<EditedLink> unhold(const EditOptions& options = {});

/// Compares pinned links with what they follow, in path order: git-mlem-status(1).
std::vector<LinkStatus> status(const StatusOptions& options = {});
/// Has pinned links go to what they follow: git-mlem-update(1). Throws as pin().
std::vector<EditedLink> update(const UpdateOptions& options = {});
/// Copies pinned links to another environment: git-mlem-promote(1). Throws as pin().
std::vector<EditedLink> promote(const std::vector<std::string>& links, const PromoteOptions& options);
/// Has links name again what they named before, and holds them: git-mlem-rollback(1). Throws as pin().
std::vector<EditedLink> rollback(const std::vector<std::string>& links, const RollbackOptions& options = {});

/// Tells what links have named, the newest change first: git-mlem-log(1).
std::vector<LoggedChange> log(const LogOptions& options = {});
/// Compares the links of two states, and their objects: git-mlem-diff(1).
std::vector<ChangedLink> diff(const DiffOptions& options = {});
/// Tells which links lead to `<repo>[@<rev>][:<path>]`: git-mlem-who(1).
std::vector<UsedBy> who(const std::string& place, const WhoOptions& options = {});

/// Makes a bundle of the registry, what its links lead to and the files of the objects, in one file:
/// git-mlem-bundle(1). Throws Error with a verdict if a link or a file is not there.
Bundle create_bundle(const std::string& file, const BundleOptions& options = {});
/// Reads a bundle to its end. Throws Error if a byte of it is not what it was. `-` is standard input, as below.
Bundle verify_bundle(const std::string& file);
/// Brings a bundle to a registry and its cache. Throws Error if it is not whole, or builds on what is not there.
Bundle import_bundle(const std::string& file, const ImportOptions& options = {});

/// Judges links, in path order. Throws Error where there is nothing to judge, as when a path matches no file.
std::vector<Finding> check(const CheckOptions& options = {});

}  // namespace v0
}  // namespace mlem
