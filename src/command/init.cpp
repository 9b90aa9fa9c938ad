#include "base/error.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/target_file.hpp"
#include "edit/transaction.hpp"
#include "model/repo_path.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/metafile.hpp"

#include <optional>
#include <ostream>
#include <vector>

namespace mlem::command {
namespace {

/// Returns the directory of the project that `directory` is inside of, in the work tree or the index.
std::optional<std::string> find_outer_project(const git::Registry& registry, const std::string& directory) {
  if (directory.empty()) return std::nullopt;
  const std::string above(parent_of(directory));
  auto found = resolve::find_project(*resolve::view_work_tree(registry), above);
  const auto index = resolve::view_index(registry);
  std::vector<std::string> names;
  for (std::string_view each = above;; each = parent_of(each)) {
    for (const char* marker : {".mlem.yaml", ".mlem"}) names.push_back(join(each, marker));
    if (each.empty()) break;
  }
  index->expect(names, registry.index_entries(names));
  const auto staged = resolve::find_project(*index, above);
  return staged && (!found || staged->size() > found->size()) ? staged : found;
}

/// A project inside of another one is mostly a directory mistaken, and takes what aliases start at from those in it.
void warn_of_outer_project(const git::Registry& registry, const std::string& directory, std::ostream& err) {
  const auto outer = find_outer_project(registry, directory);
  if (!outer) return;
  const std::string inner = resolve::quoted_directory(directory);
  print_error(err, "warning", inner + " is inside another project, " + resolve::quoted_directory(*outer));
  print_hint(err, "aliases in " + inner + " start there now, and not at " + resolve::quoted_directory(*outer));
}

}  // namespace

int run_init(const Args& args, Context& context) {
  Options options({"init [<options>] [<dir>]"});
  Format format;
  add_common_options(options, format, {"quiet"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() > 1) throw options.wrong("one directory at most");

  const git::Registry registry = open_registry(context);
  registry.require_work_tree();
  const std::string given = words.empty() ? registry.directory().string() : words.front();
  edit::require_no_address(given);
  const WorkTreePath directory = edit::path_in_work_tree(registry, given);
  const std::string marker = RepoPath::parse(join(directory.text(), ".mlem.yaml")).text();
  const fs::path file = registry.work_tree() / marker;
  const bool is_staged =
      !edit::require_stageable(registry, marker, registry.index_entries(edit::names_on_the_way(marker))).empty();
  const std::string shown = escape_for_terminal(relative_to(marker, registry.prefix()));
  const bool is_absent = load_type(file) == fs::file_not_found;
  const auto content = is_absent ? std::string() : load_file(file, yaml::max_object_size);
  if (!content) throw Error(ErrorKind::invalid, "'" + shown + "' is not a regular file");
  // What is in the index alone is left to whoever removed it, or to a sparse checkout.
  const bool is_new = is_absent && !is_staged;
  if (!is_staged) {
    edit::save_files(registry, {{.name = marker, .text = is_new ? content : std::nullopt}}, edit::Stage::yes);
  }
  if (is_new) warn_of_outer_project(registry, directory.text(), context.err);
  if (!format.quiet) {
    context.out << (is_new ? "Initialized MLEM project: '" : "MLEM project exists already: '") << shown << "'\n";
  }
  return exit_yes;
}

}  // namespace mlem::command
