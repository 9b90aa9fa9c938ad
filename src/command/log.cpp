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
#include "history/point_in_time.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

namespace mlem::command {
namespace {

struct LogOptions {
  std::optional<std::string> most;
  std::optional<std::string> since;
  std::optional<std::string> until;
  bool removed = false;
};

void declare(Options& options, LogOptions& asked, Format& format) {
  options.value("max-count,n", "count", "stop after that many commits", asked.most)
      .value("since", "date", "only what changed since then", asked.since)
      .alias("after", "since")
      .value("until", "date", "only what changed up to then", asked.until)
      .alias("before", "until")
      .flag("removed", "links too that are not there any more", asked.removed);
  add_format_options(options, format, {"quiet", "color"});
}

/// Spells `-<n>` as `-n<n>`.
Args with_counts(Args args) {
  for (std::string& arg : args) {
    if (arg == "--") break;
    const bool is_count = arg.size() > 1 && arg.front() == '-' &&
                          std::all_of(arg.begin() + 1, arg.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_count) arg.insert(1, "n");
  }
  return args;
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

void tell_end(const history::LogEnd& end, const Format& format, Context& context) {
  if (!end.shallow_end || format.quiet) return;
  print_error(context.err, "warning",
              "history ends at " + end.shallow_end->short_hex() + ", where this shallow clone was cut off");
  print_hint(context.err, "'git fetch --unshallow' brings the rest");
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
  history::LogEnd end;
  if (format.is_for_scripts()) {
    const bool quotes = quotes_non_ascii(registry);
    end = history::walk_log(registry, settings, request, [&](const history::LogEntry& entry) {
      if (format.json)
        context.out << to_json(entry) << '\n';
      else
        print_porcelain(context.out, name(entry.change.kind), finding_of(entry.change), format.nul, quotes);
    });
  } else {
    const std::string pager = find_pager(registry, context);
    const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
    std::ostringstream paged;
    EntryPrinter printer(pager.empty() ? context.out : paged, registry.prefix(), color);
    end = history::walk_log(registry, settings, request, [&](const history::LogEntry& entry) { printer.print(entry); });
    if (!pager.empty() && end.told > 0) print_paged(pager, paged.str(), context);
  }
  context.out.flush();
  tell_end(end, format, context);
  return exit_yes;
}

}  // namespace mlem::command
