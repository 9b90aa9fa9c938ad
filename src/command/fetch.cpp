#include "check/check.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/talk.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "git/rewrite_url.hpp"

#include "source/cache.hpp"
#include <fmt/format.h>

#include <ostream>
#include <set>

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
  require_pathspecs(registry, rest->words);
  Talk talk(format, context);
  const source::Settings settings = talk.settings(registry);
  check::Scope scope = check::whole_registry(registry);
  scope.pathspecs = paths;
  const bool color = wants_color(format, context, registry, Stream::err);
  const bool quotes = quotes_non_ascii(registry);
  std::set<std::string> used;
  const check::Summary summary = check::judge(registry, settings, {scope}, [&](const Finding& finding) {
    for (const RepoUrl& url : finding.sources) {
      const std::string rewritten = git::rewrite_url(url.fetch_text(), settings.access.config);
      // As git-fetch(1) has it.
      if (used.insert(source::Cache::key(url.normalized(), rewritten)).second && format.verbose) {
        context.err << "From " << url.printable() << '\n';
      }
    }
    if (print_for_scripts(context.out, finding, format, quotes) || finding.verdict == Verdict::ok) return;
    print_failure(context.err, decision(finding.verdict) == Decision::no ? "error" : "warning",
                  relative_to(finding.link, registry.prefix()), finding, color);
  });
  std::size_t pruned = 0;
  if (prune_unused) pruned = source::Cache(settings.cache.directory, settings.cache.fallback).prune(used);
  if (!format.quiet) {
    context.err << summary_line(summary, "", "fetched");
    if (prune_unused) context.err << fmt::format("; {} unused source{} removed", pruned, pruned == 1 ? "" : "s");
    context.err << '\n';
  }
  return exit_code(summary);
}

}  // namespace mlem::command
