#include "history/status.hpp"

#include "base/text.hpp"
#include "check/check.hpp"
#include "command/detail/age.hpp"
#include "command/detail/grouping_reporter.hpp"
#include "command/detail/json.hpp"
#include "command/detail/pager.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/table.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/sights.hpp"
#include "source/refs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>
#include <set>
#include <utility>

// Links come one by one; each is counted, and what is seen of its source is noted with the time. Scripts get its row at
// once. People get a table, which can only be printed when the width of all its columns is known, so that it is kept
// until the end; broken links are grouped by what is wrong with them, and a doubt about a source is told once, however
// many links lead there.

namespace mlem::command {
namespace {

using history::Standing;
using history::State;

constexpr std::array all_states{State::same, State::behind, State::moved,    State::rewritten,
                                State::gone, State::fixed,  State::floating, State::unpinned};

/// Green as it should be, as git-status(1) has what is staged; red what somebody has to look into; yellow what `update`
/// brings up to date, bold because commits are yellow too. What is held is as somebody wants it.
const char* color_of(const Standing& standing) {
  constexpr const char* green = "\033[32m";
  constexpr const char* red = "\033[31m";
  constexpr const char* bold_yellow = "\033[1;33m";
  if (!standing.state) return command::color_of(standing.finding.verdict);
  if (*standing.state == State::same) return green;
  if (!history::is_apart(*standing.state) || standing.hold) return nullptr;
  return *standing.state == State::behind ? bold_yellow : red;
}

/// How many links there are, by how they stand.
struct Counts {
  std::array<std::size_t, all_states.size()> by_state{};
  std::size_t total = 0;
  std::size_t held = 0;
  std::size_t broken = 0;
  std::size_t undecided = 0;
  std::size_t apart = 0;        ///< of those that are not held
  std::int64_t proof_time = 0;  ///< the oldest; 0: none

  void count(const Standing& standing) {
    ++total;
    held += standing.hold ? 1 : 0;
    apart += standing.state && is_apart(*standing.state) && !standing.hold ? 1 : 0;
    const Decision decision = mlem::decision(standing.finding.verdict);
    broken += decision == Decision::no ? 1 : 0;
    undecided += decision == Decision::undecided ? 1 : 0;
    // One that is broken may have a state besides, and is counted once.
    if (standing.state && decision == Decision::yes) ++by_state[static_cast<std::size_t>(*standing.state)];
    const std::int64_t time = standing.finding.proof_time;
    if (time != 0 && (proof_time == 0 || time < proof_time)) proof_time = time;
  }

  std::string text() const {
    std::string text = fmt::format("{} link{}", total, total == 1 ? "" : "s");
    const char* separator = ": ";
    const auto add = [&](std::size_t count, std::string_view word) {
      if (count == 0) return;
      text += fmt::format("{}{} {}", separator, count, word);
      separator = ", ";
    };
    for (const State state : all_states) add(by_state[static_cast<std::size_t>(state)], name(state));
    add(broken, "broken");
    add(undecided, "undecided");
    if (held > 0) text += fmt::format("; {} held", held);
    return text;
  }
};

/// Tells people of links that have a verdict besides their state, or none.
class BrokenReporter : public GroupingReporter {
 public:
  BrokenReporter(std::ostream& err, std::string prefix)
      : GroupingReporter(Beyond::told), err_(err), prefix_(std::move(prefix)) {}

 protected:
  bool is_told(const Finding& finding) const override { return finding.verdict != Verdict::ok; }
  void print(const FindingGroup& group) override {
    FindingGroup shown = group;
    for (std::string& link : shown.links) link = relative_to(link, prefix_);
    const Finding& finding = shown.finding;
    const bool is_no = decision(finding.verdict) == Decision::no;
    print_error(err_, is_no ? "error" : "warning",
                subject_of(shown) + ": " + std::string(name(finding.verdict)) + ": " + described(finding));
    print_links(err_, shown, "  ");
    print_hint(err_, all_hints(finding));
  }

 private:
  std::ostream& err_;
  std::string prefix_;  ///< what names are relative to
};

/// The table for people, and what is said of it.
class StatusTable {
 public:
  StatusTable(std::string prefix, bool is_verbose) : prefix_(std::move(prefix)), is_verbose_(is_verbose) {}

  void add(const Standing& standing) {
    const Finding& finding = standing.finding;
    const auto text = [](const std::string& known) { return known.empty() ? "-" : escape_for_terminal(known); };
    const auto abbreviated = [](const std::string& id) { return id.substr(0, 7); };
    const bool is_pinned = standing.state != State::floating && standing.state != State::unpinned;
    const std::string followed = finding.ref.empty() && !is_pinned ? finding.rev : finding.ref;
    table_.add({{escape_for_terminal(relative_to(finding.link, prefix_))},
                {state_of(standing), color_of(standing)},
                {text(is_pinned && finding.commit ? finding.commit->short_hex() : ""), color_of_commit},
                {text(source::short_name(followed))},
                {text(standing.tip ? abbreviated(standing.tip->commit) : ""), color_of_commit},
                {text(standing.newest ? standing.newest->rev : "")}},
               note_of(standing));
  }

