#include "check/detail/scope_reader.hpp"

#include "base/error.hpp"
#include "check/changes.hpp"
#include "check/conversions.hpp"
#include "check/detail/broken_rules.hpp"
#include "model/repo_path.hpp"

#include <memory>

namespace mlem::check::detail {
namespace {

/// Whether a file of a whole registry is to be read.
bool is_wanted(const JudgedScope& judged, const std::string& name) {
  if (!name.ends_with(mlem_suffix) || !judged.is_unjudged(name)) return false;
  return judged.scope.kind != Scope::Kind::changes || !rules_for(judged.scope, name).empty();
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
  const bool is_of_changes = judged.scope.kind == Scope::Kind::changes;
  if (is_of_changes) read_changes(pass);
  if (!is_of_changes || judged.scope.all_policed) read_whole(pass);
}

void ScopeReader::read_other_aliases(JudgedScope& judged, resolve::Resolver& resolver) {
  std::deque<git::File> files = list_files(judged.scope, {}, mlem_suffix);
  std::erase_if(files, [&](const git::File& file) { return judged.files.contains(file.name); });
  read_files({judged, resolver, Only::aliases}, std::move(files));
}

std::deque<git::File> ScopeReader::list_files(const Scope& scope, const std::vector<std::string>& pathspecs,
                                              std::string_view suffix) const {
  if (scope.kind == Scope::Kind::work_tree) return registry_.work_tree_files(suffix, pathspecs);
  if (scope.commit) return registry_.tree_files(*scope.commit, suffix, pathspecs);
  return registry_.index_files(suffix, pathspecs);
}

void ScopeReader::count_old_files(const Scope& scope) {
  constexpr std::string_view suffix = ".mlem.yaml";
  for (const git::File& file : list_files(scope, scope.pathspecs, suffix)) {
    // MLEM's marker of projects has the same ending.
    const std::string_view name = std::string_view(file.name).substr(file.name.rfind('/') + 1);  // npos + 1 is 0
    if (name != suffix) ++old_files_;
  }
}

void ScopeReader::note_conversions(JudgedScope& judged, const std::deque<git::File>& files) const {
  std::vector<std::string> names;
  for (const git::File& file : files) {
    if (file.stage == 0 && git::is_regular(file.entry)) names.push_back(file.name);
  }
  judged.conversions.merge(find_conversions(registry_, *judged.view, names));
}

void ScopeReader::read_whole(const Pass& pass) {
  JudgedScope& judged = pass.judged;
  const Scope& scope = judged.scope;
  // Symbolic links and submodules matter to policies whatever their names are.
  const std::string_view suffix = scope.rules.empty() ? mlem_suffix : std::string_view();
  std::deque<git::File> files = list_files(scope, scope.pathspecs, suffix);
  for (const git::File& file : files) {
    if (!scope.rules.empty() && judged.is_unjudged(file.name)) judged.policed(file.name).forbid_link(file.entry);
  }
  std::erase_if(files, [&](const git::File& file) { return !is_wanted(judged, file.name); });
  if (scope.kind != Scope::Kind::changes && scope.shard.number == 1) count_old_files(scope);
  note_conversions(judged, files);
  read_files(pass, std::move(files));
}

void ScopeReader::read_changes(const Pass& pass) {
  const Scope& scope = pass.judged.scope;
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
  std::deque<git::File> changed;
  for (const git::Change& change : changes) {
    if (change.after && change.name.ends_with(mlem_suffix)) changed.push_back({change.name, *change.after});
  }
  note_conversions(pass.judged, changed);
  for (const git::Change& change : changes) read_change(pass, change);
}

void ScopeReader::read_change(const Pass& pass, const git::Change& change) {
  JudgedScope& judged = pass.judged;
  const PolicedFile policed = judged.policed(change.name);
  if (const auto project = moved_project(change, judged.before.get(), judged.view.get())) {
    judged.touches_aliases = true;
    policed.require_approval_of_project(*project);
  }
  if (change.after && policed.forbid_link(*change.after)) return;
  if (!change.name.ends_with(mlem_suffix)) return;
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
  if (file != judged.files.end() && change.before) file->second.is_changed = true;
}

void ScopeReader::read_files(const Pass& pass, std::deque<git::File> files) {
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
  JudgedScope& judged = pass.judged;
  const bool reads_all = pass.only == Only::all;
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
           "this is a partial clone; 'git fetch' has to bring it");
      return;
    }
    const yaml::Metafile& metafile = parse(file.entry.oid, *text);
    if (metafile.kind != yaml::Metafile::Kind::link) {
      if (reads_all) judged.policed(file.name).forbid_object();
    } else if (reads_all || metafile.link.is_alias()) {
      take_link(pass, std::move(file.name), metafile);
    }
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

void ScopeReader::give_up(const Pass& pass, const std::string& name) {
  if (pass.only == Only::aliases) {
    pass.judged.has_unread_aliases = true;
    return;
  }
  fail(pass.judged.finding_for(name), Verdict::timeout, "there was no time left to read it");
  pass.judged.policed(name).forbid_unread();
}

const yaml::Metafile& ScopeReader::parse(const Oid& blob, std::string_view text) {
  if (!last_ || last_->first != blob || blob == Oid()) {
    last_.reset();
    last_.emplace(blob, yaml::read_metafile(text));
  }
  return last_->second;
}

void ScopeReader::take_link(const Pass& pass, std::string name, const yaml::Metafile& metafile) {
  JudgedScope& judged = pass.judged;
  const std::size_t number = pass.resolver.add(*judged.view, name, metafile.link);
  std::unique_ptr<FollowedRef> followed;
  if (settings_.fresh && metafile.link.pinned_ref) {
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
