#include "edit/make_link.hpp"

#include "base/error.hpp"
#include "edit/hold.hpp"
#include "edit/link_target.hpp"
#include "edit/object_argument.hpp"
#include "edit/target_file.hpp"
#include "model/repo_path.hpp"
#include "resolve/resolver.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace mlem::edit {
namespace {

/// What the link is to lead to.
const resolve::Answer& end_of(const std::vector<resolve::Answer>& chain, const LinkRequest& request) {
  return request.follow_links ? chain.back() : chain.front();
}

/// Where the path of an alias starts.
struct AliasBase {
  std::string directory;
  std::string marker;    ///< what makes that a project and is not in the index yet; empty: nothing
  std::string in_index;  ///< where the path starts in the index, once the marker is there
};

/// Returns where an alias in `target` is to start: at the nearest project of the index or the work tree, whose marker
/// goes to the index with it. The work tree alone would not do: it may lack what the index has.
AliasBase alias_base_of(const git::Registry& registry, const ObjectViews& views, const std::string& target) {
  const std::string directory(parent_of(target));
  const auto staged = resolve::find_project(*views.index, directory);
  const auto here = resolve::find_project(*views.work_tree, directory);
  AliasBase base;
  base.directory = base.in_index = staged.value_or(directory);
  if (!here || (staged && staged->size() >= here->size())) return base;
  base.directory = *here;
  const std::string marker = join(*here, ".mlem.yaml");
  if (load_type(registry.work_tree() / marker) == fs::regular_file) {
    base.marker = marker;
    base.in_index = *here;
  }
  return base;
}

/// Has a link to `end` name its commit and what is there. Throws Error(invalid) if that was asked for an alias.
void pin(Link& link, const resolve::Answer& end, const LinkRequest& request) {
  if (request.pin == Pin::no) return;
  if (link.is_alias()) {
    if (request.pin == Pin::where_possible) return;
    throw Error(ErrorKind::invalid, "cannot pin the link to '" + redact(request.source) + "'",
                "it is an alias, which goes with the tree that it is in",
                "'--absolute' names the repository and its commit");
  }
  link.rev = end.commit->hex();
  if (!end.ref.empty()) link.pinned_ref = end.ref;
  link.pinned_blob = end.blob->hex();
}

/// What a link to the end of `chain` says, in the place of `before`. The path of an alias starts at `base`; `followed`
/// is the question of GTO that the chain begins with.
Link compose(const git::Registry& registry, const std::vector<resolve::Answer>& chain, const std::string& base,
             const std::string& followed, const std::optional<ExistingLink>& before, const LinkRequest& request) {
  const resolve::Answer& end = end_of(chain, request);
  Link link;
  link.link_type = chain.back().object_type;
  link.path = end.path;
  if (end.source.repo) {
    link.repo = end.source.repo->text();
    link.rev = end.stored_rev;
    link.dialect = before && before->link.dialect ? *before->link.dialect : dialect_of(registry);
  } else if (end.source.rev) {
    link.rev = end.stored_rev;
  } else if (!base.empty()) {
    // From the root, for boost has no answer where the two have nothing in common.
    const fs::path root("/");
    link.path = (root / end.path).lexically_relative(root / base).generic_string();
  }
  pin(link, end, request);
  if (!followed.empty() && &end == &chain.front()) link.pinned_ref = followed;
  return link;
}

bool is_same_repo(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (!a || !b || *a == *b) return a == b;
  try {
    return RepoUrl::parse(*a) == RepoUrl::parse(*b);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

/// Returns the file of a link to `end` in the place of `before`: what need not change stays, the spelling of the
/// repository too. A pin is about one commit, and goes where it no longer holds. Completes `link` by what stays. Throws
/// Error(invalid) if the link is held and would lead elsewhere.
std::string rewrite(const ExistingLink& before, const resolve::Answer& end, const std::string& target,
                    const LinkRequest& request, Link& link) {
  const bool same_repo = is_same_repo(before.link.repo, link.repo);
  if (same_repo) link.repo = before.link.repo;
  const bool same_rev = same_repo && before.link.rev == link.rev;
  const bool same = same_rev && before.link.path == link.path;
  const bool is_new_pin = link.pinned_blob.has_value();
  if (same_rev && !link.pinned_ref) link.pinned_ref = before.link.pinned_ref;
  if (before.link.pinned_blob && !is_new_pin) {
    const bool is_pinned = end.commit && link.rev == end.commit->hex();
    if (end.blob && (same || is_pinned)) link.pinned_blob = end.blob->hex();
    if (!end.blob && same) link.pinned_blob = before.link.pinned_blob;
  }
  link.hold = before.link.hold;
  link.until = before.link.until;
  if (!same || before.link.link_type != link.link_type) {
    const auto refusal = respect_hold(target, before.link, link, {request.today, request.force});
    if (refusal) throw Error(*refusal);
  }
  yaml::LinkText file(yaml::edit_link(before.text, link));
  if (!same) {
    for (const char* const key : {"params.git-mlem.object", "params.git-mlem.plain"}) file.remove(key);
  }
  return file.text();
}

/// Whether an alias whose path starts at `base` leads to `end` in `view`.
bool leads_to(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& base, const Link& alias,
              const resolve::Answer& end) {
  if ((fs::path(base) / alias.path).lexically_normal() != end.path) return false;
  Source source;
  source.path = end.path;
  const std::size_t number = resolver.add(view, "", source);
  resolver.run();
  const Finding finding = resolver.finding(number, "");
  return finding.verdict == Verdict::ok && finding.object_type == alias.link_type &&
         resolver.chain(number).answers.front().path == end.path;
}

/// Throws unless `made` is a link to `end` for whoever reads it: what was resolved is not what is written.
void require_leads_to(const ObjectViews& views, resolve::Resolver& resolver, const AliasBase& base,
                      const resolve::Answer& end, const std::string& source, NewLink& made) {
  const Error elsewhere(ErrorKind::invalid, "cannot link to '" + source + "'", "the link would not lead there");
  if (yaml::read_metafile(made.text).link != made.link) throw elsewhere;
  const Source read = Source::from_link(made.link);
  if (read.is_alias() != end.source.is_alias() || read.repo != end.source.repo || !read.undivided.empty()) {
    throw elsewhere;
  }
  if (read.is_alias()) {
    resolve::require_one_reading(*views.work_tree, resolve::find_alias_start(*views.work_tree, parent_of(made.target)),
                                 read.path);
    if (leads_to(resolver, *views.index, base.in_index, made.link, end)) return;
    if (!leads_to(resolver, *views.work_tree, resolve::alias_base(*views.work_tree, made.target), made.link, end)) {
      throw elsewhere;
    }
    made.unstaged = end.path;
    return;
  }
  // To ask a server again would take as long as the first time, and its answer is about the same rev.
  if (made.link.repo && !made.local_directory) return;
  const std::size_t number = resolver.add(*views.work_tree, made.target, made.link);
  resolver.run();
  const Finding finding = resolver.finding(number, made.link.link_type);
  if (finding.verdict != Verdict::ok) throw elsewhere;
  const resolve::Answer first = resolver.chain(number).answers.front();
  if (first.commit != end.commit || first.path != end.path || first.blob != end.blob) throw elsewhere;
}

/// An object of this registry as others see it: in this repository, at its current branch.
Source from_outside(const git::Registry& registry, const std::string& path) {
  const fs::path& directory = registry.has_work_tree() ? registry.work_tree() : registry.git_dir();
  Source source;
  source.repo = RepoUrl::parse(file_url(directory.string()));
  source.rev = Rev::head();
  source.path = path;
  return source;
}

/// What helps who names a directory as the target: MLEM would write a file `.mlem` in there.
std::string name_for_target(const LinkRequest& request) {
  std::string_view name = request.source;
  name.remove_prefix(name.find_last_of("/:") + 1);  // npos + 1 is 0
  if (name.ends_with(mlem_suffix)) name.remove_suffix(mlem_suffix.size());
  const bool can_be_joined = request.target.ends_with('/') || request.target.ends_with("/.");
  if (name.empty() || name.starts_with('.') || !can_be_joined) return "add a name for the link's file";
  const std::string directory = request.target.substr(0, request.target.rfind('/'));
  return "'" + redact(directory) + "/" + std::string(name) + "' names a file in it";
}

/// The link file from the work tree's root, which may be written.
std::string find_target(const git::Registry& registry, const LinkRequest& request, const ObjectViews& views) {
  registry.require_work_tree();
  const std::string what = "cannot write '" + redact(request.target) + "'";
  if (is_surely_url(request.target)) {
    throw Error(ErrorKind::invalid, what, "it is an address, and a link is a file of this work tree",
                "the source comes first, then the target");
  }
  const std::string name = request.target.substr(request.target.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") {
    throw Error(ErrorKind::invalid, what, "it names a directory", name_for_target(request));
  }
  if (name == mlem_suffix) {
    throw Error(ErrorKind::invalid, what, "an old project's directory has that name", "add a name for the link's file");
  }
  const std::string project = request.target_project.value_or("");
  if (request.target_project) require_no_address(project);
  const bool is_in_project = request.target_project && !fs::path(request.target).is_absolute();
  const std::string text = is_in_project ? (fs::path(project) / request.target).string() : request.target;
  std::string target = RepoPath::parse(path_in_work_tree(registry, text).text()).text();
  if (!target.ends_with(mlem_suffix)) target += mlem_suffix;
  if (!request.target_project) return target;
  const std::string directory = path_in_work_tree(registry, project).text();
  const auto is_project = [&](resolve::TreeView& view) { return resolve::find_project(view, directory) == directory; };
  if (!is_project(*views.work_tree) && !is_project(*views.index)) {
    throw Error(ErrorKind::invalid, "'" + project + "' is no MLEM project", "",
                "'git mlem init " + project + "' makes it one");
  }
  if (!directory.empty() && !is_below(target, directory)) {
    throw Error(ErrorKind::invalid, what, "it is outside of the project '" + project + "'");
  }
  return target;
}

/// Throws if git would not keep the link as it is written: the filter of an attribute stands between file and blob.
void require_no_conversion(const git::Registry& registry, const std::string& target) {
  const git::Conversions conversions = conversions_of(registry, {target});
  if (conversions.empty()) return;
  const std::string& attribute = conversions.begin()->second;
  throw Error(ErrorKind::invalid, "cannot write '" + target + "'", git::describe_conversion(attribute),
              git::conversion_remedy(attribute));
}

/// What a link is looked up by in the index: the way to its file, the projects that may be above, and its object with
/// all the names that it may have: mlem-link(5).
std::vector<std::string> names_to_look_up(const std::string& target, const Source& source) {
  std::vector<std::string> names = names_on_the_way(target);
  const std::string object = source.is_alias() ? source.path : std::string();
  for (const std::string& path : {target, object}) {
    for (std::string_view directory = path; !directory.empty();) {
      directory = parent_of(directory);
      for (const char* marker : {".mlem.yaml", ".mlem"}) names.push_back(join(directory, marker));
    }
  }
  if (!object.empty()) {
    const std::string suffix(mlem_suffix);
    names.insert(names.end(), {object, object + suffix, object + suffix + suffix});
  }
  // git compares each with all entries.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// Throws if the file to be written, which `made` gets to know, may not be. Returns the link that is there.
std::optional<ExistingLink> prepare_target(const git::Registry& registry, const ObjectViews& views,
                                           const Source& source, const LinkRequest& request, NewLink& made) {
  const std::vector<std::string> names = names_to_look_up(made.target, source);
  const std::deque<git::File> index = registry.index_entries(names);
  views.index->expect(names, index);
  const std::vector<git::File> staged = require_stageable(registry, made.target, index);
  std::optional<ExistingLink> existing = find_writable_link(registry, made.target, staged, request.force);
  if (!staged.empty() && git::is_regular(staged.front().entry)) made.mode = staged.front().entry.mode;
  for (const git::File& each : staged) made.is_flagged |= each.is_left_out || each.is_assumed;
  made.force = request.force;
  made.replaces_other =
      !existing && (!staged.empty() || load_type(registry.work_tree() / made.target) != fs::file_not_found);
  return existing;
}

/// Follows the source to its end. Gives nothing, and the reason in `finding`, if it does not get there.
std::vector<resolve::Answer> follow(const git::Registry& registry, const ObjectViews& views,
                                    resolve::Resolver& resolver, const ObjectArgument& source,
                                    const LinkRequest& request, Finding& finding) {
  const std::size_t number = add_object(resolver, source);
  resolver.run();
  finding = resolver.finding(number, "");
  if (finding.verdict != Verdict::ok) return {};
  std::vector<resolve::Answer> chain = resolver.chain(number).answers;
  const resolve::Answer& end = end_of(chain, request);
  if (!request.absolute || !end.source.is_alias()) return chain;
  // What is in the work tree or the index alone is not there for whoever reads the link.
  const std::size_t outside = resolver.add(*views.work_tree, "", from_outside(registry, end.path));
  resolver.run();
  finding = resolver.finding(outside, "");
  if (finding.verdict == Verdict::ok) return resolver.chain(outside).answers;
  if (finding.hint.empty()) finding.hint = "the link would lead to what is committed, and this is not";
  return {};
}

/// Throws if the link is on the way to its own source: through what is there now, it may come back to itself.
void require_not_itself(const std::vector<resolve::Answer>& chain, const std::string& target,
                        const LinkRequest& request) {
  const resolve::Answer& end = end_of(chain, request);
  for (const resolve::Answer& each : chain) {
    const bool is_replaced = !each.commit && each.path == target;
    if (is_replaced && (!request.follow_links || &each == &end)) {
      throw Error(ErrorKind::invalid, "cannot link '" + target + "' to itself");
    }
  }
}

}  // namespace

Dialect dialect_of(const git::Registry& registry) {
  if (const auto configured = registry.config().find("mlem.dialect")) {
    if (*configured == "repo") return Dialect::repo;
    if (*configured == "project") return Dialect::project;
    throw Error(ErrorKind::invalid, "bad config value for 'mlem.dialect'", "it takes 'repo' or 'project'");
  }
  for (const git::File& file : registry.index_files(mlem_suffix, {})) {
    if (file.stage != 0) continue;
    try {
      const auto link = find_link(registry, file.entry);
      if (link && link->link.dialect) return *link->link.dialect;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;  // a corrupt one is for `check` to tell
    }
  }
  return Dialect::repo;
}

NewLink make_link(const git::Registry& registry, const source::Settings& settings, const LinkRequest& request) {
  ObjectViews views(registry);
  NewLink made;
  if (!request.target.empty()) made.target = find_target(registry, request, views);
  if (!made.target.empty()) require_no_conversion(registry, made.target);

  const auto own = request.source_project && !request.rev
                       ? find_own_object(registry, views, request.source, *request.source_project)
                       : std::nullopt;
  const ObjectArgument source =
      own ? *own : parse_object(registry, settings, views, request.source, request.source_project, request.rev);
  std::optional<ExistingLink> before;
  if (!made.target.empty()) before = prepare_target(registry, views, source.source, request, made);

  resolve::Resolver resolver(registry, settings);
  const auto chain = follow(registry, views, resolver, source, request, made.finding);
  if (chain.empty()) return made;
  require_not_itself(chain, made.target, request);
  made.object_text = chain.back().text;
  const resolve::Answer& end = end_of(chain, request);
  for (const resolve::Answer& each : chain) {
    if (request.follow_links && &each != &end) made.followed.push_back(each.path);
  }
  const AliasBase base = alias_base_of(registry, views, made.target);
  made.link = compose(registry, chain, base.directory, source.followed, before, request);
  if (made.link.is_alias()) made.marker = base.marker;
  if (made.link.repo) made.local_directory = RepoUrl::parse(*made.link.repo).local_path();
  if (before) {
    made.text = rewrite(*before, end, made.target, request, made.link);
    made.before = std::move(before->link);
  } else {
    made.text = yaml::write_link(made.link);
  }
  require_leads_to(views, resolver, base, end, request.source, made);
  return made;
}

void save_link(const git::Registry& registry, const NewLink& link, Stage stage) {
  std::vector<FileChange> changes{{.name = link.target,
                                   .text = link.text,
                                   .mode = link.mode,
                                   .is_flagged = link.is_flagged,
                                   .wants_checkout = !link.force}};
  const bool has_marker = !link.marker.empty() && load_type(registry.work_tree() / link.marker) == fs::regular_file;
  if (stage == Stage::yes && has_marker) changes.push_back({.name = link.marker, .text = {}});
  save_files(registry, changes, stage);
}

}  // namespace mlem::edit