  const Table& table() const { return table_; }

 private:
  static std::string state_of(const Standing& standing) {
    if (!standing.state) return std::string(name(standing.finding.verdict));
    std::string text(name(*standing.state));
    if (standing.behind) text += fmt::format(" {}", *standing.behind);
    if (standing.touching) text += fmt::format(" ({} touching)", *standing.touching);
    const auto& warnings = standing.finding.warnings;
    const bool is_moved =
        std::any_of(warnings.begin(), warnings.end(), [](const Warning& warning) { return warning.code == "moved"; });
    if (is_moved) text += " (moved)";
    if (standing.hold) text += " (held)";
    return text;
  }

  std::string note_of(const Standing& standing) const {
    std::vector<std::string> notes;
    if (standing.hold) {
      notes.push_back("held" + (standing.until ? " until " + *standing.until : std::string()) + ": " +
                      redact(*standing.hold));
    }
    if (is_verbose_ && standing.finding.verdict == Verdict::ok) {
      if (!standing.finding.message.empty()) notes.push_back(standing.finding.message);
      for (const Warning& warning : standing.finding.warnings) notes.push_back(warning.message);
    }
    return escape_for_terminal(fmt::format("{}", fmt::join(notes, "; ")));
  }

  std::string prefix_;
  bool is_verbose_;
  Table table_{{{"NAME", true}, {"STATE"}, {"PINNED"}, {"FOLLOWS", true}, {"NOW"}, {"NEWEST", true}}};
};

/// Prints a row for scripts.
void print_row(std::ostream& out, const Standing& standing, const Format& format, bool quotes) {
  const Finding& finding = standing.finding;
  if (format.json) {
    const bool tells = format.tells_proofs && standing.state && !finding.sources.empty();
    const std::int64_t time = finding.proof_time == 0 ? now() : finding.proof_time;
    out << to_json(standing, tells ? std::optional(time) : std::nullopt) << '\n';
  } else {
    print_porcelain(out, standing.state ? name(*standing.state) : name(finding.verdict), finding, format.nul, quotes);
  }
}

/// The links that are in force, as far as the pathspecs go.
history::StatusRequest request_for(const git::Registry& registry, const source::Settings& settings,
                                   std::vector<std::string> pathspecs) {
  check::Scope scope = check::whole_registry(registry);
  scope.pathspecs = std::move(pathspecs);
  check::settle_pathspecs(registry, settings, scope);
  return {.commit = scope.commit, .pathspecs = std::move(scope.pathspecs), .today = today()};
}

/// Says once of each source what is doubtful about it.
void print_doubts(std::ostream& err, const std::set<std::string>& doubts) {
  for (const std::string& doubt : doubts) print_error(err, "warning", doubt);
}

int exit_code_for(const Counts& counts, bool tells_apart) {
  if (counts.broken > 0 || (tells_apart && counts.apart > 0)) return exit_no;
  return counts.undecided > 0 ? exit_undecided : exit_yes;
}

}  // namespace

int run_status(const Args& args, Context& context) {
  Options options({"status [<options>] [--] [<link> | <pathspec>...]"});
  Format format;
  bool tells_apart = false;
  bool offline = false;
  options.flag("exit-code", "exit with 1 if a link that is not held is not what it follows", tells_apart)
      .flag("offline", "answer from the cache", offline);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  format.tells_proofs = format.verbose || offline;

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = offline;
  const history::StatusRequest request = request_for(registry, settings, rest->all());
  const std::string pager = format.is_for_scripts() ? std::string() : find_pager(registry, context);
  const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
  const bool quotes = quotes_non_ascii(registry);
  StatusTable table(registry.prefix(), format.verbose);
  BrokenReporter broken(context.err, registry.prefix());
  Counts counts;
  std::set<std::string> doubts;
  edit::Sights sights(registry);
  history::list_standings(registry, settings, request, [&](const Standing& standing) {
    counts.count(standing);
    sights.note(standing, now());
    if (format.is_for_scripts()) return print_row(context.out, standing, format, quotes);
    table.add(standing);
    broken.finding(standing.finding);
    for (const Warning& warning : standing.finding.warnings) {
      if (warning.code == "stale-proof") doubts.insert(warning.message);
    }
  });
  // A registry that may not be written can be looked at all the same.
  const auto unnoted = offline ? std::nullopt : sights.save();
  if (unnoted && format.verbose) print_error(context.err, "warning", "what was seen is not noted: " + *unnoted);
  if (!table.table().is_empty()) {
    const std::size_t width = context.out_is_terminal ? terminal_width(context.environment) : 0;
    print_paged(pager, table.table().text(width, color), context);
  }
  context.out.flush();
  broken.end();
  if (!format.quiet) {
    print_doubts(context.err, doubts);
    context.err << counts.text() << '\n';
    if (format.tells_proofs) print_proof_age(context.err, counts.proof_time);
  }
  return exit_code_for(counts, tells_apart);
}

}  // namespace mlem::command
