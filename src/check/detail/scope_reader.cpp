#include "check/detail/scope_reader.hpp"

#include "base/error.hpp"
#include "check/changes.hpp"
#include "check/conversions.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/pinned_aliases.hpp"
#include "model/gto.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

// Files are listed first, from the index, a tree or the work tree, and what can be found out for all of them together
// is found out then: which ones git converts, which blobs a partial clone lacks. After that the contents come by one
// after the other; each is parsed, handed on and forgotten, and names that follow each other with one blob are parsed
// once. While changes are read, it is noted what else they may break, and the unchanged links in question are read in
// another pass.

namespace mlem::check::detail {
namespace {

/// Whether a file of a whole registry is to be read.
bool is_wanted_of_whole(const JudgedScope& judged, const std::string& name) {
  if (!name.ends_with(mlem_suffix) || !judged.is_unjudged(name)) return false;
  return judged.scope.kind != Scope::Kind::changes || judged.is_judged_whole(name);
}

/// Why a file cannot be a link whatever is in it, and what to do about it.
std::optional<std::pair<const char*, const char*>> flaw_of_entry(const git::File& file) {
  if (file.stage != 0) return std::pair("unmerged", "resolve the conflict and 'git add' the file");
  if (!git::is_regular(file.entry)) return std::pair("not a regular file", "");
  return std::nullopt;
}

void fail(Finding& finding, Verdict verdict, std::string message, std::string hint = {}) {
  finding.verdict = verdict;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
}

/// Returns the commit of a merge that has a changed file as it is now: whoever merges did not write it.
std::optional<Oid> find_merged(const git::Change& change, const std::vector<Oid>& merged, git::Repository& objects) {
  if (!change.after || change.unmerged) return std::nullopt;
  for (const Oid& commit : merged) {
    const git::Lookup found = objects.find(commit, change.name);
    if (found.state != git::Lookup::State::found || found.entry.oid != change.after->oid) continue;
    if (((found.entry.mode ^ change.after->mode) & git::mode_type_mask) == 0) return commit;
  }
  return std::nullopt;
}

bool is_below_any(std::string_view name, const std::vector<std::string>& directories) {
  return std::any_of(directories.begin(), directories.end(),
                     [&](const std::string& directory) { return directory.empty() || is_below(name, directory); });
}

constexpr std::string_view old_suffix = ".mlem.yaml";
constexpr std::string_view attributes_file = ".gitattributes";

/// Returns how many files were written by MLEM before 0.1.10. MLEM's marker of projects has the same ending.
std::size_t count_old_files(const std::deque<git::File>& files) {
  return static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [](const git::File& file) {
    return file.name.ends_with(old_suffix) &&
           std::string_view(file.name).substr(file.name.rfind('/') + 1) != old_suffix;
  }));
}

std::vector<git::File> attributes_among(const std::deque<git::File>& files) {
  std::vector<git::File> attributes;
  for (const git::File& file : files) {
    const bool has_name = std::string_view(file.name).substr(file.name.rfind('/') + 1) == attributes_file;
    if (has_name && file.stage == 0) attributes.push_back(file);
  }
  return attributes;
}

/// The repository has a file and cannot read it: an object is corrupt.
void leave_unread(JudgedScope& judged, const std::string& name, const Error& error) {
  Finding& finding = judged.finding_for(name);
  fail(finding, Verdict::unreachable, error.what(), "'git fsck' says what is broken");
  if (!rules_for(judged.scope, name).empty()) leave_unproved(finding, "link-only");
}

}  // namespace

ScopeReader::ScopeReader(const git::Registry& registry, const source::Settings& settings)
    : registry_(registry), settings_(settings) {}

void ScopeReader::read(JudgedScope& judged, resolve::Resolver& resolver) {
  const Pass pass{judged, resolver, Only::all};
  const Scope& scope = judged.scope;
  const bool is_of_changes = scope.kind == Scope::Kind::changes;
  const bool is_of_index = is_of_changes ? !scope.commit && !scope.changes : scope.kind == Scope::Kind::index;
  if (is_of_index) {
    registry_.require_index("there is nothing to judge", "'git mlem check HEAD' judges that commit itself");
  }
  if (is_of_changes) read_changes(pass);
  if (!is_of_changes || scope.all_policed || scope.all) read_whole(pass);
}

