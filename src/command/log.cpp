#include "history/log.hpp"

#include "base/text.hpp"
#include "command/detail/changed_links.hpp"
#include "command/detail/json.hpp"
#include "command/detail/pager.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/detail/revs.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "history/log_graph.hpp"
#include "history/point_in_time.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::command {
namespace {

struct LogOptions {
  std::optional<std::string> most;
  std::optional<std::string> since;
  std::optional<std::string> until;
  bool removed = false;
  bool graph = false;
};

void declare(Options& options, LogOptions& asked, Format& format) {
  options.value("max-count,n", "count", "stop after that many commits", asked.most)
      .value("since", "date", "only what changed since then", asked.since)
      .alias("after", "since")
      .value("until", "date", "only what changed up to then", asked.until)
      .alias("before", "until")
      .flag("removed", "links too that are not there any more", asked.removed)
      .flag("graph", "draw the commits that changed links, and how branches met", asked.graph);
  add_format_options(options, format, {"quiet", "color"});
  for (const char* const other : {"removed", "json", "porcelain", "null"}) options.exclusive({"graph", other});
}

/// Spells `-<n>` as `-n<n>`, and the value of `-n` in one word with it, which may look like an option then.
Args with_counts(const Args& args) {
  Args spelled;
  for (auto arg = args.begin(); arg != args.end(); ++arg) {
    if (*arg == "--") {
      spelled.insert(spelled.end(), arg, args.end());
      break;
    }
    const bool is_count = arg->size() > 1 && arg->front() == '-' &&
                          std::all_of(arg->begin() + 1, arg->end(), [](char c) { return c >= '0' && c <= '9'; });
    spelled.push_back(is_count ? "-n" + arg->substr(1) : *arg);
    if (*arg == "-n" && arg + 1 != args.end()) spelled.back() += *++arg;
  }
  return spelled;
}

std::size_t parse_count(const Options& options, const std::string& text) {
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end) throw options.wrong("'" + text + "' is not a number of commits");
  return count;
}

history::LogRequest request_of(const git::Registry& registry, const Options& options, const Options::Rest& rest,
                               const LogOptions& asked) {
  RevsAndPaths words = tell_revs_apart(registry, rest);
  if (words.revs.size() > 1) throw options.wrong("more than one revision; a range is '<a>..<b>'");
  history::LogRequest request =
      history::log_request(registry, words.revs.empty() ? std::nullopt : std::optional(words.revs.front()));
  request.links = std::move(words.paths);
  request.tells_removed = asked.removed;
  if (asked.since) request.since = history::time_of(registry, *asked.since, history::Edge::start);
  if (asked.until) request.until = history::time_of(registry, *asked.until, history::Edge::end);
  if (asked.most) request.most_commits = parse_count(options, *asked.most);
  return request;
}

/// The entries for people, in the manner of git-log(1): those of one commit under it.
class EntryPrinter {
 public:
  EntryPrinter(std::ostream& out, std::string prefix, bool color)
      : out_(out), prefix_(std::move(prefix)), color_(color) {}

  void print(const history::LogEntry& entry) {
    if (last_ != entry.registry_commit) {
      if (last_) out_ << '\n';
      last_ = entry.registry_commit;
      out_ << painted("commit " + entry.registry_commit.hex(), color_of_commit, color_) << '\n'
           << "By:     " << escape_for_terminal(entry.merged_by) << '\n'
           << "Date:   " << format_time(entry.time) << "\n\n";
    }
    out_ << "    " << described(entry.change, prefix_) << '\n';
    if (entry.changed_in)
      out_ << "        made by " << escape_for_terminal(entry.author) << " in " << entry.changed_in->short_hex()
           << '\n';
    else if (entry.author != entry.merged_by)
      out_ << "        made by " << escape_for_terminal(entry.author) << '\n';
    if (entry.until) out_ << "        until " << format_time(*entry.until) << '\n';
  }

 private:
  std::ostream& out_;
  std::string prefix_;
  bool color_;
  std::optional<Oid> last_;
};

