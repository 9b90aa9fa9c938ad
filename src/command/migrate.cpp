#include "edit/migrate.hpp"

#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

namespace mlem::command {

int run_migrate(const Args& args, Context& context) {
  Options options({"migrate [<options>] [--] [<link> | <pathspec>...]"});
  Format format;
  edit::Migration migration;
  std::optional<std::string> dialect;
  options.value("to", "repo|project", "the key that is to name the repository", dialect)
      .flag("dry-run,n", "say what would be changed, change nothing", migration.dry_run);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (dialect && *dialect != "repo" && *dialect != "project") throw options.wrong("'--to' takes 'repo' or 'project'");
  if (dialect) migration.dialect = *dialect == "project" ? Dialect::project : Dialect::repo;

  migration.words = rest->all();
  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  EditReporter reporter(registry, {"migrate", "migrated", "file", false}, migration.dry_run, format, context);
  migration.reports_kept = reporter.wants_kept();
  const edit::LinkEditSummary summary = edit::migrate(registry, progress.settings(registry), migration,
                                                      [&](const edit::LinkEdit& edit) { reporter.tell(edit); });
  return reporter.end(summary);
}

}  // namespace mlem::command
