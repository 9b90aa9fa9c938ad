#pragma once

#include "model/finding.hpp"
#include "model/link.hpp"
#include "resolve/resolver.hpp"
#include "resolve/tree_view.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::edit {

/// What became of a link that a command was to change, or would become of it.
enum class Action {
  pinned,
  refreshed,
  unpinned,
  held,
  released,
  promoted,
  rolled_back,
  updated,
  migrated,
  kept,     ///< there was nothing to do
  skipped,  ///< it cannot be changed
};

/// Returns the word that users read: `pinned`.
std::string_view name(Action action) noexcept;

/// What is to become of one link.
struct LinkDecision {
  Action action = Action::kept;
  /// What the link leads to, if `is_judged`; of one that is skipped, with the reason as its message.
  Finding finding;
  bool is_judged = false;     ///< whether its verdict means anything
  std::optional<Link> after;  ///< of a link that changes
  /// Of one that is skipped: no if it is broken, undecided if that could not be told, yes if it may stay as it is.
  Decision standing = Decision::yes;
  std::optional<std::string> hold{};   ///< of a link that is held now: why
  std::optional<std::string> until{};  ///< and the last day of that
  /// Of an update: the commits of the source that it brings, the newest first, each as `1f0a2c9 <subject>`; not always
  /// all.
  std::vector<std::string> commits{};
  std::optional<std::size_t> commit_count{};  ///< how many those are, if that is known
  std::string branch{};                       ///< the full name of the one that has the link so, if it is on its own
  bool is_bystander = false;                  ///< it is skipped for another one that was named cannot be changed
};

/// Returns the decision about a link that cannot be changed, and stays as it is. `standing` is `no` or `undecided` if
/// that is a failure even where it was not named.
LinkDecision skipped(std::string message, std::string hint = {}, Decision standing = Decision::yes);
/// The decision about an alias, which has no rev that could be pinned.
LinkDecision skipped_alias();
/// The same for a link that is broken, in the words of a finding.
LinkDecision broken(Finding finding);
LinkDecision broken(Verdict verdict, std::string message, std::string hint = {}, std::size_t line = 0);

/// The numbers of what a resolver was asked about a link.
struct Questions {
  std::optional<std::size_t> first;
  std::optional<std::size_t> second;
  bool needs_fields =
      true;  ///< whether decide() will mostly look at the link's fields: else they are read again for it
};

/// What a rule knows of a link when it decides.
struct Subject {
  const std::string& name;       ///< the link file, from the root
  const std::string& link_type;  ///< what is wanted of the object
  Questions questions;
  std::function<const Link&()> link;  ///< its fields
};

/// Links that a command was to change too, and that are not there any more.
struct AbsentLinks {
  struct One {
    std::string name;       ///< the file that it was, from the root
    bool is_named = false;  ///< one by one
    LinkDecision decision;  ///< that it is skipped, and why
  };
  std::vector<One> links;
  std::vector<std::string> words;  ///< of the command line: each selects a link that was there
};

/// What a command makes of links: it is told of all of them before anything is decided, so that each source is asked
/// once. May be asked more than once for the same decision.
class LinkRule {
 public:
  virtual ~LinkRule() = default;
  /// What becomes of a link that it changes.
  virtual Action action() const = 0;
  /// Returns the links that are not there any more and are to be told of as skipped.
  virtual AbsentLinks absent() const { return {}; }
  /// Asks `resolver` what has to be known of a link, which is in the tree of `view`.
  virtual Questions ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name,
                        const Link& link) = 0;
  /// Is called once all links were asked about, before the resolver runs: it may ask for more.
  virtual void ask_more(resolve::Resolver&, resolve::TreeView&) {}
  /// Decides, once the resolver has run. Throws Error(invalid) if the link cannot say what it is to say.
  virtual LinkDecision decide(const resolve::Resolver& resolver, const Subject& subject) = 0;
};

}  // namespace mlem::edit
