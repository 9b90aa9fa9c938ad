#include "base/text.hpp"
#include "check/check.hpp"
#include "command/detail/age.hpp"
#include "command/detail/link_tree.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/pager.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/detail/table.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace mlem::command {
namespace {

/// How links are shown.
struct TableStyle {
  std::string prefix;     ///< what names are relative to
  std::string pager;      ///< empty: none
  std::size_t width = 0;  ///< of the terminal; 0: what is piped is whole
  bool color = false;
  bool is_verbose = false;
  std::optional<Branches> branches{};  ///< of a tree of directories; none: a list
};

/// The findings for people: a table, printed when all of its widths are known.
class TableReporter : public Reporter {
 public:
  TableReporter(Context& context, TableStyle style) : context_(context), style_(std::move(style)), now_(now()) {}

  void finding(const Finding& finding) override {
    const auto text = [](const std::string& known) { return known.empty() ? "-" : escape_for_terminal(known); };
    const bool is_ok = finding.verdict == Verdict::ok;
    const std::string commit = finding.commit ? finding.commit->short_hex() : "";
    const std::string old = is_ok && finding.commit_time > 0 ? age(now_ - finding.commit_time) : "";
    std::vector<Cell> cells = {{escape_for_terminal(shown_name(finding))},
                               {text(finding.link_type)},
                               {text(finding.repo + finding.path)},
                               {text(shown_rev(finding.rev))},
                               {is_ok ? text(commit) : std::string(name(finding.verdict)),
                                is_ok ? color_of_commit : color_of(finding.verdict)},
                               {text(old)}};
    std::string note = style_.is_verbose && !is_ok ? escape_for_terminal(finding.message) : std::string();
    if (style_.branches)
      tree_.add(finding.link, {std::move(cells), std::move(note)});
    else
      table_.add(cells, note);
  }
  void end() override {
    if (style_.branches) tree_.draw(*style_.branches, relative_to("", style_.prefix), table_);
    if (!table_.is_empty()) print_paged(style_.pager, table_.text(style_.width, style_.color), context_);
    context_.out.flush();
  }

 private:
  /// A link's name, in a tree without its directories, and where that is another file of this repository, what it leads
  /// to: as ls(1) and git-branch(1) show symbolic links and refs.
  std::string shown_name(const Finding& finding) const {
    const std::string shown =
        style_.branches ? finding.link.substr(finding.link.rfind('/') + 1) : relative_to(finding.link, style_.prefix);
    if (finding.hops.empty() || !finding.hops.front().repo.empty()) return shown;
    const Hop& hop = finding.hops.front();
    return shown + " -> " + (hop.rev.empty() ? relative_to(hop.path, style_.prefix) : hop.rev + ":" + hop.path);
  }
  /// On a terminal ids are abbreviated, those of pins too.
  std::string shown_rev(const std::string& rev) const {
    const auto id = style_.width > 0 ? Oid::parse(rev) : std::nullopt;
    return id ? id->short_hex() : rev;
  }

  Context& context_;
  TableStyle style_;
  std::int64_t now_;
  LinkTree tree_;
  Table table_{{{"NAME", true}, {"TYPE"}, {"SOURCE", true}, {"REV", true}, {"COMMIT"}, {"AGE"}}};
};

}  // namespace

int run_ls(const Args& args, Context& context) {
  Options options({"ls [<options>] [<tree-ish>] [--] [<pathspec>...]"});
  Format format;
  bool offline = false;
  bool as_tree = false;
  options.flag("tree", "show directories as a tree", as_tree).flag("offline", "answer from the cache", offline);
  add_format_options(options, format);
  for (const char* const script_format : {"json", "porcelain", "null"}) options.exclusive({"tree", script_format});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  format.tells_proofs = format.verbose || offline;

  const git::Registry registry = open_registry(context);
  const Operands operands = tell_apart(registry, options, *rest, Ranges::no);
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = offline;
  check::Scope scope;
  if (operands.tree) {
    scope.kind = check::Scope::Kind::commit;
    scope.commit = operands.tree;
  } else {
    scope = check::whole_registry(registry);
  }
  scope.pathspecs = operands.paths;
  check::settle_pathspecs(registry, settings, scope);

  const std::string pager = format.is_for_scripts() ? std::string() : find_pager(registry, context);
  const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
  const bool quotes = quotes_non_ascii(registry);
  auto reporter = make_script_reporter(format, context.out, quotes);
  if (!reporter) {
    const std::size_t width = context.out_is_terminal ? terminal_width(context.environment) : 0;
    const auto branches =
        as_tree ? std::optional(is_utf8_locale(context) ? Branches::lines : Branches::ascii) : std::nullopt;
    reporter = std::make_unique<TableReporter>(
        context, TableStyle{operands.prefix, pager, width, color, format.verbose, branches});
  }
  const check::Summary summary =
      check::judge(registry, settings, {scope}, [&](const Finding& finding) { reporter->finding(finding); });
  reporter->end();
  if (format.tells_proofs && !format.quiet) print_proof_age(context.err, summary.proof_time);
  return exit_code(summary);
}

}  // namespace mlem::command
