#include "edit/promote.hpp"

#include "command/detail/age.hpp"
#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

namespace mlem::command {

int run_promote(const Args& args, Context& context) {
  Options options({"promote [<options>] --to <dir> [--onto <branch>] [--] (<link> | <pathspec>)...",
                   "promote [<options>] --onto <branch> [--] (<link> | <pathspec>)..."});
  Format format;
  edit::Promotion promotion;
  bool dry_run = false;
  options.value("to", "dir", "the directory that gets the links", promotion.directory)
      .value("onto", "branch", "commit them onto a branch, and leave index and work tree alone", promotion.branch)
      .value("message,m", "message", "the message of that commit", promotion.message)
      .flag("pin", "pin the copies of links that are not pinned", promotion.pins)
      .flag("force,f", "re-point links that are held, and lift the holds; replace what is not a link",
            promotion.holds.force)
      .flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  options.not_empty({"onto"});
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (!promotion.directory && !promotion.branch) throw options.wrong("'--to', '--onto' or both are needed");
  if (promotion.message && !promotion.branch)
    throw options.wrong("'--message' goes with '--onto': there is not a commit");
  promotion.words = rest->all();
  if (promotion.words.empty()) throw options.wrong("a link is needed; '.' is all of them");

  promotion.holds.today = today();
  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const auto placement = edit::place_promoted(registry, promotion);
  const auto rule = edit::promote_rule(registry, promotion.pins);
  return edit_and_tell(registry, progress.settings(registry), *rule, *placement, promotion.words, dry_run,
                       {"promote", "promoted"}, format, context);
}

}  // namespace mlem::command
