#include "check/check.hpp"

#include "base/error.hpp"
#include "check/changes.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/commits_on_refs.hpp"
#include "check/detail/policed_file.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <memory_resource>
#include <set>
#include <utility>

namespace mlem::check {
namespace {

using detail::PolicedFile;

/// The ref that a pinned link follows.
struct Followed {
  std::size_t number;  ///< at the resolver
  std::string ref;
};

/// A link between being read and being reported. There may be a million of them.
struct Item {
  const std::string* link_type = nullptr;
  std::optional<std::size_t> number{};  ///< at `resolver`; none: the finding is complete
  resolve::Resolver* resolver = nullptr;
  std::unique_ptr<Followed> followed{};
  std::unique_ptr<Finding> finding{};  ///< what is known of it beside what the resolver knows
  bool is_changed = false;             ///< of changes: there was a file of its name before
};

/// A scope with what is found in it.
struct Part {
  const Scope* scope;
  std::unique_ptr<resolve::TreeView> view;
  std::unique_ptr<resolve::TreeView> before;  ///< null if there was nothing
  std::pmr::map<std::string, Item> items;     ///< by name: path order
  bool touches_aliases = false;
  bool has_unread_aliases = false;  ///< there was no time left for them
};

class Judge {
 public:
  Judge(const git::Registry& registry, const source::Settings& settings, const source::PushedRefs& pushed_refs,
        const std::function<void(const Finding&)>& report)
      : registry_(registry), settings_(settings), pushed_refs_(pushed_refs), report_(report) {}

  Summary run(const std::vector<Scope>& scopes) {
    for (const Scope& scope : scopes) {
      parts_.push_back({&scope, open_view(scope),
                        scope.before ? resolve::view_commit(registry_.objects(), *scope.before) : nullptr,
                        std::pmr::map<std::string, Item>(&memory_), scope.touches_aliases, false});
    }
    resolve::Resolver resolver(registry_, settings_, {.pushed_refs = pushed_refs_});
    for (Part& part : parts_) read_scope(part, resolver);
    registry_.objects().release();
    resolver.run();
    resolve::Resolver of_aliases(registry_, settings_, {.pushed_refs = pushed_refs_});
    for (Part& part : parts_) {
      if (part.scope->kind != Scope::Kind::changes) continue;
      settle(part);
      // A changed link that no longer resolves takes the aliases to it along, and one that leads over several links
      // may take those too far that were as long as they may be.
      const bool is_broken = std::any_of(part.items.begin(), part.items.end(), [](const auto& entry) {
        const Item& item = entry.second;
        return item.finding->verdict != Verdict::ok || (item.is_changed && item.finding->hops.size() > 1);
      });
      if (is_broken || part.touches_aliases) read_unchanged_aliases(part, of_aliases);
    }
    of_aliases.run();
    for (Part& part : parts_) {
      if (!part.scope->rules.empty() || part.scope->reachable) settle(part);
    }
    commits_.settle(registry_, settings_, pushed_refs_);
    return flush();
  }

 private:
  enum class Only { all, aliases };

  std::unique_ptr<resolve::TreeView> open_view(const Scope& scope) const {
    if (scope.kind == Scope::Kind::work_tree) return resolve::view_work_tree(registry_);
    if (scope.commit) return resolve::view_commit(registry_.objects(), *scope.commit);
    return resolve::view_index(registry_);
  }

  std::deque<git::File> all_files(const Scope& scope, const std::vector<std::string>& pathspecs,
                                  std::string_view suffix = mlem_suffix) const {
    if (scope.kind == Scope::Kind::work_tree) return registry_.work_tree_files(suffix, pathspecs);
    if (scope.commit) return registry_.tree_files(*scope.commit, suffix, pathspecs);
    return registry_.index_files(suffix, pathspecs);
  }

  void read_scope(Part& part, resolve::Resolver& resolver) {
    const Scope& scope = *part.scope;
    if (scope.kind == Scope::Kind::changes) {
      read_changes(part, resolver);
      if (!scope.all_policed) return;
    }
    // Symbolic links and submodules matter to policies whatever their names are.
    const std::string_view suffix = scope.rules.empty() ? mlem_suffix : std::string_view();
    std::deque<git::File> files = all_files(scope, scope.pathspecs, suffix);
    for (const git::File& file : files) {
      if (!scope.rules.empty() && is_unjudged(part, file.name)) policed(part, file.name).forbid_link(file.entry);
    }
    std::erase_if(files, [&](const git::File& file) { return !is_wanted(part, file.name); });
    read_files(part, resolver, std::move(files), Only::all);
  }

