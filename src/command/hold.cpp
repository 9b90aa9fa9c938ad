#include "edit/hold.hpp"

#include "command/detail/age.hpp"
#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <optional>
#include <string>

namespace mlem::command {

int run_hold(const Args& args, Context& context) {
  Options options({"hold [<options>] -m <why> [--] [<link> | <pathspec>...]"});
  Format format;
  std::optional<std::string> reason;
  std::optional<std::string> until;
  bool dry_run = false;
  options.value("message,m", "why", "why the links are to stay as they are", reason)
      .value("until", "date", "the last day of it in UTC, as in 2027-01-31", until)
      .flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (!reason) throw options.wrong("'-m' has to say why");
  const auto rule = options.taken([&] { return edit::hold_rule(*reason, until, today()); });

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const auto placement = edit::place_in_index(registry);
  return edit_and_tell(registry, progress.settings(registry), *rule, *placement, rest->all(), dry_run, {"hold", "held"},
                       format, context);
}

}  // namespace mlem::command
