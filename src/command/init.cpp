#include "base/error.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/target_file.hpp"
#include "edit/transaction.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <ostream>

namespace mlem::command {

int run_init(const Args& args, Context& context) {
  Options options({"init [<options>] [<dir>]"});
  Format format;
  add_common_options(options, format);
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
  if (!content) throw Error(ErrorKind::invalid, "'" + shown + "' is no regular file");
  // What is in the index alone is left to whoever removed it, or to a sparse checkout.
  const bool is_new = is_absent && !is_staged;
  if (!is_staged) {
    edit::save_files(registry, {{.name = marker, .text = is_new ? content : std::nullopt}}, edit::Stage::yes);
  }
  if (!format.quiet) {
    context.out << (is_new ? "Initialized MLEM project: '" : "MLEM project exists already: '") << shown << "'\n";
  }
  return exit_yes;
}

}  // namespace mlem::command
