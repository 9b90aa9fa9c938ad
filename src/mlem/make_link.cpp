#include "mlem/make_link.hpp"

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "mlem/object_argument.hpp"
#include "mlem/target_file.hpp"
#include "model/repo_path.hpp"
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"

#include <vector>

namespace mlem {
namespace {

/// The dialect that the registry's links are written in: `mlem.dialect`, else that of its first link that has one.
Dialect dialect_of(const git::Registry& registry) {
  if (const auto configured = registry.config().find("mlem.dialect")) {
    if (*configured == "repo") return Dialect::repo;
    if (*configured == "project") return Dialect::project;
    throw Error(ErrorKind::invalid, "bad config value for 'mlem.dialect'", "it takes 'repo' or 'project'");
  }
  for (const git::File& file : registry.index_files(mlem_suffix, {})) {
    if (file.stage != 0 || !git::is_regular(file.entry)) continue;
    const auto text = registry.objects().find_blob(file.entry.oid, yaml::max_object_size);
    if (!text || text->size() > yaml::max_link_size) continue;
    try {
      const yaml::Metafile file_read = yaml::read_metafile(*text);
      if (file_read.link.dialect) return *file_read.link.dialect;
    } catch (const Error& error) {
      // What is no link has no dialect.
      if (error.kind() != ErrorKind::invalid) throw;
    }
  }
  return Dialect::repo;
}

/// Whether `text`, the content of a file if there is one, is a link.
bool is_link(const std::optional<std::string>& text) {
  try {
    return text && yaml::read_metafile(*text).kind == yaml::Metafile::Kind::link;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

/// Throws if `target` may not be written: no file of this repository, a directory, a symbolic link, or no link.
void require_writable(const git::Registry& registry, const std::string& target, bool force) {
  const fs::path file = registry.work_tree() / target;
  const std::string what = "cannot write '" + target + "'";
  const std::vector<git::File> staged = require_stageable(registry, target);
  const fs::file_type type = load_type(file);
  if (type == fs::directory_file) throw Error(ErrorKind::invalid, what, "it is a directory");
  if (type == fs::symlink_file) throw Error(ErrorKind::invalid, what, "it is a symbolic link");
  if (force) return;
  const std::string hint = "'-f' replaces it";
  if (type != fs::file_not_found && !is_link(load_file(file, yaml::max_object_size))) {
    throw Error(ErrorKind::invalid, what, "it exists and is no link", hint);
  }
  // It may be gone from the work tree, or outside of a sparse one.
  for (const git::File& each : staged) {
    if (!git::is_regular(each.entry) || !is_link(registry.objects().find_blob(each.entry.oid, yaml::max_object_size))) {
      throw Error(ErrorKind::invalid, what, "it is in the index and is no link", hint);
    }
  }
  // What is tracked is not ignored, to git.
  if (registry.git({"check-ignore", "-q", "--", file.string()}).code == 0) {
    throw Error(ErrorKind::invalid, what, "it is ignored by a .gitignore file", hint);
  }
}

/// What the link is to lead to.
const resolve::Target& end_of(const std::vector<resolve::Target>& chain, const LinkRequest& request) {
  return request.follow_links ? chain.back() : chain.front();
}

/// What a link to the last of `chain` says.
Link compose(const git::Registry& registry, const std::vector<resolve::Target>& chain, const std::string& target_name,
             const LinkRequest& request, resolve::TreeView& view) {
  const resolve::Target& end = end_of(chain, request);
  Link link;
  link.link_type = chain.back().object_type;
  link.path = end.path;
  if (end.source.repo) {
    link.repo = end.source.repo->text();
    link.rev = end.stored_rev;
    link.dialect = dialect_of(registry);
  } else if (end.source.rev) {
    link.rev = end.stored_rev;
  } else {
    const std::string base = resolve::alias_base(view, target_name);
    link.path = fs::path(end.path).lexically_relative(base.empty() ? fs::path(".") : fs::path(base)).generic_string();
    if (base.empty()) link.path = end.path;
  }
  return link;
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

/// The link file from the work tree's root, which may be written.
std::string find_target(const git::Registry& registry, const LinkRequest& request, resolve::TreeView& work_view) {
  if (!registry.has_work_tree()) throw Error(ErrorKind::invalid, "this operation must be run in a work tree");
  std::string target_text = request.target;
  if (request.target_project) target_text = (fs::path(*request.target_project) / target_text).string();
  std::string target = RepoPath::parse(path_in_work_tree(registry, target_text)).text();
  if (!target.ends_with(mlem_suffix)) target += mlem_suffix;
  if (request.target_project) {
    const std::string directory = path_in_work_tree(registry, *request.target_project);
    if (resolve::find_project(work_view, directory) != directory) {
      throw Error(ErrorKind::invalid, "'" + *request.target_project + "' is no MLEM project", "",
                  "'git mlem init " + *request.target_project + "' makes it one");
    }
  }
  require_writable(registry, target, request.force);
  return target;
}

}  // namespace

NewLink make_link(const git::Registry& registry, const resolve::Settings& settings, const LinkRequest& request) {
  const ObjectViews views(registry);
  resolve::TreeView* const work_view = views.work_tree.get();
  NewLink made;
  if (!request.target.empty()) made.target = find_target(registry, request, *work_view);

  const ObjectArgument source = parse_object(registry, views, request.source, request.source_project, request.rev);
  resolve::Resolver resolver(registry, settings);
  const std::size_t number = resolver.add(*source.view, "", source.source);
  resolver.run();
  made.finding = resolver.finding(number, "");
  if (made.finding.verdict != Verdict::ok) return made;
  auto chain = resolver.chain(number);
  if (const resolve::Target& end = end_of(chain, request); request.absolute && end.source.is_alias()) {
    // What is in the work tree or the index alone is not there for whoever reads the link.
    const std::size_t outside = resolver.add(*work_view, "", from_outside(registry, end.path));
    resolver.run();
    made.finding = resolver.finding(outside, "");
    if (made.finding.verdict != Verdict::ok) {
      if (made.finding.hint.empty()) made.finding.hint = "the link would lead to what is committed, and this is not";
      return made;
    }
    chain = resolver.chain(outside);
  }
  made.object_text = chain.back().text;
  made.link = compose(registry, chain, made.target, request, *work_view);
  if (made.link.is_alias()) {
    const std::string base = resolve::alias_base(*work_view, made.target);
    if (RepoPath::parse(made.link.path, base).text() == made.target) {
      throw Error(ErrorKind::invalid, "cannot link '" + made.target + "' to itself");
    }
  }
  if (made.link.repo) made.local_directory = RepoUrl::parse(*made.link.repo).local_path();
  made.text = yaml::write_link(made.link);
  if (yaml::read_metafile(made.text).link != made.link) {
    throw Error(ErrorKind::invalid, "cannot write a link to '" + request.source + "' that reads alike");
  }
  return made;
}

void save_link(const git::Registry& registry, const NewLink& link, Stage stage) {
  const fs::path file = registry.work_tree() / link.target;
  const HeldSignals held;  // between the file and the index
  FileChange change;
  change.make_directories(file.parent_path());
  change.write(file, link.text);
  if (stage == Stage::yes) {
    std::vector<git::File> entries;
    entries.push_back({link.target, {0100644, registry.write_blob(link.target, link.text)}, 0});
    if (link.link.is_alias()) {
      const auto work_view = resolve::view_work_tree(registry);
      const auto project = resolve::find_project(*work_view, fs::path(link.target).parent_path().generic_string());
      const std::string marker = project ? (project->empty() ? "" : *project + "/") + ".mlem.yaml" : "";
      const auto content =
          marker.empty() ? std::nullopt : load_file(registry.work_tree() / marker, yaml::max_object_size);
      if (content && !registry.find_in_index(marker)) {
        entries.push_back({marker, {0100644, registry.write_blob(marker, *content)}, 0});
      }
    }
    registry.update_index(entries);
  }
  change.finish();
}

}  // namespace mlem