  void read_files(Part& part, resolve::Resolver& resolver, std::deque<git::File> files, Only only) {
    if (part.scope->kind == Scope::Kind::work_tree) {
      for (; !files.empty(); files.pop_front()) read(part, resolver, std::move(files.front()), only);
      return;
    }
    std::vector<Oid> blobs;
    std::vector<Oid> own;  // a submodule's commit is not this repository's to fetch
    blobs.reserve(files.size());
    for (const git::File& file : files) {
      blobs.push_back(file.entry.oid);
      if (git::is_regular(file.entry)) own.push_back(file.entry.oid);
    }
    source::fetch_missing(registry_, own, settings_);
    registry_.objects().read_blobs(blobs, yaml::max_object_size,
                                   [&](std::size_t, const std::optional<std::string_view>& text) {
                                     read(part, resolver, std::move(files.front()), only, text);
                                     files.pop_front();
                                     return true;
                                   });
  }

  /// Whether nothing is known yet of a file that is to be judged.
  static bool is_unjudged(const Part& part, const std::string& name) {
    return part.scope->shard.has(name) && !part.items.contains(name);
  }

  /// Whether a file of a whole registry is to be read.
  static bool is_wanted(const Part& part, const std::string& name) {
    if (!name.ends_with(mlem_suffix) || !is_unjudged(part, name)) return false;
    return part.scope->kind != Scope::Kind::changes || !detail::rules_for(*part.scope, name).empty();
  }

  void read_changes(Part& part, resolve::Resolver& resolver) {
    const Scope& scope = *part.scope;
    const std::vector<git::Change> listed =
        scope.changes ? std::vector<git::Change>() : registry_.changes(scope.before, scope.commit, scope.pathspecs);
    const std::vector<git::Change>& changes = scope.changes ? *scope.changes : listed;
    std::vector<Oid> blobs;
    for (const git::Change& change : changes) {
      if (!change.name.ends_with(mlem_suffix)) continue;
      for (const auto& entry : {change.before, change.after}) {
        if (entry && git::is_regular(*entry)) blobs.push_back(entry->oid);
      }
    }
    source::fetch_missing(registry_, blobs, settings_);
    for (const git::Change& change : changes) {
      const auto project = moved_project(change, part.before.get(), part.view.get());
      if (project) {
        part.touches_aliases = true;
        policed(part, change.name).require_approval_of_project(*project);
      }
      const PolicedFile file = policed(part, change.name);
      if (change.after && file.forbid_link(*change.after)) continue;
      if (!change.name.ends_with(mlem_suffix)) continue;
      if (!change.after && !change.unmerged) {
        part.touches_aliases = true;
        file.require_approval("removed");
        continue;
      }
      // Without time left to tell, aliases might be touched.
      part.touches_aliases =
          part.touches_aliases || !settings_.budget.has_time() ||
          (change.before ? changes_end(change, registry_.objects()) : may_displace(part.before.get(), change.name));
      read(part, resolver, {change.name, change.after.value_or(git::Entry{}), change.unmerged ? 1 : 0}, Only::all);
      file.require_approval(change.before ? "changed" : "added");
      if (const auto item = part.items.find(change.name); item != part.items.end() && change.before) {
        item->second.is_changed = true;
      }
    }
  }

  void read_unchanged_aliases(Part& part, resolve::Resolver& resolver) {
    std::deque<git::File> files = all_files(*part.scope, {});
    std::erase_if(files, [&](const git::File& file) { return part.items.contains(file.name); });
    read_files(part, resolver, std::move(files), Only::aliases);
  }

  static Finding& finding_for(Part& part, const std::string& name) {
    Item& item = part.items[name];
    if (!item.finding) item.finding = std::make_unique<Finding>();
    return *item.finding;
  }

  /// What holds a file to the policies of its scope.
  static PolicedFile policed(Part& part, const std::string& name) {
    return {*part.scope, name, [&part, &name]() -> Finding& { return finding_for(part, name); }};
  }

