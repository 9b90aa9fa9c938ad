#include "edit/detail/find_target.hpp"

#include "base/error.hpp"
#include "edit/target_file.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <string_view>

namespace mlem::edit {
namespace {

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

}  // namespace

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
    throw Error(ErrorKind::invalid, "'" + project + "' is not a MLEM project", "",
                "'git mlem init " + project + "' makes it one");
  }
  if (!directory.empty() && !is_below(target, directory)) {
    throw Error(ErrorKind::invalid, what, "it is outside of the project '" + project + "'");
  }
  return target;
}

}  // namespace mlem::edit
