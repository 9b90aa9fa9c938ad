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

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
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
  resolve::Settings settings = talk.settings(registry);
  settings.offline = offline;
  check::Scope scope;
  if (operands.rev) {
    scope.kind = check::Scope::Kind::commit;
    scope.commit = find_tree_ish(registry, *operands.rev);
  } else {
    scope = check::whole_registry(registry);
  }
  scope.pathspecs = operands.paths;

  std::vector<std::vector<std::string>> rows{{"NAME", "TYPE", "SOURCE", "REV", "COMMIT", "AGE"}};
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const bool quotes = quotes_non_ascii(registry);
  const check::Summary summary = check::judge(registry, settings, {scope}, [&](const Finding& finding) {
    if (format.json) {
      print_json(context.out, finding);
    } else if (format.porcelain || format.nul) {
      print_porcelain(context.out, finding, format.nul, quotes);
    } else {
      const bool is_ok = finding.verdict == Verdict::ok;
      rows.push_back({escape_for_terminal(relative_to(finding.link, registry.prefix())),
                      finding.link_type.empty() ? "-" : escape_for_terminal(finding.link_type),
                      escape_for_terminal((finding.repo.empty() ? "" : finding.repo) + finding.path),
                      finding.rev.empty() ? "-" : escape_for_terminal(finding.rev),
                      is_ok ? (finding.commit ? finding.commit->short_hex() : "-") : std::string(name(finding.verdict)),
                      is_ok && finding.commit_time > 0 ? age(now - finding.commit_time) : "-"});
    }
  });
  if (rows.size() > 1) print_paged(registry, table(rows), context);
  context.out.flush();
  if (!format.quiet) print_proof_age(context.err, summary.proof_time);
  return exit_code(summary);
}

}  // namespace mlem::command
