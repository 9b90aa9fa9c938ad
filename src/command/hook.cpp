#include "base/error.hpp"
#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/conceal.hpp"
#include "check/push.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "model/rev.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>

namespace mlem::command {
namespace {

/// What a hook prints, and what it lets pass.
struct Manner {
  bool is_server = false;
  bool rejects_undecided = false;
  bool tells_all = true;  ///< what was learned from sources too
  bool json = false;
};

Manner manner_of(const git::Registry& registry, bool is_server, bool json) {
  const std::string on_undecided = registry.config().find("mlem.onundecided").value_or(is_server ? "reject" : "warn");
  if (on_undecided != "warn" && on_undecided != "reject") {
    throw Error(ErrorKind::invalid, "bad config value for 'mlem.onUndecided'", "it takes 'reject' or 'warn'");
  }
  const bool tells_all = !is_server || registry.config().boolean("mlem.serverhints", false);
  return {is_server, on_undecided == "reject", tells_all, json};
}

resolve::Settings hook_settings(const git::Registry& registry, const Context& context, resolve::Trust trust) {
  resolve::Settings settings = resolve::load_settings(registry, trust);
  settings.interrupt = context.interrupt;
  const std::chrono::seconds budget = resolve::seconds_of(registry.config(), "mlem.hooktimeout", 60);
  if (budget.count() > 0) settings.deadline = std::chrono::steady_clock::now() + budget;
  return settings;
}

/// Breaks a text at blanks into lines of at most `width` bytes, if its words allow.
std::vector<std::string> wrap(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string_view word : split(text, ' ')) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back(word);
    } else {
      lines.back() += ' ';
      lines.back() += word;
    }
  }
  return lines;
}

/// The server's lines reach the pusher behind `remote: `, on a terminal of perhaps 80 columns. What is behind the first
/// line is indented.
constexpr std::size_t width_for_pusher = 70;

void print_wrapped(std::ostream& err, const std::string& lead, const std::string& indent, const std::string& text) {
  std::string start = lead;
  for (const std::string& line : wrap(escape_for_terminal(text), width_for_pusher - indent.size())) {
    err << start << line << '\n';
    start = indent;
  }
}

void print_for_pusher(std::ostream& err, const char* severity, const Finding& finding) {
  std::string subject = finding.pushed_ref;
  if (!finding.link.empty()) subject += ": " + finding.link;
  err << severity << ": " << escape_for_terminal(subject) << ": " << name(finding.verdict);
  if (!finding.rules.empty()) err << fmt::format(" ({})", fmt::join(finding.rules, ", "));
  err << '\n';
  print_wrapped(err, "  ", "  ", finding.message);
  if (!finding.hint.empty()) print_wrapped(err, "  hint: ", "        ", finding.hint);
}

void print_for_committer(std::ostream& err, const char* severity, const Finding& finding) {
  std::string subject;
  for (const std::string& part : {finding.pushed_ref, finding.link}) subject += part.empty() ? "" : part + ": ";
  print_error(err, severity, subject + std::string(name(finding.verdict)) + ": " + finding.message);
  print_hint(err, finding.hint);
}

/// Appends what the pusher is not told to the file that GIT_TRACE2 names, as git itself traces there.
void trace(const Context& context, const Finding& finding) {
  const std::string target = context.environment.find("GIT_TRACE2").value_or("");
  if (!target.starts_with('/')) return;
  std::ofstream file(target, std::ios::app);
  if (file) {
    file << "git-mlem: ";
    print_json(file, finding);
  }
}

int judge_and_print(const git::Registry& registry, const resolve::Settings& settings,
                    const std::vector<check::Scope>& scopes, const Manner& manner, Context& context) {
  // More lines than anybody reads would keep the pusher waiting for the network.
  constexpr std::size_t most_printed = 1000;
  std::size_t printed = 0;
  std::size_t untold = 0;
  check::Summary summary;  // of what is told: a verdict may be concealed
  check::judge(registry, settings, scopes, [&](const Finding& found) {
    if (manner.is_server) trace(context, found);
    const Finding finding = manner.tells_all ? found : check::conceal(found);
    summary.count(finding);
    if (manner.json) {
      print_json(context.out, finding);
      return;
    }
    if (finding.verdict == Verdict::ok && finding.warnings.empty()) return;
    if (++printed > most_printed) {
      ++untold;
      return;
    }
    if (finding.verdict != Verdict::ok) {
      const bool is_error = answer(finding.verdict) == Answer::no || manner.rejects_undecided || !finding.rules.empty();
      (manner.is_server ? print_for_pusher : print_for_committer)(context.err, is_error ? "error" : "warning", finding);
    }
    for (const Warning& warning : finding.warnings) {
      if (manner.is_server) {
        print_wrapped(context.err, "warning: ", "  ",
                      finding.pushed_ref + ": " + finding.link + ": " + warning.code + ": " + warning.message);
      } else {
        print_error(context.err, "warning", finding.link + ": " + warning.code + ": " + warning.message);
      }
    }
  });
  if (untold > 0) context.err << fmt::format("… and {} more\n", untold);
  const bool rejected = summary.broken > 0 || summary.refs > 0 || (summary.undecided > 0 && manner.rejects_undecided);
  if (manner.is_server && (rejected || summary.undecided > 0)) {
    context.err << count_links(summary, " judged", "ok") << '\n';
  }
  return rejected ? exit_no : exit_yes;
}

