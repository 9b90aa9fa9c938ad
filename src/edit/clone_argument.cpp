#include "edit/clone_argument.hpp"

#include "artifact/object_files.hpp"
#include "edit/object_argument.hpp"
#include "git/index_tree.hpp"
#include "model/repo_path.hpp"
#include "resolve/resolver.hpp"

#include <cstddef>
#include <utility>

namespace mlem::edit {
namespace {

/// The name of an object: of a whole repository that of its address.
std::string name_of(const artifact::ObjectAt& object) {
  std::string path = object.path;
  if (path == ".") path = object.repo ? object.repo->normalized() : "registry";
  while (path.ends_with('/')) path.pop_back();
  return std::string(RepoPath::parse(path.substr(path.rfind('/') + 1)).name());
}

/// Returns where a clone goes: into what ends in a slash, under the object's own name. A directory that is there is no
/// such thing by itself, for it may be what a former run has made. What is plain and a directory becomes the target.
fs::path target_of(const CloneWords& words, const artifact::ObjectAt& object) {
  fs::path target = words.directory / words.target_project.value_or("") / words.target;
  if (target.empty()) target = ".";
  if (words.layout == artifact::Layout::hf_cache) return target;
  const bool is_here = words.target.empty() || words.target == ".";
  const bool is_named = words.target.ends_with('/') || target.filename() == "." || target.filename() == "..";
  const bool is_into = object.plain == Plain::tree ? is_here : is_here || is_named;
  if (is_into) target /= name_of(object);
  std::string text = target.string();
  while (text.size() > 1 && (text.ends_with('/') || text.ends_with("/."))) text.pop_back();
  while (text.starts_with("./") && text.size() > 2) text.erase(0, 2);
  return text;
}

/// The ref that led to an object: of a link that is pinned, the one that it follows.
std::string ref_of(const std::vector<resolve::Answer>& chain) {
  const resolve::Answer& object = chain.back();
  if (!object.ref.empty() || chain.size() < 2) return object.ref;
  const resolve::Answer& link = chain[chain.size() - 2];
  std::string followed = link.link ? link.link->pinned_ref.value_or("") : std::string();
  return followed.starts_with("refs/") ? followed : std::string();
}

}  // namespace

CloneArgument find_clone(const git::Registry& registry, const source::Settings& settings, const CloneWords& words) {
  resolve::Resolver resolver(registry, settings);
  ObjectViews views(registry);
  const ObjectArgument object = parse_object(registry, settings, views, words.object, words.project, words.rev,
                                             words.is_plain ? Names::plain : Names::object);
  const std::size_t number = add_object(resolver, object);
  resolver.run();
  CloneArgument found{resolver.finding(number, ""), {}};
  if (found.finding.verdict != Verdict::ok) return found;
  const artifact::ObjectAt at =
      artifact::object_of(registry, found.finding, [&] { return git::write_index_tree(registry); });
  found.request = artifact::CloneRequest{.object = at,
                                         .ref = ref_of(resolver.chain(number).answers),
                                         .target = target_of(words, at),
                                         .only = words.only,
                                         .layout = words.layout,
                                         .force = words.force,
                                         .dry_run = words.dry_run};
  return found;
}

}  // namespace mlem::edit
