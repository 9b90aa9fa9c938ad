#include "check/check.hpp"
#include "command/detail/failure_reporter.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "source/cache.hpp"
#include "source/place.hpp"

#include <fmt/format.h>

#include <memory>
#include <ostream>
#include <set>
#include <utility>

namespace mlem::command {

int run_fetch(const Args& args, Context& context) {
  Options options({"fetch [<options>] [--] [<pathspec>...]"});
  Format format;
  bool prune_unused = false;
  options.flag("prune", "remove what no link of the index needs", prune_unused);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> paths = rest->all();
  if (prune_unused && !paths.empty()) throw options.wrong("'--prune' is about the whole registry");

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  check::Scope scope = check::whole_registry(registry);
  scope.pathspecs = paths;
  check::settle_pathspecs(registry, settings, scope);
  const bool color = wants_color(format, context, registry, Stream::err);
  const bool quotes = quotes_non_ascii(registry);
  auto reporter = make_script_reporter(format, context.out, quotes);
  if (!reporter) reporter = std::make_unique<FailureReporter>(context.err, registry.prefix(), color);
  std::set<std::string> used;
  const auto use = [&](const RepoUrl& url) {
    return used.insert(source::Cache::key(url.normalized(), source::find_place(url, settings.access).rewritten)).second;
  };
  used.insert(source::Cache::own_key());
  const check::Summary summary = check::judge(registry, settings, {scope}, [&](const Finding& finding) {
    for (const RepoUrl& url : finding.sources) {
      // As git-fetch(1) has it.
      if (use(url) && format.verbose) {
        context.err << "From " << url.printable() << '\n';
      }
    }
    reporter->finding(finding);
  });
  reporter->end();
  std::size_t pruned = 0;
  // Who knows what a link needs that could not be followed?
  const bool prunes = prune_unused && summary.undecided == 0;
  if (prunes) pruned = source::Cache(settings.cache.directory, settings.cache.fallback).prune(used);
  if (!format.quiet) {
    context.err << summary_line(summary, "", "fetched");
    if (prune_unused && !prunes) context.err << "; nothing removed, for not all is known";
    if (prunes) context.err << fmt::format("; {} unused source{} removed", pruned, pruned == 1 ? "" : "s");
    context.err << '\n';
  }
  return exit_code(summary);
}

}  // namespace mlem::command
