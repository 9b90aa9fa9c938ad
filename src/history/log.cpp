#include "history/log.hpp"

#include "base/error.hpp"
#include "git/log.hpp"
#include "history/detail/side_commits.hpp"
#include "history/link_changes.hpp"
#include "history/link_name.hpp"
#include "history/range.hpp"
#include "model/point.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

// git lists the commits of the line with what they changed, and meanwhile the changes it has listed so far are read, in
// bulk, and told. What is kept is little: for each link that has changed what happened to it next.

namespace mlem::history {
namespace {

/// Changes that are read at once.
constexpr std::size_t batch_size = 4096;
/// Of links that had other names once, so many are followed: git is told each of them.
constexpr std::size_t most_followed = 1000;

/// The files that a word names if it names a link.
std::vector<std::string> names_of(const git::Registry& registry, const std::string& word) {
  if (word.empty() || word.starts_with(':')) return {};
  try {
    const std::string name = RepoPath::parse(word, registry.prefix()).text();
    if (name.ends_with(mlem_suffix) || word.ends_with('/')) return {name};
    return {name, name + std::string(mlem_suffix)};
  } catch (const Error&) {
    return {};  // as a pathspec, git says what is wrong with it
  }
}

bool names_other_point(const LinkChange& change) {
  if (!change.before || !change.after) return true;
  return kind_of(*change.before, *change.after) == ChangeKind::re_pointed;
}

/// One walk along the line.
class LogWalk {
 public:
  LogWalk(const git::Registry& registry, const source::Settings& settings, const LogRequest& request,
          const std::function<void(const LogEntry&)>& visit)
      : registry_(registry),
        settings_(settings),
        request_(request),
        visit_(visit),
        reader_(registry, settings),
        boundary_(git::shallow_commits(registry)) {
    for (const std::string& word : request.links) {
      // A link that has the name now does not mean that no directory had it: links may have been moved out of one.
      pathspecs_.push_back(word);
      if (auto link = with_ending(registry, word)) pathspecs_.push_back(std::move(*link));
      for (std::string& name : names_of(registry, word)) named_.insert(std::move(name));
    }
  }

  LogEnd run() {
    restart_ = request_.tip;
    while (restart_ && !is_done_) read_from(*std::exchange(restart_, std::nullopt));
    require_matches();
    return end_;
  }

 private:
  bool is_limited() const { return !pathspecs_.empty(); }

  void read_from(const Oid& tip) {
    git::LogQuery query{.revs = {tip.hex()}, .pathspecs = pathspecs_, .oldest = request_.since};
    if (request_.without) query.revs.push_back("^" + request_.without->hex());
    git::read_log(registry_, query, [&](git::LoggedCommit& commit) {
      take(commit);
      const bool is_enough = request_.most_commits && commits_.size() >= *request_.most_commits - told_commits_;
      if (is_enough || changes_.size() >= batch_size) tell();
      return !is_done_ && !restart_;
    });
    if (!is_done_ && !restart_) tell();
  }

  /// Adds a commit to those that are told next.
  void take(git::LoggedCommit& commit) {
    if (std::find(boundary_.begin(), boundary_.end(), commit.oid) != boundary_.end()) {
      end_.shallow_end = commit.oid;
      return;
    }
    std::vector<FileChange> changes;
    for (git::Change& change : commit.changes) {
      if (!concerns_link(change)) continue;
      if (is_limited()) matched_.insert(change.name);
      changes.push_back({.name = std::move(change.name), .before = change.before, .after = change.after});
    }
    commit.changes = {};
    if (changes.empty()) return;
    reader_.join_renamed(changes);
    const bool may_be_renamed = std::any_of(changes.begin(), changes.end(),
                                            [](const FileChange& change) { return !change.before || !change.after; });
    std::vector<std::string> former;
    if (is_limited() && may_be_renamed && !commit.parents.empty()) former = look_beyond(commit, changes);
    for (FileChange& change : changes) change.commit = commits_.size();
    if (changes_.empty())
      changes_ = std::move(changes);
    else
      changes_.insert(changes_.end(), std::move_iterator(changes.begin()), std::move_iterator(changes.end()));
    commits_.push_back(std::move(commit));
    if (!former.empty()) follow(former);
  }

