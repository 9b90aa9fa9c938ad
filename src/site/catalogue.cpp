#include "site/catalogue.hpp"

#include "history/link_changes.hpp"
#include "resolve/resolver.hpp"
#include "resolve/tree_view.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

// First the links are judged as `git mlem check` judges them, and the metafiles are kept as they come by. One walk
// along the first parents gives every change of every link. Then all that links named in the past is resolved at once;
// most of that is what they name now, or what another link names.

namespace mlem::site {
namespace {

/// Metafiles that are kept, in bytes. How objects are called counts once for all of them.
constexpr std::size_t most_text = std::size_t{256} << 20;
/// Changes that are told of all links.
constexpr std::size_t most_changes = 100;

using Numbers = std::unordered_map<std::string, std::size_t>;

/// Gives the changes of a walk to the links that they are about, under whatever names.
class Histories {
 public:
  explicit Histories(Catalogue& catalogue) : catalogue_(catalogue) {
    for (std::size_t i = 0; i < catalogue.links.size(); ++i) numbers_.emplace(catalogue.links[i].finding.link, i);
  }

  void take(const history::LogEntry& entry) {
    if (commit_ != entry.registry_commit) end_commit();
    commit_ = entry.registry_commit;
    if (catalogue_.changes.size() < most_changes) catalogue_.changes.push_back(entry);
    catalogue_.first_change = entry;
    const auto found = numbers_.find(entry.change.name);
    if (found == numbers_.end()) return;
    const std::size_t number = found->second;
    if (entry.change.kind == history::ChangeKind::renamed) {
      gone_.push_back(entry.change.name);
      former_.emplace_back(entry.change.former_name, number);
    }
    catalogue_.links[number].versions.push_back({.entry = entry});
  }

 private:
  /// Within one commit a name can be another link's former one.
  void end_commit() {
    for (const std::string& name : gone_) numbers_.erase(name);
    for (auto& [name, number] : former_) numbers_.insert_or_assign(std::move(name), number);
    gone_.clear();
    former_.clear();
  }

  Catalogue& catalogue_;
  Numbers numbers_;  ///< of links, by their names of the time
  std::optional<Oid> commit_;
  std::vector<std::string> gone_;
  std::vector<std::pair<std::string, std::size_t>> former_;
};

/// What a link asks for, as a key.
std::string key_of(const Link& link) {
  std::string key;
  for (const std::optional<std::string>& part : {link.repo, link.rev, link.pinned_blob}) {
    key += part ? *part : "";
    key += part ? '\1' : '\0';
  }
  return key + link.path + '\0' + link.link_type + '\0' + (link.plain ? std::string(name(*link.plain)) + '\1' : "");
}

/// Whether what it leads to now is what it led to at that time: it is pinned, or names a tag, which is not meant to
/// move, and has not if it leads to a commit that there was. What an alias leads to depends on the other link.
bool is_lasting(const Link& link, const Finding& finding, std::int64_t time) {
  if (link.is_alias()) return false;
  if (link.rev && Oid::parse(*link.rev)) return true;
  return finding.ref.starts_with("refs/tags/") && finding.commit_time <= time;
}

/// Finds out what links led to.
class PastTargets {
 public:
  PastTargets(const git::Registry& registry, const source::Settings& settings, Catalogue& catalogue)
      : catalogue_(catalogue),
        view_(resolve::view_commit(registry.objects(), catalogue.commit)),
        resolver_(registry, settings, {.take_text = [&catalogue](const Oid& blob, std::string_view text) {
                    catalogue.texts.add(blob, text);
                  }}) {}

  void find() {
    for (const CataloguedLink& link : catalogue_.links) {
      if (link.link && !link.link->is_alias()) current_.emplace(key_of(*link.link), &link.finding);
    }
    for (const CataloguedLink& link : catalogue_.links) {
      for (const Version& version : link.versions) ask(link, version.entry.change);
    }
    if (!numbers_.empty()) resolver_.run();
    for (CataloguedLink& link : catalogue_.links) {
      for (Version& version : link.versions) tell(version);
    }
  }

 private:
  void ask(const CataloguedLink& link, const history::LinkChange& change) {
    if (!change.after || change.after->is_alias() || change.after == link.link) return;
    std::string key = key_of(*change.after);
    if (current_.contains(key) || numbers_.contains(key)) return;
    numbers_.emplace(std::move(key), resolver_.add(*view_, change.name, *change.after));
  }

  void tell(Version& version) {
    const std::optional<Link>& after = version.entry.change.after;
    if (!after) return;
    if (after->is_alias()) return;
    const std::string key = key_of(*after);
    const auto current = current_.find(key);
    version.target =
        current != current_.end() ? *current->second : resolver_.finding(numbers_.at(key), after->link_type);
    if (!is_lasting(*after, version.target, version.entry.time)) version.target = {};
  }

  Catalogue& catalogue_;
  std::unique_ptr<resolve::TreeView> view_;
  resolve::Resolver resolver_;
  std::unordered_map<std::string, const Finding*> current_;
  Numbers numbers_;  ///< at the resolver
};

/// Reads what the links of the commit say.
void read_links(const git::Registry& registry, const source::Settings& settings, Catalogue& catalogue) {
  Numbers numbers;
  for (std::size_t i = 0; i < catalogue.links.size(); ++i) numbers.emplace(catalogue.links[i].finding.link, i);
  const std::vector<history::FileChange> files =
      history::list_changes(registry, settings, registry.empty_tree(), catalogue.commit, {});
  history::LinkReader(registry, settings).read(files, [&](std::size_t, history::LinkChange& change) {
    const auto found = numbers.find(change.name);
    if (found != numbers.end()) catalogue.links[found->second].link = std::move(change.after);
    return true;
  });
}

}  // namespace

std::unique_ptr<Catalogue> read_catalogue(const git::Registry& registry, const source::Settings& settings,
                                          const Oid& commit) {
  auto catalogue = std::make_unique<Catalogue>(most_text);
  catalogue->commit = commit;
  catalogue->time = registry.objects().commit_time(commit);
  check::Scope scope{.kind = check::Scope::Kind::commit};
  scope.commit = commit;
  const auto report = [&](const Finding& finding) { catalogue->links.push_back({.finding = finding, .versions = {}}); };
  const auto keep = [&](const Oid& blob, std::string_view text) { catalogue->texts.add(blob, text); };
  catalogue->summary = check::judge(registry, settings, {scope}, report, {}, keep);
  read_links(registry, settings, *catalogue);
  Histories histories(*catalogue);
  const history::LogRequest request{.tip = commit, .tells_removed = true};
  const history::LogEnd end =
      history::walk_log(registry, settings, request, [&](const history::LogEntry& entry) { histories.take(entry); });
  catalogue->shallow_end = end.shallow_end;
  PastTargets(registry, settings, *catalogue).find();
  return catalogue;
}

}  // namespace mlem::site