int run_commit_hook(bool json, Context& context) {
  // Most commits touch no link: they are told apart by one process, before anything else is looked at.
  auto changes = git::find_staged_changes(context.environment);
  if (changes && std::none_of(changes->begin(), changes->end(), check::concerns_links)) return exit_yes;
  const git::Registry registry = open_registry(context);
  check::Scope scope;
  scope.kind = check::Scope::Kind::changes;
  scope.before = registry.objects().find_ref("HEAD");
  scope.changes = std::move(changes);
  const Manner manner = manner_of(registry, false, json);
  const int code =
      judge_and_print(registry, hook_settings(registry, context, resolve::Trust::user), {scope}, manner, context);
  if (code != exit_yes && !json) {
    print_hint(context.err, "'git mlem check --changed' judges again; 'git commit --no-verify' skips the hooks");
  }
  return code;
}

std::string read_input(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int run_pre_push(const std::vector<std::string>& words, bool json, Context& context) {
  std::vector<check::RefUpdate> updates = check::parse_pre_push(read_input(context.in));
  const git::Registry registry = open_registry(context);
  for (check::RefUpdate& update : updates) {
    // What the remote has need not be here.
    if (update.before && !registry.objects().find_tree_ish(*update.before)) update.before.reset();
  }
  check::Pusher pusher;
  const std::string remote = words.size() > 1 ? words[1] : std::string();
  // Without a name of its own the remote is given by its address, and has no refs here.
  if (is_ref_name(remote)) pusher.known_refs = {"--remotes=" + remote};
  const Manner manner = manner_of(registry, false, json);
  const resolve::Settings settings = hook_settings(registry, context, resolve::Trust::user);
  const int code =
      judge_and_print(registry, settings, check::push_scopes(registry, settings, updates, pusher), manner, context);
  if (code != exit_yes && !json) print_hint(context.err, "'git push --no-verify' skips this hook");
  return code;
}

int run_server_hook(const std::vector<check::RefUpdate>& updates, bool json, Context& context) {
  if (updates.empty()) {
    throw Error(ErrorKind::invalid, "there is no list of refs to judge", "git writes one to the hook's stdin",
                "another part of this hook may have read it before");
  }
  const git::Registry registry = open_registry(context);
  check::Pusher pusher = check::load_pusher(registry);
  const std::string space = git::namespace_prefix(context.environment);
  if (space.empty())
    pusher.known_refs = {"--branches", "--tags"};
  else
    pusher.known_refs = {"--glob=" + space + "refs/heads/*", "--glob=" + space + "refs/tags/*"};
  const Manner manner = manner_of(registry, true, json);
  resolve::Settings settings = hook_settings(registry, context, resolve::Trust::server);
  for (const check::RefUpdate& update : updates) settings.pushed_refs[update.ref] = update.after;
  return judge_and_print(registry, settings, check::push_scopes(registry, settings, updates, pusher), manner, context);
}

}  // namespace

int run_hook(const Args& args, Context& context) {
  Options options({"hook [<options>] <name> [<args>...]"});
  bool json = false;
  Format format;
  options.flag("json", "print one JSON object a line", json);
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (rest->words.empty()) throw options.wrong("which hook?");
  const std::string& hook = rest->words.front();
  if (hook == "pre-commit" || hook == "pre-merge-commit" || hook == "pre-applypatch") {
    return run_commit_hook(json, context);
  }
  if (hook == "pre-push") return run_pre_push(rest->words, json, context);
  if (hook == "pre-receive") return run_server_hook(check::parse_pre_receive(read_input(context.in)), json, context);
  if (hook == "update") {
    if (rest->words.size() < 4) throw options.wrong("'update' takes a ref, its old id and its new id");
    const std::string line = rest->words[2] + " " + rest->words[3] + " " + rest->words[1];
    return run_server_hook(check::parse_pre_receive(line), json, context);
  }
  throw options.wrong("there is no hook '" + hook + "'");
}

}  // namespace mlem::command
