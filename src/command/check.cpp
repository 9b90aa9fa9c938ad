#include "base/error.hpp"
#include "base/text.hpp"
#include "check/push.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/talk.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <charconv>
#include <ostream>

namespace mlem::command {
namespace {

/// A side of a range, which may be left out.
Oid commit_of(const git::Registry& registry, const std::string& side) {
  const std::string expression = side.empty() ? "HEAD" : side;
  const auto commit = registry.find_commit(expression);
  if (!commit) {
    throw Error(ErrorKind::not_found, "bad revision '" + expression + "'", "it names no commit", "paths follow '--'");
  }
  return *commit;
}

/// `a..b` or `a...b` with the dots' place, as gitrevisions(7) has them.
check::Scope range_scope(const git::Registry& registry, const std::string& text, std::size_t dots) {
  check::Scope scope;
  scope.kind = check::Scope::Kind::changes;
  const bool symmetric = text.compare(dots, 3, "...") == 0;
  const Oid before = commit_of(registry, text.substr(0, dots));
  scope.commit = commit_of(registry, text.substr(dots + (symmetric ? 3 : 2)));
  scope.before = before;
  if (symmetric) {
    const RunResult base = registry.git({"merge-base", before.hex(), scope.commit->hex()});
    const auto oid = Oid::parse(trim(base.output));
    if (base.code != 0 || !oid) {
      throw Error(ErrorKind::not_found, "bad revision '" + text + "'", "the two have no merge base");
    }
    scope.before = oid;
  }
  return scope;
}

/// What the ref's tip is where it is pushed to: here in a bare repository, elsewhere as it was last seen there.
std::optional<Oid> pushed_tip(const git::Registry& registry, const std::string& ref) {
  if (!registry.has_work_tree()) return registry.find_commit(ref);
  constexpr std::string_view heads = "refs/heads/";
  if (!ref.starts_with(heads)) return registry.find_commit(ref);
  const std::string branch = ref.substr(heads.size());
  if (auto tip = registry.find_commit(branch + "@{push}")) return tip;
  return registry.find_commit(branch + "@{upstream}");
}

/// What the server would judge if `scope` were pushed to the ref.
check::Scope policy_scope(const git::Registry& registry, const resolve::Settings& settings, const std::string& ref_text,
                          const check::Scope& scope) {
  const std::string ref = full_ref_name(ref_text);
  check::RefUpdate update{ref, scope.before, scope.commit};
  if (!update.after) update.after = commit_of(registry, "HEAD");
  if (!update.before) update.before = pushed_tip(registry, ref);
  check::Pusher pusher = check::load_pusher(registry);
  pusher.known_refs = {registry.has_work_tree() ? "--remotes" : "--branches"};
  return check::push_scopes(registry, settings, {update}, pusher).front();
}

/// `<i>/<n>`, as `--shard` has it.
check::Shard parse_shard(const std::string& text, const Options& options) {
  check::Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, bad_number] = std::from_chars(text.data(), end, shard.number);
  const bool has_slash = bad_number == std::errc{} && slash != end && *slash == '/';
  const auto [rest, bad_count] = std::from_chars(has_slash ? slash + 1 : end, end, shard.count);
  if (!has_slash || bad_count != std::errc{} || rest != end || shard.number < 1 || shard.number > shard.count) {
    throw options.wrong("'--shard' takes <i>/<n>, such as 1/4");
  }
  return shard;
}

}  // namespace

