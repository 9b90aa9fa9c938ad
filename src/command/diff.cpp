#include "history/diff.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "command/detail/changed_links.hpp"
#include "command/detail/difference_printer.hpp"
#include "command/detail/json.hpp"
#include "command/detail/pager.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/detail/revs.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "git/diff.hpp"
#include "history/link_name.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/find_link.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>

// There are two ways in. A user compares two states of the registry: all links that differ are compared in bulk, and
// what a pager is to show is collected before that is started. Git may also run this as its external diff driver, for
// one file at a time: then a link is told by what the cache has, without the network, for there may be many, and any
// other file is shown as git itself shows it.

namespace mlem::command {
namespace {

struct DiffOptions {
  std::optional<std::string> exit_code;
  bool stat = false;
};

void declare(Options& options, DiffOptions& asked, Format& format) {
  options
      .optional_choice("exit-code", "when", {.values = {"any", "breaking"}, .is_first_tacit = true},
                       "exit with 1 if links differ, or if a change is breaking", asked.exit_code)
      .flag("stat", "one short line for each link, and a summary", asked.stat);
  add_format_options(options, format);
}

/// Throws Error(not_found) for a pathspec that matches nothing on either side: nothing differs there because nothing is
/// there.
void require_matches(const git::Registry& registry, const source::Settings& settings, history::DiffRequest& request) {
  std::vector<std::string> found;
  for (const std::string& pathspec : request.pathspecs) {
    const auto matches = [&](const std::string& spelled) {
      const auto matches_in = [&](const git::Registry::Listing& listing) {
        return source::match_all(registry, {spelled}, listing, settings).has_value();
      };
      return matches_in({.tree = request.after}) || (request.before && matches_in({.tree = request.before}));
    };
    const auto link = history::with_ending(registry, pathspec);
    found.push_back(pathspec);
    if (link) found.push_back(*link);
    if (!matches(pathspec) && !(link && matches(*link)))
      throw Error(ErrorKind::not_found, "pathspec '" + escape_for_terminal(pathspec) + "' did not match any file");
  }
  request.pathspecs = std::move(found);
}

/// What the exit code depends on.
struct DiffSummary {
  std::size_t links = 0;
  std::size_t breaking = 0;
  std::size_t unknown = 0;  ///< not compared

  void count(const history::LinkDifference& difference) {
    ++links;
    const auto& comparison = difference.comparison;
    breaking += comparison && comparison->compatibility == Compatibility::breaking ? 1 : 0;
    unknown += !comparison && !difference.unknown.empty() ? 1 : 0;
  }

  int exit_code(const std::optional<std::string>& asked) const {
    if (!asked) return exit_yes;
    if (*asked == "any") return links > 0 ? exit_no : exit_yes;
    if (breaking > 0) return exit_no;
    return unknown > 0 ? exit_undecided : exit_yes;
  }
};

int diff_and_tell(const git::Registry& registry, const Options& options, const Options::Rest& rest,
                  const DiffOptions& asked, const Format& format, Context& context) {
  RevsAndPaths words = tell_revs_apart(registry, rest);
  constexpr std::size_t most_revs = 2;
  if (words.revs.size() > most_revs) throw options.wrong("more than two revisions; paths follow '--'");
  history::DiffRequest request = history::diff_request(registry, words.revs);
  request.pathspecs = std::move(words.paths);
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  require_matches(registry, settings, request);
  DiffSummary summary;
  if (format.is_for_scripts()) {
    const bool quotes = quotes_non_ascii(registry);
    history::walk_diff(registry, settings, request, [&](const history::LinkDifference& difference) {
      summary.count(difference);
      if (format.json)
        context.out << to_json(difference) << '\n';
      else
        print_porcelain(context.out, name(difference.change.kind), finding_of(difference.change), format.nul, quotes);
    });
    context.out.flush();
    return summary.exit_code(asked.exit_code);
  }
  const std::string pager = find_pager(registry, context);
  const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
  std::ostringstream text;
  DifferencePrinter printer(pager.empty() ? context.out : text, registry.prefix(), asked.stat, format.verbose, color);
  history::walk_diff(registry, settings, request, [&](const history::LinkDifference& difference) {
    summary.count(difference);
    if (!format.quiet) printer.print(difference);
  });
  printer.print_summary();
  if (!pager.empty() && summary.links > 0) print_paged(pager, text.str(), context);
  context.out.flush();
  return summary.exit_code(asked.exit_code);
}

/// What git tells its external diff drivers: git(1), GIT_EXTERNAL_DIFF.
struct DriverFile {
  std::string path;
  std::string hex;
  std::string mode;