  /// Reads a file and takes it up if it is to be judged.
  /// `text` is its content if that is known already.
  void read(Part& part, resolve::Resolver& resolver, git::File file, Only only,
            std::optional<std::string_view> text = {}) {
    const auto invalid = [&](std::string message, std::string hint = {}) {
      if (only == Only::aliases) return;
      Finding& finding = finding_for(part, file.name);
      finding.verdict = Verdict::invalid_link;
      finding.message = std::move(message);
      finding.hint = std::move(hint);
    };
    if (!part.scope->shard.has(file.name)) return;
    if (!settings_.budget.has_time()) {
      give_up(part, file.name, only);
      return;
    }
    if (file.stage != 0) {
      invalid("unmerged", "resolve the conflict and 'git add' the file");
      return;
    }
    if (!git::is_regular(file.entry)) {
      invalid("not a regular file");
      return;
    }
    try {
      std::optional<std::string> content;
      if (!text) {
        content = part.view->read(file.name, file.entry, yaml::max_object_size);
        text = content;
      }
      if (!text) {
        Finding& finding = finding_for(part, file.name);
        finding.verdict = Verdict::unreachable;
        finding.message = "its content is missing here";
        finding.hint = "this is a partial clone; 'git fetch' has to bring it";
        return;
      }
      // Many names of one file cost no more than one.
      if (!last_ || last_->first != file.entry.oid || file.entry.oid == Oid()) {
        last_.reset();
        last_.emplace(file.entry.oid, yaml::read_metafile(*text));
      }
      const yaml::Metafile& metafile = last_->second;
      if (metafile.kind != yaml::Metafile::Kind::link) {
        if (only == Only::all) policed(part, file.name).forbid_object();
        return;
      }
      if (only == Only::aliases && !metafile.link.is_alias()) return;
      const std::size_t number = resolver.add(*part.view, file.name, metafile.link);
      std::unique_ptr<Followed> followed;
      if (settings_.fresh && metafile.link.pinned_ref) {
        Link link = metafile.link;
        link.rev = metafile.link.pinned_ref;
        followed = std::make_unique<Followed>(Followed{resolver.add(*part.view, file.name, link), *link.rev});
      }
      if (!metafile.warnings.empty()) finding_for(part, file.name).warnings = metafile.warnings;
      // Mostly they come in order.
      Item& item = part.items.try_emplace(part.items.end(), std::move(file.name))->second;
      item.link_type = &*link_types_.insert(metafile.link.link_type).first;
      item.resolver = &resolver;
      item.number = number;
      item.followed = std::move(followed);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::unavailable) {
        leave_unread(part, file.name, error);
        return;
      }
      if (error.kind() != ErrorKind::invalid) throw;
      invalid(yaml::flaw_of(error), error.hint());
    }
  }

  /// There was no time to read a file.
  void give_up(Part& part, const std::string& name, Only only) {
    if (only == Only::aliases) {
      part.has_unread_aliases = true;
      return;
    }
    Finding& finding = finding_for(part, name);
    finding.verdict = Verdict::timeout;
    finding.message = "there was no time left to read it";
    policed(part, name).forbid_unread();
  }

  /// The repository has a file and cannot read it: an object is corrupt.
  void leave_unread(Part& part, const std::string& name, const Error& error) {
    Finding& finding = finding_for(part, name);
    finding.verdict = Verdict::unreachable;
    finding.message = error.what();
    finding.hint = "'git fsck' says what is broken";
    if (!detail::rules_for(*part.scope, name).empty()) detail::leave_unproved(finding, "link-only");
  }

  /// Completes the findings of a part: those of a whole registry only if they must be known before they are reported.
  void settle(Part& part) {
    for (auto& [name, item] : part.items) complete(part, name, item);
  }

