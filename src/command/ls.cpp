#include "base/error.hpp"
#include "base/text.hpp"
#include "check/check.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/talk.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>

namespace mlem::command {
namespace {

/// Returns how many columns of a terminal a text takes: what {fmt} does not fill of as many as it has bytes.
std::size_t width_of(const std::string& text) {
  return 2 * text.size() - fmt::formatted_size("{:<{}}", text, text.size());
}

/// A row of the table.
struct Row {
  std::vector<std::string> cells;
  const char* color;   ///< of the commit
  std::string note{};  ///< a line below
};

constexpr std::size_t commit_column = 4;

std::string table(const std::vector<Row>& rows, bool color) {
  std::string text;
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.cells.size()));
    for (std::size_t i = 0; i < row.cells.size(); ++i) widths[i] = std::max(widths[i], width_of(row.cells[i]));
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      // What colours a cell has no width.
      const std::string cell = painted(row.cells[i], row.color, color && i == commit_column && row.color != nullptr);
      line += cell + std::string(widths[i] - width_of(row.cells[i]) + 2, ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (!row.note.empty()) text += "  " + row.note + "\n";
  }
  return text;
}

/// A link's name, and where that is another file of this repository, what it leads to: as ls(1) and git-branch(1) show
/// symbolic links and refs.
std::string shown_name(const Finding& finding, const std::string& prefix) {
  std::string shown = relative_to(finding.link, prefix);
  if (finding.hops.empty() || !finding.hops.front().repo.empty()) return shown;
  const Hop& hop = finding.hops.front();
  return shown + " -> " + (hop.rev.empty() ? relative_to(hop.path, prefix) : hop.rev + ":" + hop.path);
}

Row row_of(const Finding& finding, const std::string& prefix, std::int64_t now, bool is_verbose) {
  const auto cell = [](const std::string& text) { return text.empty() ? "-" : escape_for_terminal(text); };
  const bool is_ok = finding.verdict == Verdict::ok;
  const std::string commit = finding.commit ? finding.commit->short_hex() : "";
  const std::string old = is_ok && finding.commit_time > 0 ? age(now - finding.commit_time) : "";
  Row row{{escape_for_terminal(shown_name(finding, prefix)), cell(finding.link_type), cell(finding.repo + finding.path),
           cell(finding.rev), is_ok ? cell(commit) : std::string(name(finding.verdict)), cell(old)},
          is_ok ? color_of_commit : color_of(finding.verdict)};
  if (is_verbose && !is_ok) row.note = escape_for_terminal(finding.message);
  return row;
}

}  // namespace

int run_ls(const Args& args, Context& context) {
  Options options({"ls [<options>] [<tree-ish>] [--] [<pathspec>...]"});
  Format format;
  bool offline = false;
  options.flag("offline", "answer from the cache", offline);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;

  const git::Registry registry = open_registry(context);
  const Operands operands = tell_apart(registry, options, *rest, Ranges::no);
  Talk talk(format, context);
  source::Settings settings = talk.settings(registry);
  settings.offline = offline;
  check::Scope scope = check::whole_registry(registry);
  if (operands.tree) {
    scope.kind = check::Scope::Kind::commit;
    scope.commit = operands.tree;
  }
  scope.pathspecs = operands.paths;

  std::vector<Row> rows{{{"NAME", "TYPE", "SOURCE", "REV", "COMMIT", "AGE"}, nullptr}};
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string pager = format.is_for_scripts() ? std::string() : find_pager(registry, context);
  const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
  const bool quotes = quotes_non_ascii(registry);
  const check::Summary summary = check::judge(registry, settings, {scope}, [&](const Finding& finding) {
    if (print_for_scripts(context.out, finding, format, quotes)) return;
    rows.push_back(row_of(finding, operands.prefix, now, format.verbose));
  });
  if (rows.size() > 1) print_paged(pager, table(rows, color), context);
  context.out.flush();
  if (!format.quiet) print_proof_age(context.err, summary.proof_time);
  return exit_code(summary);
}

}  // namespace mlem::command
