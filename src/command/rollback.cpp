#include "edit/rollback.hpp"

#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/hold.hpp"
#include "history/range.hpp"

namespace mlem::command {

int run_rollback(const Args& args, Context& context) {
  Options options({"rollback [<options>] [--] (<link> | <pathspec>)..."});
  Format format;
  edit::Rollback rollback;
  std::optional<std::string> to;
  bool dry_run = false;
  options.value("to", "rev", "bring back what the registry had at this rev of its own", to)
      .value("message,m", "why", "why, for the hold", rollback.reason)
      .flag("force,f", "take what is not pinned, or cannot be resolved", rollback.force)
      .flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  options.not_empty({"to"});
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  rollback.words = rest->all();
  if (rollback.reason) options.taken([&] { edit::require_hold_reason(*rollback.reason); });
  if (rollback.words.empty()) throw options.wrong("a link is needed; '.' is all of them");

  const git::Registry registry = open_registry(context);
  const auto placement = edit::place_in_index(registry);
  if (to) {
    rollback.commit = history::resolve_commit(registry, *to);
    rollback.rev = *to;
  }
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  const auto rule = edit::rollback_rule(registry, settings, rollback);
  return edit_and_tell(registry, settings, *rule, *placement, rollback.words, dry_run, {"roll back", "rolled back"},
                       format, context);
}

}  // namespace mlem::command