int run_check(const Args& args, Context& context) {
  Options options({"check [<options>] [<rev> | <a>..<b> | --cached | --worktree | --changed] [--] [<pathspec>...]",
                   "check [<options>] --policy <ref> [<rev> | <a>..<b>]"});
  Format format;
  bool cached = false;
  bool worktree = false;
  bool changed = false;
  bool offline = false;
  bool strict = false;
  bool reachable = false;
  bool fresh = false;
  std::optional<std::string> jobs;
  std::optional<std::string> policy;
  std::optional<std::string> shard;
  options.flag("cached", "judge the index (default)", cached)
      .flag("worktree", "judge the files of the work tree", worktree)
      .flag("changed", "judge what differs between HEAD and the index", changed)
      .flag("offline", "answer from the cache", offline)
      .flag("fresh", "ask the sources again for what the cache has", fresh)
      .flag("reachable", "want commits to be on a branch or tag of their source", reachable)
      .value("policy", "ref", "judge as the server would a push to this ref", policy)
      .value("shard", "i/n", "judge one of n parts of the links", shard)
      .flag("strict", "let warnings fail", strict)
      .value("jobs,j", "n", "read that many repositories at once", jobs);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (policy && shard) throw options.wrong("'--policy' is about the whole registry");
  if (cached + worktree + changed > 1) throw options.wrong("more than one thing to judge; paths follow '--'");

  const git::Registry registry = open_registry(context);
  const Operands operands = tell_apart(registry, options, *rest, Ranges::yes);
  if (cached + worktree + changed + static_cast<int>(operands.rev.has_value()) > 1) {
    throw options.wrong("more than one thing to judge; paths follow '--'");
  }
  if (policy && !operands.paths.empty()) throw options.wrong("'--policy' is about the whole registry");
  Talk talk(format, context);
  if (policy && (cached || worktree || changed || offline)) throw options.wrong("'--policy' is about commits");
  resolve::Settings settings = talk.settings(registry, policy ? resolve::Trust::server : resolve::Trust::user);
  if (offline && reachable) throw options.wrong("'--reachable' always asks the source");
  if (offline && fresh) throw options.wrong("'--fresh' always asks the source");
  settings.offline = offline;
  settings.fresh = fresh;
  if (jobs) {
    const bool is_number =
        !jobs->empty() && jobs->size() < 4 && jobs->find_first_not_of("0123456789") == std::string::npos;
    if (!is_number || std::stoul(*jobs) == 0) throw options.wrong("'-j' takes a number from 1 to 999");
    settings.jobs = std::stoul(*jobs);
  }
  check::Scope scope;
  if (operands.is_range) {
    scope = range_scope(registry, *operands.rev, operands.rev->find(".."));
  } else if (operands.rev) {
    scope.kind = check::Scope::Kind::commit;
    scope.commit = find_tree_ish(registry, *operands.rev);
  } else if (worktree || changed || cached) {
    if (!registry.has_work_tree() && !cached)
      throw Error(ErrorKind::invalid, "this operation must be run in a work tree");
    if (worktree) scope.kind = check::Scope::Kind::work_tree;
    if (changed) {
      scope.kind = check::Scope::Kind::changes;
      scope.before = registry.find_commit("HEAD");
    }
  } else {
    scope = check::whole_registry(registry);
  }
  if (policy) {
    scope = policy_scope(registry, settings, *policy, scope);
    if (scope.rules.empty()) {
      print_error(context.err, "warning", "no policy is in force here for '" + full_ref_name(*policy) + "'");
      print_hint(context.err, "policies are in the configuration of the server");
    }
  }
  scope.pathspecs = operands.paths;
  scope.reachable = reachable;
  if (shard) scope.shard = parse_shard(*shard, options);

  const bool color = wants_color(format, context, registry);
  const bool quotes = quotes_non_ascii(registry);
  const check::Summary summary = check::judge(registry, settings, {scope}, [&](const Finding& finding) {
    if (format.json) {
      print_json(context.out, finding);
    } else if (format.porcelain || format.nul) {
      print_porcelain(context.out, finding, format.nul, quotes);
    } else if (finding.verdict != Verdict::ok || format.verbose || (!finding.warnings.empty() && !format.quiet)) {
      print_finding(context.out, finding, registry.prefix(), color);
    }
  });
  context.out.flush();
  if (!format.quiet) {
    context.err << count_links(summary, "", "ok") << '\n';
    print_proof_age(context.err, summary.proof_time);
  }
  return strict && summary.warnings > 0 ? exit_no : exit_code(summary);
}

}  // namespace mlem::command
