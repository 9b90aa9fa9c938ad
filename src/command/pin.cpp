#include "edit/pin.hpp"

#include "command/detail/age.hpp"
#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

namespace mlem::command {

int run_pin(const Args& args, Context& context) {
  Options options({"pin [<options>] [--] [<link> | <pathspec>...]"});
  Format format;
  bool refresh = false;
  bool force = false;
  bool dry_run = false;
  options.flag("refresh", "mend pins whose rev another program has changed", refresh)
      .flag("force,f", "with --refresh: re-point links that are held, and lift the holds", force)
      .flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (force && !refresh) throw options.wrong("'--force' goes with '--refresh': a pin re-points nothing");

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const auto placement = edit::place_in_index(registry);
  const auto rule = edit::pin_rule(registry, refresh ? edit::PinMode::refresh : edit::PinMode::pin, {today(), force});
  const EditWords spoken = refresh ? EditWords{"refresh", "refreshed"} : EditWords{"pin", "pinned"};
  return edit_and_tell(registry, progress.settings(registry), *rule, *placement, rest->all(), dry_run, spoken, format,
                       context);
}

}  // namespace mlem::command
