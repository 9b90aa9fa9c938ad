#include "command/detail/age.hpp"
#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/pin.hpp"

namespace mlem::command {

int run_unpin(const Args& args, Context& context) {
  Options options({"unpin [<options>] [--] [<link> | <pathspec>...]"});
  Format format;
  bool force = false;
  bool dry_run = false;
  options.flag("force,f", "unpin links that are held, and lift the holds", force)
      .flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const auto placement = edit::place_in_index(registry);
  const source::Settings settings = progress.settings(registry);
  const auto rule = edit::unpin_rule(settings, {today(), force});
  return edit_and_tell(registry, settings, *rule, *placement, rest->all(), dry_run, {"unpin", "unpinned"}, format,
                       context);
}

}  // namespace mlem::command