void ScopeReader::read_unchanged(JudgedScope& judged, Unchanged which, resolve::Resolver& resolver) {
  if (which == Unchanged::pinned) read_pinned(judged, resolver);
  if (which == Unchanged::pinned && judged.new_attributes.empty()) return;
  std::deque<git::File> files = list_files(judged.scope, {}, mlem_suffix);
  std::erase_if(files, [&](const git::File& file) { return judged.files.contains(file.name); });
  const auto rest = std::stable_partition(files.begin(), files.end(), [&](const git::File& file) {
    return is_below_any(file.name, judged.new_attributes);
  });
  std::deque<git::File> others(std::make_move_iterator(rest), std::make_move_iterator(files.end()));
  files.erase(rest, files.end());
  read_files({judged, resolver, Only::unchanged}, std::move(files));
  if (which == Unchanged::aliases) read_files({judged, resolver, Only::aliases}, std::move(others));
}

void ScopeReader::read_pinned(JudgedScope& judged, resolve::Resolver& resolver) {
  if (judged.lost_blobs.empty() || !judged.scope.before) return;
  const auto aliases = find_pinned_aliases(registry_, settings_, *judged.scope.before);
  if (!aliases) {
    judged.has_unread_aliases = true;
    return;
  }
  std::deque<git::File> files;
  for (const auto& [name, pin] : *aliases) {
    if (!judged.lost_blobs.contains(pin) || judged.files.contains(name)) continue;
    const git::Lookup found = judged.view->find(name);
    if (found.state == git::Lookup::State::found) files.push_back({name, found.entry});
  }
  read_files({judged, resolver, Only::pinned}, std::move(files));
}

void ScopeReader::read_files(JudgedScope& judged, std::deque<git::File> files, resolve::Resolver& resolver) {
  read_files({judged, resolver, Only::all}, std::move(files));
}

std::deque<git::File> ScopeReader::list_files(const Scope& scope, const std::vector<std::string>& pathspecs,
                                              const git::Suffixes& suffixes) const {
  if (scope.kind == Scope::Kind::work_tree) return registry_.work_tree_files(suffixes, pathspecs);
  if (scope.commit) return source::tree_files(registry_, *scope.commit, suffixes, pathspecs, settings_);
  return registry_.index_files(suffixes, pathspecs);
}

void ScopeReader::note_conversions(JudgedScope& judged, const std::deque<git::File>& files) const {
  std::vector<std::string> names;
  for (const git::File& file : files) {
    if (file.stage == 0 && git::is_regular(file.entry)) names.push_back(file.name);
  }
  judged.conversions.merge(find_conversions(registry_, *judged.view, names, judged.attributes));
}

void ScopeReader::read_whole(const Pass& pass) {
  JudgedScope& judged = pass.judged;
  const Scope& scope = judged.scope;
  // Symbolic links and submodules matter to policies whatever their names are. What is listed is listed once, for an
  // index may be large.
  const bool counts_old_files = scope.kind != Scope::Kind::changes && scope.shard.number == 1;
  std::vector<std::string_view> suffixes;
  if (scope.rules.empty()) suffixes = {mlem_suffix, old_suffix, attributes_file};
  std::deque<git::File> files = list_files(scope, scope.pathspecs, suffixes);
  if (scope.kind == Scope::Kind::index && scope.pathspecs.empty()) judged.attributes = attributes_among(files);
  if (counts_old_files) old_files_ += count_old_files(files);
  for (const git::File& file : files) {
    if (!scope.rules.empty() && judged.is_unjudged(file.name)) judged.policed(file.name).forbid_link(file.entry);
  }
  std::erase_if(files, [&](const git::File& file) { return !is_wanted_of_whole(judged, file.name); });
  read_files(pass, std::move(files));
}