  /// Finds out where files have been before, or have gone, that no pathspec matches. Returns their former names.
  std::vector<std::string> look_beyond(const git::LoggedCommit& commit, std::vector<FileChange>& changes) {
    std::vector<FileChange> all = list_changes(registry_, settings_, commit.parents.front(), commit.oid, {});
    std::set<std::string> shown;
    for (const FileChange& change : changes) shown.insert(change.name);
    reader_.join_renamed(all);
    std::vector<std::string> former;
    std::erase_if(all, [&](const FileChange& change) {
      return !shown.contains(change.name) && !shown.contains(change.former_name);
    });
    for (const FileChange& change : all) {
      if (!change.former_name.empty() && !shown.contains(change.former_name) && !named_.contains(change.former_name)) {
        former.push_back(change.former_name);
      }
    }
    changes = std::move(all);
    return former;
  }

  /// Goes on from the commit that was taken last with those names too.
  void follow(const std::vector<std::string>& former) {
    for (const std::string& name : former) {
      if (followed_.size() >= most_followed || !followed_.insert(name).second) continue;
      pathspecs_.push_back(registry_.pathspec_of(name));
    }
    const Oid parent = commits_.back().parents.front();
    tell();
    restart_ = parent;
  }

  /// Tells what has been taken.
  void tell() {
    const std::vector<git::LoggedCommit> commits = std::exchange(commits_, {});
    const std::vector<FileChange> changes = std::exchange(changes_, {});
    const auto side_commits = detail::find_side_commits(registry_, commits, changes);
    std::size_t commit = 0;
    reader_.read(changes, [&](std::size_t i, LinkChange& change) {
      if (changes[i].commit != commit) end_commit();
      commit = changes[i].commit;
      const auto side = side_commits.find(i);
      return tell(commits[commit], side == side_commits.end() ? nullptr : &side->second, std::move(change));
    });
    end_commit();
    is_done_ = is_done_ || (request_.most_commits && told_commits_ >= *request_.most_commits);
  }

  /// Tells one change. Returns whether to go on.
  bool tell(const git::LoggedCommit& commit, const detail::SideCommit* side, LinkChange change) {
    const bool is_shown = note(commit, change);
    const bool is_too_young = request_.until && commit.time > *request_.until;
    if (!is_shown) ++end_.hidden;
    if (!is_shown || is_too_young) return true;
    if (last_told_ != commit.oid) {
      if (request_.most_commits && told_commits_ >= *request_.most_commits) return false;
      ++told_commits_;
      last_told_ = commit.oid;
    }
    LogEntry entry{.change = std::move(change),
                   .registry_commit = commit.oid,
                   .time = commit.time,
                   .merged_by = commit.parents.size() > 1 ? commit.author : commit.committer,
                   .author = side ? side->author : commit.author};
    if (side) entry.changed_in = side->oid;
    if (entry.change.kind != ChangeKind::removed) entry.until = until_;
    ++end_.told;
    visit_(entry);
    return true;
  }

  /// What happened to a link after the commits that are to come.
  struct Later {
    bool is_there = true;  ///< at the line's end
    std::optional<std::int64_t> replaced{};
  };

  /// Notes a change, for those before it. Returns whether it is to be told; `until_` is then the end of what it
  /// brought.
  bool note(const git::LoggedCommit& commit, const LinkChange& change) {
    const std::int64_t time = commit.time;
    Later later = later_of(change);
    const bool leaves = change.kind == ChangeKind::renamed && is_limited() && !matched_.contains(change.name) &&
                        !followed_.contains(change.name);
    if (leaves) later.replaced = find_replacement(commit.oid, change.name);
    until_ = later.replaced;
    if (change.kind == ChangeKind::added) later.replaced.reset();
    if (change.kind != ChangeKind::added && names_other_point(change)) later.replaced = time;
    if (change.kind == ChangeKind::renamed) {
      renamed_.emplace_back(change.name, Later{.is_there = later.is_there});
      renamed_.emplace_back(change.former_name, later);
    } else {
      keep(change.name, later);
    }
    return later.is_there || request_.tells_removed || named_.contains(change.name) ||
           named_.contains(change.former_name) || followed_.contains(change.name);
  }

