#include "base/text.hpp"
#include "check/push.hpp"
#include "check/unstaged_links.hpp"
#include "command/detail/age.hpp"
#include "command/detail/grouping_reporter.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "git/refs.hpp"
#include "history/range.hpp"
#include "model/repo_path.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <ostream>
#include <utility>

// What the command line asks for becomes one scope: the index, the work tree, a commit, or the changes between two of
// them. With `--policy` it is made into the scope of a push by the code that the server's hook runs, and a warning says
// where this configuration may differ from the server's. All is judged by one call, which hands findings to a reporter
// as they come; the summary and the exit code follow at the end.

namespace mlem::command {
namespace {

/// What the ref's tip is where it is pushed to: here in a bare repository, elsewhere as it was last seen there.
std::optional<Oid> pushed_tip(const git::Registry& registry, const std::string& ref) {
  if (!registry.has_work_tree()) return registry.find_commit(git::namespace_prefix(registry.environment()) + ref);
  constexpr std::string_view heads = "refs/heads/";
  if (!ref.starts_with(heads)) return registry.find_commit(ref);
  const std::string branch = ref.substr(heads.size());
  if (auto tip = registry.find_commit(branch + "@{push}")) return tip;
  return registry.find_commit(branch + "@{upstream}");
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

/// What `-j` takes: as many as mlem.jobs may be.
std::size_t parse_jobs(const std::string& text, const Options& options) {
  constexpr std::size_t most_jobs = 1000;
  std::size_t jobs = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, bad_number] = std::from_chars(text.data(), end, jobs);
  if (bad_number != std::errc{} || rest != end || jobs < 1 || jobs > most_jobs) {
    throw options.wrong("'-j' takes a number from 1 to " + std::to_string(most_jobs));
  }
  return jobs;
}

/// What is to be judged, as the command line has it.
struct CheckOptions {
  std::optional<std::string> deep;
  bool all = false;
  bool cached = false;
  bool worktree = false;
  bool changed = false;
  bool offline = false;
  bool fresh = false;
  bool reachable = false;
  bool strict = false;
  std::optional<std::string> as;
  std::optional<std::string> jobs;
  std::optional<std::string> policy;
  std::optional<std::string> shard;
  std::optional<std::string> signer;
  bool names_tree() const { return cached || worktree || changed; }
};

/// How closely `--deep` wants files looked at.
std::optional<artifact::Depth> depth_of(const CheckOptions& asked) {
  if (!asked.deep) return std::nullopt;
  if (*asked.deep == "size") return artifact::Depth::size;
  return *asked.deep == "hash" ? artifact::Depth::hash : artifact::Depth::at_hand;
}

/// Reads the file that `--signed` names.
std::shared_ptr<const artifact::ModelSigner> load_signer(const CheckOptions& asked) {
  if (!asked.signer) return nullptr;
  return std::make_shared<artifact::ModelSigner>(
      artifact::ModelSigner::load(fs::absolute(*asked.signer, current_directory())));
}

void declare(Options& options, CheckOptions& asked, Format& format) {
  options.flag("cached", "judge the index (default)", asked.cached)
      .alias("staged", "cached")
      .flag("worktree", "judge the files of the work tree", asked.worktree)
      .flag("changed", "judge what differs between HEAD and the index", asked.changed)
      .flag("offline", "answer from the cache", asked.offline)
      .flag("fresh", "ask the sources again for what the cache has", asked.fresh)
      .optional_choice("deep", "how", {.values = {"at-hand", "size", "hash"}, .is_first_tacit = true},
                       "look for the files of the objects: compare sizes alone, or the hashes of all", asked.deep)
      .value("signed", "file", "want the objects signed by a key or a CA in this file", asked.signer)
      .flag("reachable", "want commits to be on a branch or tag of their source", asked.reachable)
      .value("policy", "ref", "judge as the server would a push to this ref", asked.policy)
      .flag("all", "of that: judge all, not only what the push changes", asked.all)
      .value("as", "pusher", "of that: judge as if this was who pushes", asked.as)
      .value("shard", "i/n", "judge one of n parts of the links", asked.shard)
      .flag("strict", "let warnings fail", asked.strict)
      .value("jobs,j", "n", "read that many repositories at once", asked.jobs)
      .not_empty({"signed", "policy"})
      .exclusive({"cached", "worktree", "changed", "policy"})
      .exclusive({"offline", "reachable"})
      .exclusive({"offline", "fresh"})
      .exclusive({"offline", "policy"})
      .exclusive({"policy", "shard"})
      .value("format", "github|sarif|junit", "print what CI systems read", format.ci);
  add_format_options(options, format);
  for (const char* other : {"json", "porcelain", "null"}) options.exclusive({"format", other});
}

/// Writes what is wrong and why and a remark, then warnings and a hint.
void print_finding(std::ostream& out, const std::string& subject, const Finding& finding, bool color,
                   const std::string& remark = {}) {
  out << escape_for_terminal(subject) << ": " << painted_verdict(finding, color);
  if (!finding.message.empty()) out << ": " << escape_for_terminal(described(finding));
  out << remark << '\n';
  for (const Warning& warning : finding.warnings) {
    out << "  warning: " << warning.code << ": " << escape_for_terminal(warning.message) << '\n';
  }
  const std::string hint = all_hints(finding);
  if (!hint.empty()) out << "  hint: " << escape_for_terminal(hint) << '\n';
}

/// The findings for people: what is not ok, and warnings.
class SummingReporter : public GroupingReporter {
 public:
  SummingReporter(std::ostream& out, std::string prefix, bool color, bool tells_warnings)
      : GroupingReporter(Beyond::told),
        out_(out),
        prefix_(std::move(prefix)),
        color_(color),
        tells_warnings_(tells_warnings) {}