/// The lines of text beside what is drawn of a commit.
std::vector<std::string> text_of(const history::GraphCommit& commit, const std::string& prefix, bool color) {
  const git::DrawnCommit& drawn = commit.drawn;
  const std::string& by = commit.is_merge ? drawn.author : drawn.committer;
  std::vector<std::string> lines{painted(drawn.oid.short_hex(), color_of_commit, color) + ' ' +
                                 format_time(drawn.time) + ' ' + escape_for_terminal(by) +
                                 (commit.is_merge ? " (merge)" : "")};
  for (const history::LinkChange& change : commit.changes) lines.push_back("    " + described(change, prefix));
  if (!commit.changes.empty() && drawn.author != by)
    lines.push_back("        made by " + escape_for_terminal(drawn.author));
  return lines;
}

/// Prints the graph, each line of it with what there is to say beside it.
void print_graph(std::ostream& out, const history::LogGraph& graph, const std::string& prefix, bool color) {
  const auto print_line = [&](const std::string& drawing, const std::string& text) {
    const std::string line = drawing + text;
    out << std::string_view(line).substr(0, line.find_last_not_of(' ') + 1) << '\n';
  };
  for (const history::GraphCommit& commit : graph.commits) {
    const git::DrawnCommit& drawn = commit.drawn;
    const std::vector<std::string> text = text_of(commit, prefix, color);
    for (std::size_t i = 0; i < std::max(text.size(), drawn.lines.size()); ++i) {
      print_line(i < drawn.lines.size() ? drawn.lines[i] : drawn.padding, i < text.size() ? text[i] : std::string());
    }
    for (const std::string& line : drawn.before_next) print_line(line, "");
  }
}

void tell_end(const std::optional<Oid>& shallow_end, const Format& format, Context& context) {
  if (!shallow_end || format.quiet) return;
  print_error(context.err, "warning",
              "history ends at " + shallow_end->short_hex() + ", where this shallow clone was cut off");
  print_hint(context.err, "'git fetch --unshallow' brings the rest");
}

void print_rows(const git::Registry& registry, const source::Settings& settings, const history::LogRequest& request,
                const Format& format, Context& context) {
  const bool quotes = quotes_non_ascii(registry);
  const history::LogEnd end = history::walk_log(registry, settings, request, [&](const history::LogEntry& entry) {
    if (format.json)
      context.out << to_json(entry) << '\n';
    else
      print_porcelain(context.out, name(entry.change.kind), finding_of(entry.change), format.nul, quotes);
  });
  context.out.flush();
  tell_end(end.shallow_end, format, context);
}

void print_for_people(const git::Registry& registry, const source::Settings& settings,
                      const history::LogRequest& request, const Format& format, bool as_graph, Context& context) {
  const std::string pager = find_pager(registry, context);
  const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
  std::ostringstream paged;
  std::ostream& out = pager.empty() ? context.out : paged;
  std::optional<Oid> shallow_end;
  if (as_graph) {
    const history::LogGraph graph = history::draw_log(registry, settings, request, color);
    print_graph(out, graph, registry.prefix(), color);
    shallow_end = graph.shallow_end;
  } else {
    EntryPrinter printer(out, registry.prefix(), color);
    const auto end =
        history::walk_log(registry, settings, request, [&](const history::LogEntry& entry) { printer.print(entry); });
    shallow_end = end.shallow_end;
  }
  const std::string text = std::move(paged).str();
  if (!text.empty()) print_paged(pager, text, context);
  context.out.flush();
  tell_end(shallow_end, format, context);
}

}  // namespace

int run_log(const Args& args, Context& context) {
  Options options({"log [<options>] [<range>] [--] [<link> | <pathspec>...]"});
  Format format;
  LogOptions asked;
  declare(options, asked, format);
  const auto rest = options.parse(with_counts(args), context.out);
  if (!rest) return exit_usage;

  const git::Registry registry = open_registry(context);
  const history::LogRequest request = request_of(registry, options, *rest, asked);
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  if (format.is_for_scripts())
    print_rows(registry, settings, request, format, context);
  else
    print_for_people(registry, settings, request, format, asked.graph, context);
  return exit_yes;
}

}  // namespace mlem::command