void ScopeReader::read_changes(const Pass& pass) {
  const Scope& scope = pass.judged.scope;
  const std::vector<git::Change> listed =
      scope.changes ? std::vector<git::Change>()
                    : source::changes(registry_, scope.before, scope.commit, scope.pathspecs, settings_);
  const std::vector<git::Change>& changes = scope.changes ? *scope.changes : listed;
  std::vector<Oid> blobs;
  for (const git::Change& change : changes) {
    if (!change.name.ends_with(mlem_suffix)) continue;
    for (const auto& entry : {change.before, change.after}) {
      if (entry && git::is_regular(*entry)) blobs.push_back(entry->oid);
    }
  }
  source::fetch_missing(registry_, blobs, settings_);
  std::deque<git::File> changed;
  for (const git::Change& change : changes) {
    if (change.after && change.name.ends_with(mlem_suffix)) changed.push_back({change.name, *change.after});
  }
  note_conversions(pass.judged, changed);
  pass.judged.pair_names(changes);
  for (const git::Change& change : changes) read_change(pass, change);
}

void ScopeReader::read_change(const Pass& pass, const git::Change& change) {
  JudgedScope& judged = pass.judged;
  const PolicedFile policed = judged.policed(change.name);
  if (const auto project = moved_project(change, judged.before.get(), judged.view.get())) {
    judged.touches_aliases = true;
    policed.require_approval_of_project(*project, registry_.objects());
  }
  // A link or an object that is removed touches them anyway, and the index need not be looked at for that.
  if (!change.name.ends_with(mlem_suffix) && empties_directory(change, *judged.view)) judged.touches_aliases = true;
  if (const auto directory = directory_of_attributes(change)) judged.new_attributes.push_back(*directory);
  if (change.after && policed.forbid_link(*change.after)) {
    policed.require_approval("changed");
    return;
  }
  if (!change.name.ends_with(mlem_suffix)) return;
  if (const auto blob = lost_blob(change)) judged.lost_blobs.insert(*blob);
  // Without time left to tell, aliases might be touched.
  judged.touches_aliases = judged.touches_aliases || !settings_.budget.has_time() ||
                           can_break_aliases(change, judged.before.get(), registry_.objects());
  if (!change.after && !change.unmerged) {
    policed.require_approval("removed");
    return;
  }
  read_file(pass, {change.name, change.after.value_or(git::Entry{}), change.unmerged ? 1 : 0});
  policed.require_approval(change.before ? "changed" : "added");
  const auto file = judged.files.find(change.name);
  if (file == judged.files.end()) return;
  file->second.is_changed = change.before.has_value();
  if (const auto merged = find_merged(change, judged.scope.merged, registry_.objects())) {
    judged.merged_from.emplace(change.name, *merged);
  }
  const bool is_known = judged.former_names.contains(change.name) || judged.merged_from.contains(change.name);
  file->second.is_as_before = is_known && !judged.is_judged_whole(change.name);
}

void ScopeReader::read_files(const Pass& pass, std::deque<git::File> files) {
  if (pass.only == Only::all || pass.only == Only::unchanged) note_conversions(pass.judged, files);
  if (pass.judged.scope.kind == Scope::Kind::work_tree) {
    for (; !files.empty(); files.pop_front()) read_file(pass, std::move(files.front()));
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
                                   read_file(pass, std::move(files.front()), text);
                                   files.pop_front();
                                   return true;
                                 });
}

void ScopeReader::read_file(const Pass& pass, git::File file, std::optional<std::string_view> text) {
  if (pass.only == Only::all) {
    take_file(pass, std::move(file), text);
    return;
  }
  const std::string name = file.name;
  take_file(pass, std::move(file), text);
  const auto taken = pass.judged.files.find(name);
  if (taken != pass.judged.files.end()) taken->second.is_as_before = true;
}

