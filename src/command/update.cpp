#include "edit/update.hpp"

#include "command/detail/age.hpp"
#include "command/detail/edited_links.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/branches.hpp"

#include <charconv>
#include <chrono>

namespace mlem::command {
namespace {

/// `36h`, `7d` or `2w`.
std::chrono::seconds parse_age(const std::string& text, const Options& options) {
  constexpr std::int64_t most = 1'000'000;
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, count);
  const bool has_unit = failure == std::errc{} && rest + 1 == end && count >= 0 && count <= most;
  if (has_unit && *rest == 'h') return std::chrono::hours(count);
  if (has_unit && *rest == 'd') return std::chrono::hours(24) * count;
  if (has_unit && *rest == 'w') return std::chrono::hours(24 * 7) * count;
  throw options.wrong("'--min-age' takes hours, days or weeks, such as 36h, 7d or 2w");
}

}  // namespace

int run_update(const Args& args, Context& context) {
  Options options({"update [<options>] [--] [<link> | <pathspec>...]"});
  Format format;
  edit::Update update;
  std::optional<std::string> branch;
  std::optional<std::string> min_age;
  bool dry_run = false;
  options.value("to", "rev", "go to this rev in place of what the links follow", update.to)
      .value("branch", "name", "commit each link on a branch of its own, such as 'mlem/{link}'", branch)
      .value("min-age", "age", "only to what was first seen so long ago: <n>h, <n>d or <n>w", min_age)
      .flag("force,f", "follow what moved or was rewritten, re-point links that are held and lift the holds",
            update.holds.force)
      .flag("dry-run,n", "print what git mlem diff would print afterwards, change nothing", dry_run);
  options.not_empty({"to"});
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (branch) options.taken([&] { edit::require_branch_pattern(*branch); });
  if (min_age) update.min_age = parse_age(*min_age, options);

  update.holds.today = today();
  update.now = now();
  update.notes_sights = !dry_run;
  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  const auto placement = branch ? edit::place_on_branches(registry, settings, *branch) : edit::place_in_index(registry);
  const auto rule = edit::update_rule(registry, settings, update);
  return edit_and_tell(registry, settings, *rule, *placement, rest->all(), dry_run, {"update", "updated"}, format,
                       context);
}

}  // namespace mlem::command