  /// When a link was replaced that had got another name than was asked about by then.
  std::optional<std::int64_t> find_replacement(const Oid& commit, const std::string& name) const {
    std::optional<std::int64_t> replaced;
    constexpr std::size_t most_names = 16;
    if (depth_ >= most_names) return replaced;
    LogRequest request{.tip = request_.tip};
    request.without = commit;
    request.links = {registry_.pathspec_of(name)};
    request.tells_removed = true;
    const std::function<void(const LogEntry&)> visit = [&](const LogEntry& entry) {
      const LinkChange& change = entry.change;
      if (change.kind != ChangeKind::added && names_other_point(change))
        replaced = entry.time;
      else if (change.kind == ChangeKind::renamed && change.former_name == name)
        replaced = entry.until;
    };
    LogWalk walk(registry_, settings_, request, visit);
    walk.depth_ = depth_ + 1;
    try {
      walk.run();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // it has not changed since
    }
    return replaced;
  }

  Later later_of(const LinkChange& change) const {
    const auto known = later_.find(change.name);
    if (known != later_.end()) return known->second;
    return {.is_there = change.kind != ChangeKind::removed ||
                        registry_.objects().find(request_.tip, change.name).state == git::Lookup::State::found};
  }

  /// Of most links there is nothing to say that later_of() would not say without it.
  void keep(const std::string& name, const Later& later) {
    if (later.is_there && !later.replaced)
      later_.erase(name);
    else
      later_.insert_or_assign(name, later);
  }

  /// Within one commit a name can be another link's former one.
  void end_commit() {
    for (const auto& [name, later] : renamed_) keep(name, later);
    renamed_.clear();
  }

  /// Throws for a word that names nothing.
  void require_matches() const {
    for (const std::string& word : request_.links) {
      if (end_.told + end_.hidden > 0 && (request_.links.size() == 1 || has_magic(word))) continue;
      const std::vector<std::string> names = names_of(registry_, word);
      const bool has_changed = std::any_of(matched_.begin(), matched_.end(), [&](const std::string& file) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return file == name || is_below(file, name); });
      });
      if (has_changed || is_there(word, names)) continue;
      throw Error(ErrorKind::not_found, "pathspec '" + redact(word) + "' did not match any link of this history");
    }
  }

  bool is_there(const std::string& word, const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      if (registry_.objects().find(request_.tip, name).state == git::Lookup::State::found) return true;
    }
    return (names.empty() || has_magic(word)) && registry_.match_all({word}, {.tree = request_.tip});
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const LogRequest& request_;
  const std::function<void(const LogEntry&)>& visit_;
  LinkReader reader_;
  std::vector<Oid> boundary_;
  std::vector<std::string> pathspecs_;
  std::set<std::string> named_;     ///< files that the user may have named
  std::set<std::string> followed_;  ///< former names of links that are told
  std::set<std::string> matched_;   ///< files that have changed
  std::optional<Oid> restart_;      ///< where the walk goes on, with more names
  bool is_done_ = false;
  std::size_t depth_ = 0;                   ///< of walks that are for another one
  std::vector<git::LoggedCommit> commits_;  ///< to be told
  std::vector<FileChange> changes_;
  std::unordered_map<std::string, Later> later_;
  std::vector<std::pair<std::string, Later>> renamed_;  ///< by the commit that is told
  std::optional<std::int64_t> until_;
  std::size_t told_commits_ = 0;
  std::optional<Oid> last_told_;
  LogEnd end_;
};

}  // namespace

LogRequest log_request(const git::Registry& registry, const std::optional<std::string>& range) {
  LogRequest request;
  const auto sides = range ? Range::parse(*range) : std::nullopt;
  if (sides) {
    const Commits commits = resolve(registry, *sides);
    request.tip = commits.after;
    request.without = commits.before;
  } else if (range) {
    request.tip = resolve_commit(registry, *range);
  } else {
    const auto head = registry.objects().find_ref("HEAD");
    if (!head) throw Error(ErrorKind::not_found, "the current branch has no commits yet");
    request.tip = *head;
  }
  return request;
}

LogEnd walk_log(const git::Registry& registry, const source::Settings& settings, const LogRequest& request,
                const std::function<void(const LogEntry& entry)>& visit) {
  return LogWalk(registry, settings, request, visit).run();
}

}  // namespace mlem::history
