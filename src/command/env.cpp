#include "base/error.hpp"
#include "base/text.hpp"
#include "check/policy.hpp"
#include "command/detail/hook_script.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/hook_standing.hpp"
#include "git/program.hpp"
#include "model/repo_url.hpp"
#include "source/own_config.hpp"
#include "source/settings.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/version.hpp>

#include <optional>
#include <ostream>

namespace mlem::command {
namespace {

std::uintmax_t size_below(const fs::path& directory) {
  std::uintmax_t total = 0;
  boost::system::error_code failure;
  for (fs::recursive_directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    // What another process removes meanwhile counts nothing.
    boost::system::error_code gone;
    if (!fs::is_regular_file(entry->symlink_status(gone))) continue;
    const std::uintmax_t size = fs::file_size(entry->path(), gone);
    if (!gone) total += size;
  }
  return total;
}

/// Whether links are judged here before a commit and a push, or what stands in the way of that.
void print_hooks(const git::Registry& registry, Context& context) {
  try {
    for (const edit::HookStanding& standing : edit::load_hook_standings(registry, hook_script(context))) {
      context.out << "hook " << standing.hook << (standing.is_live ? " live" : " -");
      if (!standing.detail.empty()) context.out << " (" << escape_for_terminal(standing.detail) << ')';
      context.out << '\n';
    }
  } catch (const Error& error) {
    // What keeps them from being looked at is a fact like the others.
    context.out << "hooks - (" << escape_for_terminal(error.what()) << ")\n";
  }
}

/// The settings of this program, and what is wrong with them: git tells nobody of a misspelt key.
void print_config(const git::Config& config, std::ostream& out) {
  for (const auto& [key, value] : config.entries()) {
    if (key.starts_with("mlem.")) out << "config " << escape_for_terminal(key + "=" + redact(value)) << '\n';
  }
  for (const source::UnknownKey& unknown : source::find_unknown_keys(config)) {
    const std::string hint = source::hint_of(unknown);
    out << "config-flaw " << escape_for_terminal(source::describe(unknown) + (hint.empty() ? "" : "; " + hint)) << '\n';
  }
  try {
    check::parse_policies(config);
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : std::string("; ") + error.hint();
    out << "config-flaw " << escape_for_terminal(error.what() + hint) << '\n';
  }
}

}  // namespace

int run_version(const Args& args, Context& context) {
  Options options({"version"});
  Format format;
  add_common_options(options, format, {});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  context.out << "git-mlem version " << GIT_MLEM_VERSION << '\n';
  return exit_yes;
}

int run_env(const Args& args, Context& context) {
  Options options({"env"});
  Format format;
  add_common_options(options, format, {});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  std::ostream& out = context.out;
  out << "git-mlem version " << GIT_MLEM_VERSION << '\n' << git::version_text(context.environment) << '\n';
  out << "libgit2 " << git::library_version() << "\nboost " << BOOST_LIB_VERSION << '\n';
  out << "program " << escape_for_terminal(context.program) << '\n';
  std::optional<git::Registry> found;
  try {
    found = open_registry(context);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    // The rest is facts of a repository; that there is none, or that git refuses it, is one too.
    out << "git-dir - (" << escape_for_terminal(error.why()) << ")\n";
    return exit_yes;
  }
  const git::Registry& registry = *found;
  out << "git-dir " << escape_for_terminal(registry.git_dir().string()) << '\n';
  out << "work-tree " << (registry.has_work_tree() ? escape_for_terminal(registry.work_tree().string()) : "-") << '\n';
  out << "object-format " << registry.object_format() << '\n';
  const source::Settings settings = source::load_settings(registry);
  const source::Cache cache(settings.cache.directory, settings.cache.fallback);
  out << "cache " << escape_for_terminal(cache.directory().string()) << '\n';
  out << "cache-size " << size_below(cache.directory()) << '\n';
  print_hooks(registry, context);
  print_config(registry.config(), out);
  return exit_yes;
}

}  // namespace mlem::command
