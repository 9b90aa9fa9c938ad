#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "history/who.hpp"
#include "source/offer.hpp"

#include <ostream>

namespace mlem::command {

int run_complete(const Args& args, Context& context) {
  Options options({"complete [<options>] <repo>"});
  Format format;
  std::optional<std::string> rev;
  std::optional<std::string> directory;
  options.value("below", "dir", "list what this directory has there, in place of revs", directory)
      .value("rev,r", "rev", "of that: at this rev", rev);
  add_common_options(options, format, {});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() != 1) throw options.wrong(words.empty() ? "which repository?" : "one repository at a time");
  if (rev && !directory) throw options.wrong("'--rev' goes with '--below'");

  const git::Registry registry = open_registry_if_any(context);
  const RepoUrl repo = history::parse_place(words.front(), registry.directory()).repo;
  const source::Settings settings = source::load_settings(registry);
  const std::vector<std::string> known = directory ? source::known_paths(repo, settings, rev.value_or(""), *directory)
                                                   : source::known_revs(repo, settings);
  for (const std::string& word : known) {
    // No shell can complete what its terminal would obey, and a line is a word.
    if (escape_for_terminal(word) == word) context.out << word << '\n';
  }
  return known.empty() ? exit_no : exit_yes;
}

}  // namespace mlem::command
