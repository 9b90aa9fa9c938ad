#pragma once

#include "git/registry.hpp"
#include "model/finding.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"
#include "model/point.hpp"
#include "resolve/resolver.hpp"
#include "resolve/tree_view.hpp"
#include "source/distance.hpp"
#include "source/gto.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace mlem::history {

/// How a link stands to what it follows, by the object and not by the commit.
enum class State {
  same,       ///< the ref has the object that the link is pinned to
  behind,     ///< it has another one, in a commit that the pin leads to
  moved,      ///< it is a tag, and has another one
  rewritten,  ///< it has another one, in a history that the pin is not in
  gone,       ///< the ref or its object is gone, or the object of the link itself
  fixed,      ///< the link names a commit, and follows nothing
  floating,   ///< the link names a branch, HEAD, or nothing
  unpinned,   ///< the link names a tag
};

/// Returns the word that users read: `behind`.
std::string_view name(State state) noexcept;

/// Whether a link in this state is not what it follows: such as `behind`.
bool is_apart(State state) noexcept;

/// What is known of how one link stands.
struct Standing {
  /// What the link is pinned to or leads to now. Its verdict says why there is no state, or that the link itself is
  /// broken; its message may also say more about the state.
  Finding finding;
  std::optional<State> state;
  std::optional<std::size_t> behind{};    ///< how many commits the ref has that the pin has not
  std::optional<std::size_t> touching{};  ///< how many of those change the object
  std::optional<Point> tip{};             ///< what the ref names
  std::optional<Point> newest{};          ///< the newest version tag, if it has the object
  std::optional<std::string> hold{};      ///< why the link is held
  std::optional<std::string> until{};     ///< the last day of that
};

/// What is asked besides.
struct StandingOptions {
  std::string today{};         ///< in UTC, for holds: `2027-01-31`
  bool wants_newest = false;   ///< look for newer versions
  bool wants_commits = false;  ///< keep the commits that links are behind by: `Standings::distance()`
  bool asks_cache = false;     ///< have the cache answer for sources that cannot be asked
  bool follows_own = false;    ///< tell whether what leads on within the registry ends anywhere there
};

/// Compares links with what they follow, pinned ones and those that name the version that answered a question of GTO:
/// asks each source once for all of them, and for its history only where an object differs.
class Standings {
 public:
  /// `registry` must outlive it.
  Standings(const git::Registry& registry, source::Settings settings, StandingOptions options);
  ~Standings();
  Standings(const Standings&) = delete;
  Standings& operator=(const Standings&) = delete;

  /// Takes a link up for run(), and returns its number. `view` is the tree that it was read from; `to` a rev or a
  /// question of GTO that it is compared with in place of what it follows.
  std::size_t add(resolve::TreeView& view, const std::string& name, const Link& link,
                  const std::optional<std::string>& to = {});
  /// Asks the sources.
  void run();

  /// Returns how a link stands; its finding without `link`, `link_type` and `at`.
  Standing standing(std::size_t number) const;
  /// Returns what the ref names that a link was compared with; nothing for one that follows nothing.
  std::optional<resolve::Answer> tip(std::size_t number) const;
  /// Returns how far a link is behind; null if that was not asked.
  const source::Distance* distance(std::size_t number) const;
  /// Whether a link was compared with what answers a question of GTO: with versions, that is, and not with commits.
  bool asks_gto(std::size_t number) const;
  /// How many links were taken up.
  std::size_t size() const noexcept;

 private:
  struct Item;
  struct Asked;
  /// The answers about one link: from the source, or from the cache if it could not be asked.
  struct Answers;
  Answers answers_of(const Item& item) const;
  /// `follows`: what the link names is compared with its ref.
  Asked ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name, const Link& link,
            bool follows) const;
  /// Asks GTO's questions, and takes up what answers them.
  void ask_gto();
  void take_gto(Item& item, const source::GtoAnswer& answer);
  /// Has the cache answer for the sources that could not be asked.
  void ask_cache();
  void measure();
  /// Takes a link up that leads on within the registry.
  void follow_own(Item& item, resolve::TreeView& view, const std::string& name, const Link& link);
  /// Returns why such a link leads to nothing; nothing if it does not, as far as the registry itself can tell.
  std::optional<Finding> find_dead_end(const Item& item) const;
  /// Whether a link was compared with something else than the ref that it says.
  static bool is_elsewhere(const Item& item);
  /// Returns the key of what a link is asked about if it may be behind.
  using DistanceKey = std::tuple<std::string, std::string, Oid, Oid, std::string, std::string, bool>;
  std::optional<DistanceKey> distance_of(const Item& item, const Answers& answers) const;

  void tell_pin(const Item& item, const Answers& answers, Standing& standing) const;
  void tell_tip(const Item& item, const Answers& answers, Standing& standing) const;
  void compare(const Item& item, const Answers& answers, Standing& standing) const;
  void tell_distance(const Item& item, const Answers& answers, Standing& standing) const;

  const git::Registry& registry_;
  source::Settings settings_;
  StandingOptions options_;
  resolve::Resolver resolver_;
  std::unique_ptr<resolve::Resolver> cached_;  ///< offline
  std::unique_ptr<resolve::Resolver> own_;     ///< offline, too: follows what leads on within the registry
  std::deque<Item> items_;
  std::set<std::string> refs_;  ///< what links follow, each kept once
  std::map<DistanceKey, source::Distance> distances_;
};

}  // namespace mlem::history