void ScopeReader::take_file(const Pass& pass, git::File file, std::optional<std::string_view> text) {
  JudgedScope& judged = pass.judged;
  const bool reads_all = pass.only == Only::all || pass.only == Only::unchanged;
  if (!judged.scope.shard.has(file.name)) return;
  if (!settings_.budget.has_time()) {
    give_up(pass, file.name);
    return;
  }
  if (const auto flaw = flaw_of_entry(file)) {
    if (reads_all) fail(judged.finding_for(file.name), Verdict::invalid_link, flaw->first, flaw->second);
    return;
  }
  if (const auto converted = judged.conversions.find(file.name); converted != judged.conversions.end()) {
    const std::string& attribute = converted->second;
    if (reads_all) {
      fail(judged.finding_for(file.name), Verdict::invalid_link, git::describe_conversion(attribute),
           git::conversion_remedy(attribute));
    }
    return;
  }
  try {
    std::optional<std::string> content;
    if (!text) {
      content = judged.view->read(file.name, file.entry, yaml::max_object_size);
      text = content;
    }
    if (!text) {
      fail(judged.finding_for(file.name), Verdict::unreachable, "its content is missing here",
           registry_.is_partial() ? "this is a partial clone; 'git fetch' has to bring it"
                                  : "'git fsck' says what is broken");
      return;
    }
    const yaml::Metafile& metafile = parse(file.entry.oid, *text);
    if (metafile.kind != yaml::Metafile::Kind::link) {
      if (reads_all) judged.policed(file.name).forbid_object();
    } else if (is_wanted(pass, metafile.link)) {
      take_link(pass, std::move(file.name), metafile);
    }
  } catch (const git::OutOfTime&) {
    give_up(pass, file.name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable) {
      leave_unread(judged, file.name, error);
      return;
    }
    if (error.kind() != ErrorKind::invalid) throw;
    if (!reads_all) return;
    Finding& finding = judged.finding_for(file.name);
    fail(finding, Verdict::invalid_link, yaml::flaw_of(error), error.hint());
    if (error.position()) finding.line = error.position()->line;
  }
}

bool ScopeReader::is_wanted(const Pass& pass, const Link& link) {
  switch (pass.only) {
    case Only::all:
    case Only::unchanged:
      return true;
    case Only::aliases:
      return link.is_alias() || (!link.repo && !pass.judged.scope.pushed_ref.empty());
    case Only::pinned:
      break;
  }
  const auto pin = link.is_alias() && link.pinned_blob ? Oid::parse(*link.pinned_blob) : std::nullopt;
  return pin && pass.judged.lost_blobs.contains(*pin);
}

void ScopeReader::give_up(const Pass& pass, const std::string& name) {
  if (pass.only != Only::all) {
    pass.judged.has_unread_aliases = true;
    return;
  }
  fail(pass.judged.finding_for(name), Verdict::timeout, "there was no time left to read it");
  pass.judged.policed(name).forbid_unread();
}

const yaml::Metafile& ScopeReader::parse(const Oid& blob, std::string_view text) {
  if (!last_ || last_->first != blob || blob == Oid()) {
    last_.reset();
    last_.emplace(blob, yaml::read_metafile(text, [&] { registry_.objects().require_time(blob); }));
  }
  return last_->second;
}

void ScopeReader::take_link(const Pass& pass, std::string name, const yaml::Metafile& metafile) {
  JudgedScope& judged = pass.judged;
  const std::size_t number = pass.resolver.add(*judged.view, name, metafile.link);
  std::unique_ptr<FollowedRef> followed;
  const bool follows_ref = metafile.link.pinned_ref && !GtoQuery::parse(*metafile.link.pinned_ref);
  if (settings_.fresh && follows_ref) {
    Link link = metafile.link;
    link.rev = metafile.link.pinned_ref;
    followed = std::make_unique<FollowedRef>(FollowedRef{pass.resolver.add(*judged.view, name, link), *link.rev});
  }
  if (!metafile.warnings.empty()) judged.finding_for(name).warnings = metafile.warnings;
  // Mostly they come in order.
  JudgedFile& file = judged.files.try_emplace(judged.files.end(), std::move(name))->second;
  file.link_type = &*link_types_.insert(metafile.link.link_type).first;
  file.resolver = &pass.resolver;
  file.number = number;
  file.followed = std::move(followed);
}

}  // namespace mlem::check::detail