  bool is_there() const { return mode != "."; }
};

/// Reads a side as a link; nothing if it is not one.
std::optional<Link> load_link(const DriverFile& file) {
  if (!file.is_there()) return std::nullopt;
  const auto text = load_file(fs::absolute(file.path, current_directory()), yaml::max_object_size);
  return text ? yaml::find_link(*text) : std::nullopt;
}

/// Shows one file for git. A link is told as such, with what this machine has of its sources, for git may show many;
/// any other file as git shows it.
int run_as_driver(const git::Registry& registry, const std::vector<std::string>& words, const Format& format,
                  Context& context) {
  constexpr std::size_t unmerged = 1;
  if (words.size() == unmerged) {
    context.out << "* Unmerged path " << escape_for_terminal(words.front()) << '\n';
    return exit_yes;
  }
  const DriverFile before{words[1], words[2], words[3]};
  const DriverFile after{words[4], words[5], words[6]};
  const auto old_link = load_link(before);
  const auto new_link = load_link(after);
  constexpr std::size_t new_name = 7;
  if ((before.is_there() && !old_link) || (after.is_there() && !new_link)) {
    const std::string& name_now = words.size() > new_name ? words[new_name] : words.front();
    context.out << git::text_difference(registry, {before.path, words.front()}, {after.path, name_now});
    return exit_yes;
  }
  std::vector<history::LinkDifference> differences(1);
  history::LinkChange& change = differences.front().change;
  change.name = words.size() > new_name ? words[new_name] : words.front();
  if (change.name != words.front()) change.former_name = words.front();
  change.before = old_link;
  change.after = new_link;
  if (!old_link)
    change.kind = history::ChangeKind::added;
  else if (!new_link)
    change.kind = history::ChangeKind::removed;
  else
    change.kind = change.former_name.empty() ? history::kind_of(*old_link, *new_link) : history::ChangeKind::renamed;
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = true;
  const auto head = registry.objects().find_ref("HEAD");
  const auto old_view = resolve::view_commit(registry.objects(), head.value_or(registry.empty_tree()));
  const auto new_view = resolve::view_index(registry);
  history::compare_sources(registry, settings, *old_view, *new_view, differences);
  const bool color = wants_color(format, context, registry);
  context.out << painted("link " + escape_for_terminal(words.front()), "\033[1m", color) << '\n';
  DifferencePrinter(context.out, "", false, format.verbose, color).print(differences.front());
  return exit_yes;
}

/// Whether git calls this as an external diff driver: it says then which of how many files this is.
bool is_driver_call(const std::vector<std::string>& words, const Context& context) {
  constexpr std::array<std::size_t, 3> counts{1, 7, 9};
  return context.environment.find("GIT_DIFF_PATH_COUNTER") &&
         std::find(counts.begin(), counts.end(), words.size()) != counts.end();
}

}  // namespace

int run_diff(const Args& args, Context& context) {
  Options options({"diff [<options>] [<a> [<b>] | <a>..<b>] [--] [<pathspec>...]"});
  Format format;
  DiffOptions asked;
  declare(options, asked, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const git::Registry registry = open_registry(context);
  const std::vector<std::string> words = rest->all();
  if (is_driver_call(words, context)) return run_as_driver(registry, words, format, context);
  return diff_and_tell(registry, options, *rest, asked, format, context);
}

}  // namespace mlem::command
