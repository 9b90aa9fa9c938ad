#include "base/error.hpp"
#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/conceal.hpp"
#include "check/push.hpp"
#include "command/detail/hook_reporter.hpp"
#include "command/detail/json.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "git/refs.hpp"
#include "model/rev.hpp"
#include "source/own_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <istream>
#include <iterator>
#include <memory>
#include <ostream>
#include <utility>

// All hooks are one thing in the end: what git tells of the index or of refs becomes scopes, these are judged in the
// time that is configured, and what is broken refuses the commit or the push. What differs is who reads the answer.
// Whoever commits is told everything, and what is undecided passes; whoever pushes to a server is told only what a
// server may give away, and what is undecided is refused, unless that is configured otherwise. Most commits touch no
// link, so this is found out first, by one process.

namespace mlem::command {
namespace {

/// What a hook lets pass, and what it may tell.
struct HookPolicy {
  Audience audience = Audience::committer;
  bool offline = false;  ///< what the cache lacks is no reason to refuse
  bool rejects_undecided = false;
  bool tells_all = true;  ///< what was learned from sources too
};

HookPolicy load_policy(const git::Registry& registry, Audience audience, bool offline = false) {
  const bool is_server = audience == Audience::pusher;
  const bool rejects_undecided = source::rejects_undecided(registry.config()).value_or(is_server);
  const bool tells_all = !is_server || registry.config().boolean("mlem.serverhints", false);
  return {audience, offline, rejects_undecided && !offline, tells_all};
}

source::Settings hook_settings(const git::Registry& registry, const Context& context, const HookPolicy& policy) {
  const bool is_server = policy.audience == Audience::pusher;
  source::Settings settings = source::load_settings(registry, is_server ? source::Trust::server : source::Trust::user);
  settings.offline = policy.offline;
  settings.observer.interrupt = context.interrupt;
  const std::chrono::seconds budget = source::seconds_of(registry.config(), "mlem.hooktimeout", 60);
  if (budget.count() > 0) settings.budget.deadline = std::chrono::steady_clock::now() + budget;
  registry.objects().set_deadline(settings.budget.deadline);
  return settings;
}

std::unique_ptr<Reporter> make_reporter(const git::Registry& registry, const HookPolicy& policy, const Format& format,
                                        Context& context) {
  // What a server says goes to the pusher, whose terminal it does not know.
  const bool may_color = policy.audience == Audience::committer || format.color;
  const bool color = may_color && wants_color(format, context, registry, Stream::err);
  if (auto reporter = make_script_reporter(format, context.out, false)) return reporter;
  return make_hook_reporter(context.err, {policy.audience, policy.rejects_undecided, format.quiet, color});
}

/// Appends what the pusher is not told to the file that GIT_TRACE2 names, as git itself traces there.
void trace(const Context& context, const Finding& finding) {
  const std::string target = context.environment.find("GIT_TRACE2").value_or("");
  if (!target.starts_with('/')) return;
  std::ofstream file(target, std::ios::app);
  if (file) file << "git-mlem: " << to_json(finding) << '\n';
}

/// What was broken before a commit or push is not refused; whoever made it should know.
void print_broken_before(std::ostream& err, std::size_t count) {
  const bool is_one = count == 1;
  print_error(err, "warning",
              fmt::format("{} link{} broken before; 'git mlem check' lists {}", count, is_one ? " was" : "s were",
                          is_one ? "it" : "them"));
}

/// On a server it is not the pusher who has to do what a hint on logging in says: he may well read the source.
Finding told_by_server(Finding finding) {
  if (finding.verdict == Verdict::auth_required && finding.hint.starts_with("log in ")) {
    finding.hint.insert(0, "the server's account has to ");
  }
  return finding;
}

int judge_and_print(const git::Registry& registry, const source::Settings& settings,
                    const std::vector<check::Scope>& scopes, const source::PushedRefs& pushed_refs,
                    const HookPolicy& policy, const Format& format, Context& context) {
  const bool is_server = policy.audience == Audience::pusher;
  const std::unique_ptr<Reporter> reporter = make_reporter(registry, policy, format, context);
  check::Summary summary;  // of what is told: a verdict may be concealed
  const auto report = [&](const Finding& found) {
    if (is_server) trace(context, found);
    const Finding finding = !policy.tells_all ? check::conceal(found) : is_server ? told_by_server(found) : found;
    summary.count(finding);
    reporter->finding(finding);
  };
  const std::size_t broken_before = check::judge(registry, settings, scopes, report, pushed_refs).broken_before;
  reporter->end();
  if (broken_before > 0 && !is_server && !format.quiet) print_broken_before(context.err, broken_before);
  const bool rejected = summary.has_broken() || (summary.undecided > 0 && policy.rejects_undecided);
  if (is_server && (rejected || (summary.undecided > 0 && !format.quiet))) {
    context.err << summary_line(summary, " judged", "ok") << '\n';
  }
  return rejected ? exit_no : exit_yes;
}

/// Whether the index is one that git makes for a commit of files (`-a`, `<path>`), and drops with it: builtin/commit.c
/// gives it to the hook by its lock's name.
bool is_temporary(const fs::path& index_file) { return index_file.extension() == ".lock"; }

/// What the pre-commit framework (https://pre-commit.com) has a hook judge where nothing is being committed: what
/// differs between two refs (`--from-ref`, `--to-ref`), or everything (`--all-files`).
enum class FrameworkMode { none, range, everything };

FrameworkMode framework_mode(const Environment& environment) {
  if (!environment.find("PRE_COMMIT")) return FrameworkMode::none;
  if (environment.find("PRE_COMMIT_FROM_REF") && environment.find("PRE_COMMIT_TO_REF")) return FrameworkMode::range;
  // git names the index of a commit to its hooks.
  return environment.find("GIT_INDEX_FILE") ? FrameworkMode::none : FrameworkMode::everything;
}

/// Returns the commit or tree that the framework names. Throws Error(not_found) if it is not there.
Oid resolve_tree_ish(const git::Registry& registry, const std::string& rev) {
  const auto object = registry.find_object(rev);
  const auto tree = object ? registry.objects().find_tree_ish(*object) : std::nullopt;
  if (tree) return *tree;
  throw Error(ErrorKind::not_found, "cannot resolve '" + escape_for_terminal(rev) + "'", "it names no commit or tree");
}

int run_for_framework(FrameworkMode mode, bool offline, const Format& format, Context& context) {
  const git::Registry registry = open_registry(context);
  check::Scope scope = check::whole_registry(registry);
  if (mode == FrameworkMode::range) {
    scope.kind = check::Scope::Kind::changes;
    scope.before = resolve_tree_ish(registry, *context.environment.find("PRE_COMMIT_FROM_REF"));
    scope.commit = resolve_tree_ish(registry, *context.environment.find("PRE_COMMIT_TO_REF"));
  }
  const HookPolicy policy = load_policy(registry, Audience::committer, offline);
  return judge_and_print(registry, hook_settings(registry, context, policy), {scope}, {}, policy, format, context);
}

int run_commit_hook(const std::string& hook, bool offline, const Format& format, Context& context) {
  const FrameworkMode mode = framework_mode(context.environment);
  if (mode != FrameworkMode::none) return run_for_framework(mode, offline, format, context);
  // Most commits touch no link: they are told apart by one process, before anything else is looked at.
  auto changes = git::find_staged_changes(context.environment);
  const auto may_matter = [](const git::Change& change) {
    return check::concerns_links(change) || check::may_empty_directory(change);
  };
  if (changes && std::none_of(changes->begin(), changes->end(), may_matter)) return exit_yes;
  const git::Registry registry = open_registry(context);
  check::Scope scope;
  scope.kind = check::Scope::Kind::changes;
  scope.before = registry.objects().find_ref("HEAD");
  scope.changes = std::move(changes);
  const bool is_clean_merge = hook == "pre-merge-commit";
  scope.merged = is_clean_merge ? git::announced_merge_heads(context.environment) : git::load_merge_heads(registry);
  const HookPolicy policy = load_policy(registry, Audience::committer, offline);
  const int code =
      judge_and_print(registry, hook_settings(registry, context, policy), {scope}, {}, policy, format, context);
  if (code != exit_yes && !format.json) {
    const std::string tree = is_temporary(registry.index_file()) ? "--worktree" : "--changed";
    print_hint(context.err, "'git mlem check " + tree + "' judges again; 'git commit --no-verify' skips the hooks");
  }
  return code;
}

std::string read_input(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int run_pre_push(const std::vector<std::string>& words, bool offline, const Format& format, Context& context) {
  std::vector<check::RefUpdate> updates = check::parse_pre_push(read_input(context.in));
  const git::Registry registry = open_registry(context);
  for (check::RefUpdate& update : updates) {
    // What the remote has need not be here.
    if (update.before && !registry.objects().find_tree_ish(*update.before)) update.before.reset();
  }
  check::Pusher pusher;
  pusher.is_at_clone = true;
  const std::string remote = words.size() > 1 ? words[1] : std::string();
  // Without a name of its own the remote is given by its address, and has no refs here.
  if (is_ref_name(remote)) pusher.known_refs = {"refs/remotes/" + remote + "/"};
  const HookPolicy policy = load_policy(registry, Audience::committer, offline);
  const source::Settings settings = hook_settings(registry, context, policy);
  const int code = judge_and_print(registry, settings, check::push_scopes(registry, settings, updates, pusher),
                                   check::pushed_refs(updates), policy, format, context);
  if (code != exit_yes && !format.json) print_hint(context.err, "'git push --no-verify' skips this hook");
  return code;
}

int run_server_hook(const std::vector<check::RefUpdate>& updates, const Format& format, Context& context) {
  if (updates.empty()) {
    throw Error(ErrorKind::invalid, "there is no list of refs to judge", "git writes one to the hook's stdin",
                "another part of this hook may have read it before");
  }
  const git::Registry registry = open_registry(context);
  const check::Pusher pusher = check::load_pusher(registry);
  const HookPolicy policy = load_policy(registry, Audience::pusher);
  if (!format.quiet) warn_of_unknown_keys(context.err, registry.config());
  const source::Settings settings = hook_settings(registry, context, policy);
  return judge_and_print(registry, settings, check::push_scopes(registry, settings, updates, pusher),
                         check::pushed_refs(updates), policy, format, context);
}

}  // namespace

int run_hook(const Args& args, Context& context) {
  Options options({"hook [<options>] <name> [<args>...]"});
  Format format;
  bool offline = false;
  options.flag("offline", "answer from the cache; what that lacks passes", offline)
      .flag("json", "print one JSON object a line", format.json);
  add_common_options(options, format, {"quiet", "color"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.empty()) throw options.wrong("the name of a hook is needed");
  const std::string& hook = words.front();
  if (hook == "pre-commit" || hook == "pre-merge-commit" || hook == "pre-applypatch") {
    return run_commit_hook(hook, offline, format, context);
  }
  if (hook == "pre-push") return run_pre_push(words, offline, format, context);
  if (offline) throw options.wrong("'--offline' is for hooks of a clone");
  if (hook == "pre-receive") return run_server_hook(check::parse_pre_receive(read_input(context.in)), format, context);
  if (hook == "update") {
    if (words.size() < 4) throw options.wrong("'update' takes a ref, its old id and its new id");
    const std::string line = words[2] + " " + words[3] + " " + words[1];
    return run_server_hook(check::parse_pre_receive(line), format, context);
  }
  throw options.wrong("there is no hook '" + hook + "'");
}

}  // namespace mlem::command