  /// Takes over what was resolved, and holds it to the policies.
  void complete(Part& part, const std::string& name, Item& item) {
    if (!item.number) return;
    const std::unique_ptr<Finding> before = std::exchange(item.finding, std::make_unique<Finding>());
    Finding& finding = *item.finding;
    finding = item.resolver->finding(*item.number, *item.link_type);
    if (before) {
      finding.warnings = before->warnings;
      if (!before->rules.empty()) detail::break_rule(finding, "approver", before->message, before->hint);
    }
    warn_of_local_path(finding, item.resolver->repo(*item.number));
    if (item.followed) warn_of_move(finding, *item.followed, item.resolver->chain(item.followed->number).answers);
    const std::size_t number = *std::exchange(item.number, std::nullopt);
    if (part.scope->rules.empty() && !part.scope->reachable) return;
    const std::vector<resolve::Answer> chain = item.resolver->chain(number).answers;
    for (const Rules* rules : detail::rules_for(*part.scope, name)) {
      detail::hold_to(rules->policy, finding, chain);
      if (rules->policy.require_reachable) commits_.want(finding, chain, rules->policy.name);
    }
    if (part.scope->reachable && finding.verdict == Verdict::ok) commits_.want(finding, chain, {});
  }

  static void warn_of_local_path(Finding& finding, const std::optional<RepoUrl>& repo) {
    if (auto warning = repo ? local_path_warning(*repo) : std::nullopt) finding.warnings.push_back(std::move(*warning));
  }

  static void warn_of_move(Finding& finding, const Followed& followed, const std::vector<resolve::Answer>& chain) {
    if (chain.empty() || !finding.commit) return;
    const resolve::Answer& answer = chain.front();
    if (answer.commit == finding.commit) return;
    // A source that was not reached has been told of already.
    if (!answer.commit && answer.verdict != Verdict::missing_rev) return;
    finding.warnings.push_back(
        {"moved",
         "'" + followed.ref + "' " + (answer.commit ? "now names commit '" + answer.commit->hex() + "'" : "is gone")});
  }

  Summary flush() {
    Summary summary;
    const auto report = [&](const Finding& finding) {
      summary.count(finding);
      report_(finding);
    };
    for (Part& part : parts_) {
      for (Finding finding : part.scope->findings) {
        finding.pushed_ref = part.scope->pushed_ref;
        report(finding);
      }
      if (part.has_unread_aliases) {
        Finding finding;
        finding.verdict = Verdict::timeout;
        finding.message = "there was no time left to judge what unchanged aliases lead to";
        finding.pushed_ref = part.scope->pushed_ref;
        report(finding);
      }
      const std::string at = part.view->at();
      for (auto& [name, item] : part.items) {
        complete(part, name, item);
        item.finding->link = name;
        item.finding->at = at;
        item.finding->pushed_ref = part.scope->pushed_ref;
        report(*item.finding);
        item.finding.reset();
      }
    }
    return summary;
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const source::PushedRefs& pushed_refs_;
  const std::function<void(const Finding&)>& report_;
  std::pmr::monotonic_buffer_resource memory_;  ///< of the items: it is given back as a whole
  std::set<std::string> link_types_;
  std::deque<Part> parts_;
  detail::CommitsOnRefs commits_;
  std::optional<std::pair<Oid, yaml::Metafile>> last_;  ///< what was read last
};

}  // namespace

// The same on every machine, and even if names are alike (FNV-1a).
bool Shard::has(std::string_view name) const noexcept {
  if (count == 1) return true;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash % count == number - 1;
}

Scope whole_registry(const git::Registry& registry) {
  Scope scope;
  if (registry.has_work_tree()) return scope;
  scope.commit = registry.find_commit("HEAD");
  if (scope.commit) scope.kind = Scope::Kind::commit;
  return scope;
}

void Summary::count(const Finding& finding) {
  switch (decision(finding.verdict)) {
    case Decision::yes:
      ++ok;
      break;
    case Decision::no:
      ++(finding.link.empty() ? refs : broken);
      break;
    case Decision::undecided:
      ++(finding.rules.empty() ? undecided : broken);
      break;
  }
  warnings += finding.warnings.size();
  if (finding.proof_time != 0 && (proof_time == 0 || finding.proof_time < proof_time)) proof_time = finding.proof_time;
}

Summary judge(const git::Registry& registry, const source::Settings& settings, const std::vector<Scope>& scopes,
              const std::function<void(const Finding&)>& report, const source::PushedRefs& pushed_refs) {
  return Judge(registry, settings, pushed_refs, report).run(scopes);
}

}  // namespace mlem::check