 protected:
  bool is_told(const Finding& finding) const override {
    return finding.verdict != Verdict::ok || (tells_warnings_ && !finding.warnings.empty());
  }
  void print(const FindingGroup& group) override {
    FindingGroup shown = group;
    for (std::string& link : shown.links) link = relative_to(link, prefix_);
    if (shown.finding.link.empty()) shown.links = {shown.finding.pushed_ref};
    print_finding(out_, subject_of(shown), shown.finding, color_);
    print_links(out_, shown, "  ");
  }

 private:
  std::ostream& out_;
  std::string prefix_;  ///< what names are relative to
  bool color_;
  bool tells_warnings_;
};

/// `-v`: all findings as they come, and how old their proofs are.
class ListReporter : public Reporter {
 public:
  ListReporter(std::ostream& out, std::string prefix, bool color)
      : out_(out), prefix_(std::move(prefix)), color_(color) {}

  void finding(const Finding& finding) override {
    const auto proved_at = proof_time(finding);
    print_finding(out_, finding.link.empty() ? finding.pushed_ref : relative_to(finding.link, prefix_), finding, color_,
                  proved_at ? " (seen " + ago(*proved_at) + ")" : std::string());
  }

 private:
  std::ostream& out_;
  std::string prefix_;
  bool color_;
};

/// The links that the command line is about, before a policy is asked what of them it is about.
check::Scope scope_for(const git::Registry& registry, const CheckOptions& asked, const Operands& operands) {
  if (!operands.range && !operands.tree && !asked.names_tree()) {
    // An audit is about the ref that it names, and not about HEAD.
    return asked.all ? check::Scope() : check::whole_registry(registry);
  }
  check::Scope scope;
  if (operands.range) {
    const history::Commits commits = history::resolve(registry, *operands.range);
    scope.kind = check::Scope::Kind::changes;
    scope.before = commits.before;
    scope.commit = commits.after;
  } else if (operands.tree) {
    scope.kind = check::Scope::Kind::commit;
    scope.commit = operands.tree;
  } else if (asked.worktree || asked.changed) {
    registry.require_work_tree();
    scope.kind = asked.worktree ? check::Scope::Kind::work_tree : check::Scope::Kind::changes;
    if (asked.changed) {
      scope.before = registry.find_commit("HEAD");
      scope.merged = git::load_merge_heads(registry);
    }
  }
  return scope;
}

/// What the server would judge if `scope` were pushed to `ref`, a full name, which `pushed_refs` is told.
check::Scope policy_scope(const git::Registry& registry, const source::Settings& settings, const std::string& ref,
                          const CheckOptions& asked, const check::Scope& scope, source::PushedRefs& pushed_refs) {
  check::RefUpdate update{ref, scope.before, scope.commit, asked.all};
  const std::optional<Oid> tip = pushed_tip(registry, ref);
  if (!update.before) update.before = tip;
  if (!update.after && asked.all) {
    if (!tip) {
      throw Error(ErrorKind::not_found, "nothing is known here of '" + ref + "'",
                  registry.has_work_tree() ? "it has no remote-tracking branch" : "there is no such ref",
                  "name the commit that is to be judged as if it was pushed there");
    }
    update.after = tip;
  }
  if (!update.after) update.after = history::resolve_commit(registry, "HEAD");
  pushed_refs[ref] = update.after;
  check::Pusher pusher = check::load_pusher(registry);
  if (asked.as) pusher.name = asked.as;
  // A tag of a clone need not be on the server.
  if (registry.has_work_tree()) {
    pusher.known_refs = {"refs/remotes/"};
    pusher.head.clear();
  }
  return check::push_scopes(registry, settings, {update}, pusher).front();
}

/// Says what makes the answer of `--policy` differ from the server's. What is on the ref already nobody has to approve.
void warn_of_configuration(std::ostream& err, const git::Registry& registry, const std::string& ref, bool is_simulated,
                           bool is_there) {
  const check::Pusher pusher = check::load_pusher(registry);
  const std::vector<check::Rules> in_force = check::rules_for(registry, ref, pusher);
  if (in_force.empty()) {
    print_error(err, "warning", "no policy is in force here for '" + ref + "'");
    print_hint(err, "policies are in the configuration of the server");
  }
  const bool has_approvers = std::any_of(in_force.begin(), in_force.end(),
                                         [](const check::Rules& rules) { return !rules.policy.approvers.empty(); });
  if (!has_approvers) return;
  if (!is_simulated && !is_there && pusher.name.value_or("").empty()) {
    print_error(err, "warning", "it is not known here who pushes");
    print_hint(err, "'--as <pusher>' says who");
  }
  if (!is_simulated || registry.config().find("mlem.pusher")) return;
  print_error(err, "warning", "'mlem.pusher' is not set here: a server with this configuration knows no pusher");
  print_hint(err, "git-mlem-server(7) says what each server has it set to");
}

/// What was judged is what would be committed: says if the files at hand are others.
void tell_of_work_tree(const git::Registry& registry, const std::vector<std::string>& pathspecs, std::ostream& err) {
  const auto [count, are_links] = check::count_unstaged_links(registry, pathspecs);
  if (count == 0) return;
  const bool is_one = count == 1;
  print_error(err, "warning",
              fmt::format("{} {} file{} of the work tree differ{} from the index", count,
                          are_links ? "link" : "'*.mlem'", is_one ? "" : "s", is_one ? "s" : ""));
  print_hint(err, fmt::format("'git mlem check --worktree' judges {}", is_one ? "it" : "them"));
}

/// Says what the findings do not: what was passed over, what the index does not have, and how many there were.
void tell_of_all(const git::Registry& registry, const check::Scope& scope, const CheckOptions& asked,
                 const Format& format, const check::Summary& summary, std::ostream& err) {
  if (summary.old_files > 0) {
    err << "warning: " << summary.old_files << (summary.old_files == 1 ? " file is" : " files are")
        << " named '*.mlem.yaml', as MLEM before 0.1.10 did, and not judged\n"
           "hint: 'git mlem migrate' renames them to '*.mlem'\n";
  }
  if (scope.kind == check::Scope::Kind::index && registry.has_work_tree() && !asked.cached) {
    tell_of_work_tree(registry, scope.pathspecs, err);
  }
  err << summary_line(summary, "", "ok") << '\n';
  if (format.tells_proofs) print_proof_age(err, summary.proof_time);
}

}  // namespace

int run_check(const Args& args, Context& context) {
  Options options({"check [<options>] [<rev> | <a>..<b> | --cached | --worktree | --changed] [--] [<pathspec>...]",
                   "check [<options>] --policy <ref> [--all] [--as <pusher>] [<rev> | <a>..<b>]"});
  Format format;
  CheckOptions asked;
  declare(options, asked, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (format.ci && format.ci != "github" && format.ci != "sarif" && format.ci != "junit")
    throw options.wrong("'--format' is 'github', 'sarif' or 'junit'");
  format.tells_proofs = format.verbose || asked.offline;
  format.warnings_fail = asked.strict;
  if (asked.all && !asked.policy) throw options.wrong("'--all' goes with '--policy'");
  if (asked.as && !asked.policy) throw options.wrong("'--as' goes with '--policy'");
  const std::size_t jobs = asked.jobs ? parse_jobs(*asked.jobs, options) : 0;  // as configured
  const check::Shard shard = asked.shard ? parse_shard(*asked.shard, options) : check::Shard{};

  const git::Registry registry = open_registry(context);
  const Operands operands = tell_apart(registry, options, *rest, Ranges::yes);
  if (asked.names_tree() && operands.rev) throw options.wrong("more than one thing to judge; paths follow '--'");
  if (asked.policy && !operands.paths.empty()) throw options.wrong("'--policy' is about the whole registry");
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry, asked.policy ? source::Trust::server : source::Trust::user);
  settings.offline = asked.offline;
  settings.fresh = asked.fresh;
  if (jobs > 0) settings.budget.jobs = jobs;
  const auto signer = load_signer(asked);
  const std::string ref = asked.policy ? parse_ref(registry, *asked.policy) : "";
  check::Scope scope = scope_for(registry, asked, operands);
  source::PushedRefs pushed_refs;
  if (asked.policy) {
    scope = policy_scope(registry, settings, ref, asked, scope, pushed_refs);
    warn_of_configuration(context.err, registry, ref, asked.as.has_value(), asked.all && !operands.rev);
  }
  scope.pathspecs = operands.paths;
  check::settle_pathspecs(registry, settings, scope);
  scope.reachable = asked.reachable;
  scope.depth = depth_of(asked);
  scope.signer = signer;
  scope.shard = shard;

  const bool color = wants_color(format, context, registry);
  const bool quotes = quotes_non_ascii(registry);
  auto reporter = make_script_reporter(format, context.out, quotes);
  if (!reporter && format.verbose) reporter = std::make_unique<ListReporter>(context.out, operands.prefix, color);
  if (!reporter) {
    reporter = std::make_unique<SummingReporter>(context.out, operands.prefix, color, !format.quiet || asked.strict);
  }
  const auto report = [&](const Finding& finding) { reporter->finding(finding); };
  const check::Summary summary = check::judge(registry, settings, {scope}, report, pushed_refs);
  reporter->end();
  context.out.flush();
  if (!format.quiet) tell_of_all(registry, scope, asked, format, summary, context.err);
  return asked.strict && summary.warnings > 0 ? exit_no : exit_code(summary);
}

}  // namespace mlem::command
