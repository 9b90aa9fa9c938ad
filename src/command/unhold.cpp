#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/hold.hpp"

namespace mlem::command {

int run_unhold(const Args& args, Context& context) {
  Options options({"unhold [<options>] [--] [<link> | <pathspec>...]"});
  Format format;
  bool dry_run = false;
  options.flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const auto placement = edit::place_in_index(registry);
  const auto rule = edit::unhold_rule();
  return edit_and_tell(registry, progress.settings(registry), *rule, *placement, rest->all(), dry_run,
                       {"release", "released"}, format, context);
}

}  // namespace mlem::command
