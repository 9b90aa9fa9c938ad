#pragma once

#include "artifact/inspect.hpp"
#include "artifact/model_signer.hpp"
#include "check/policy.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "resolve/resolver.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::check {

/// A policy that holds for what is judged.
struct Rules {
  Policy policy;
  bool is_approved = true;   ///< whoever made the change may change what the policy is about
  std::string who_may{};     ///< a hint where that is broken: whom the server takes for the pusher, and who may
  std::string how_to_ask{};  ///< how somebody else has a change made; it is no way to remove or rewind a ref
  std::shared_ptr<const artifact::ModelSigner>
      signer{};  ///< who has to have signed objects; null: nobody, or not read yet
  /// Both as one hint.
  std::string who_may_and_how() const { return who_may + "; " + how_to_ask; }
};

/// One of `count` parts of a registry's links: which one a link is in, its name alone decides.
struct Shard {
  std::size_t number = 1;  ///< from 1
  std::size_t count = 1;
  bool has(std::string_view name) const noexcept;
};

/// Which links are judged, and in which tree aliases are resolved.
struct Scope {
  enum class Kind {
    index,      ///< every link of the index
    work_tree,  ///< every link file in the work tree
    commit,     ///< every link of a commit
    changes,    ///< what differs between `before` and `commit`, or the index if there is none
  };
  Kind kind = Kind::index;
  std::optional<Oid> commit{};  ///< or a tree
  std::optional<Oid> before{};  ///< of changes: a commit or tree; none: nothing
  std::vector<Oid> merged{};    ///< of changes: commits that a merge brings in; a file as one of them has it is not new
  std::vector<std::string> pathspecs{};
  std::optional<std::vector<git::Change>> changes{};      ///< of changes, if they are known already
  Shard shard{};                                          ///< judge this part of them
  std::optional<artifact::Depth> depth{};                 ///< how closely the files of objects are looked at; none: not
  std::shared_ptr<const artifact::ModelSigner> signer{};  ///< who has to have signed objects; null: nobody
  bool reachable = false;  ///< whether commits must be on a branch or tag of their source

  std::vector<Rules> rules{};       ///< the policies in force
  bool all_policed = false;         ///< of changes: judge every link whose policy names refs, changed or not
  bool all = false;                 ///< of changes: judge every link, changed or not, and forgive no old fault
  bool touches_aliases = false;     ///< of changes: unchanged aliases may be broken, whatever the changes
  std::string pushed_ref{};         ///< a key of every finding
  std::vector<Finding> findings{};  ///< what is known before any link is read: reported first
};

/// Returns the scope of all links that are in force: the index; HEAD in a bare repository. Throws Error(not_found) if
/// there is not a commit there.
Scope whole_registry(const git::Registry& registry);

/// Completes the pathspecs of a scope: a link may be named without its `.mlem`. Throws Error(not_found) if one of them
/// matches no file of what is judged, of changes on neither side: a green answer about nothing would be a false one.
void settle_pathspecs(const git::Registry& registry, const source::Settings& settings, Scope& scope);

/// How many links were judged, by what they came to. What is undecided is broken if a policy wants it decided.
struct Summary {
  std::size_t ok = 0;
  std::size_t broken = 0;
  std::size_t undecided = 0;
  std::size_t refs = 0;           ///< that are broken as a whole: findings about them are about no link
  std::size_t others = 0;         ///< files that are not links and break a policy, such as the marker of a project
  std::size_t broken_before = 0;  ///< links that changes left as broken as they were; they are not reported
  std::size_t warnings = 0;
  std::size_t old_files = 0;               ///< named `*.mlem.yaml`, as MLEM before 0.1.10 did, and not judged
  std::int64_t proof_time = 0;             ///< the oldest of the findings; 0: none
  std::string last_ref{};                  ///< of `refs`: what is said of one comes in a row
  std::vector<std::string> other_names{};  ///< the first of `others`
  bool has_broken() const noexcept { return broken + refs + others > 0; }
  std::size_t total() const noexcept { return ok + broken + undecided; }
  void count(const Finding& finding);
};

/// Judges the links of `scopes` and calls `report` for each, scope by scope in path order. Objects are passed over.
/// Of changes, unchanged links are judged too where the change could have broken them, and reported where it did:
/// git-mlem-hook(1) has the rule. Each source is asked once for all scopes. `pushed_refs` is what a push is about to
/// make of the registry's own refs; a link to one of those has to resolve with and without what happens to other refs,
/// for git may refuse any of them. `take_text`, if there is one, is given every metafile that is read, by several
/// threads at once.
Summary judge(const git::Registry& registry, const source::Settings& settings, const std::vector<Scope>& scopes,
              const std::function<void(const Finding&)>& report, const source::PushedRefs& pushed_refs = {},
              const resolve::TakeText& take_text = {});

}  // namespace mlem::check
