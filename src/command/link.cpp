#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/age.hpp"
#include "command/detail/edited_links.hpp"
#include "command/detail/json.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/make_link.hpp"
#include "git/config_origin.hpp"
#include "model/repo_url.hpp"

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

// One link of the command line and many links of standard input go the same way: as requests, for all of which links
// are made before one is written. If some cannot be made, every failure is told, with its line of the input, and
// nothing is written. Otherwise it is told what was found, then all links are saved together, and only then it is said
// what was saved. A dry run leaves out the saving and nothing else.

namespace mlem::command {
namespace {

/// Where the object is, as people look at it.
std::string location(const Link& link) {
  if (!link.repo) return link.path;
  const RepoUrl repo = RepoUrl::parse(*link.repo);
  return mlem::command::location(repo, *link.rev, link.path);
}

/// `line` is what the message begins with: where the input has the link, or nothing.
void print_failed_link(std::ostream& err, const edit::LinkRequest& chosen, const Finding& finding,
                       const std::string& line) {
  const std::string where = chosen.source_project ? " in '" + redact(*chosen.source_project) + "'" : std::string();
  print_error(err, "error",
              line + "cannot link to '" + redact(chosen.source) + "'" + where + ": " +
                  std::string(name(finding.verdict)) + ": " +
                  (finding.hops.empty() && chosen.source_project ? finding.message : described(finding)));
  const bool may_be_plain = finding.verdict == Verdict::not_an_object && !chosen.is_plain && finding.hops.empty();
  print_hint(err, finding.hint + (may_be_plain ? (finding.hint.empty() ? "" : "; ") +
                                                     std::string("'--plain' links to what has no metafile")
                                               : std::string()));
}

void warn_of_local_path(const edit::NewLink& made, Context& context) {
  if (const auto warning = local_path_warning(RepoUrl::parse(*made.link.repo)))
    print_error(context.err, "warning", warning->code + ": " + warning->message);
  const auto url = git::find_origin_url(*made.local_directory, context.environment);
  if (url) print_hint(context.err, "its origin is '" + redact(*url) + "'");
}

/// What a dry run says of the index.
std::string would_stage(const git::Registry& registry, const edit::NewLink& made) {
  if (made.marker.empty()) return " and stage it";
  return " and stage it with '" + escape_for_terminal(relative_to(made.marker, registry.prefix())) +
         "', where aliases start";
}

/// Says what was found, before anything is written.
void tell_source(const edit::NewLink& made, bool emoji, std::ostream& out) {
  if (!made.followed.empty()) {
    out << "Following the link" << (made.followed.size() == 1 ? " " : "s ")
        << escape_for_terminal(quoted_list(made.followed))
        << (made.followed.size() == 1 ? "; '--no-follow-links' links to it\n"
                                      : "; '--no-follow-links' links to the first of them\n");
  }
  out << (emoji ? "⏳️ " : "") << "Loading meta from " << escape_for_terminal(location(made.link)) << '\n';
}

/// Warns of an alias whose object a commit would not have.
void warn_of_unstaged(const git::Registry& registry, const edit::NewLink& made, std::ostream& err) {
  if (made.unstaged.empty()) return;
  const std::string object = escape_for_terminal(relative_to(made.unstaged, registry.prefix()));
  print_error(err, "warning", "'" + object + "' is not staged as it is, and a commit of the link needs it");
  print_hint(err, "'git add " + object + "' stages it");
}

/// What is asked of the writing of a link.
struct Saving {
  bool is_dry_run = false;
  bool stages = true;
  bool emoji = false;
};

/// Says what was written, or would be.
void tell_saved(const git::Registry& registry, const edit::NewLink& made, Saving saving, std::ostream& out) {
  const bool dry = saving.is_dry_run;
  const std::string shown = escape_for_terminal(relative_to(made.target, registry.prefix()));
  const std::string changes = made.before ? difference_of(*made.before, made.link) : std::string();
  if (!changes.empty()) {
    out << (dry ? "Would re-point '" : "Re-pointed '") << shown << "': " << changes << '\n';
  }
  if (made.replaces_other) {
    out << (dry ? "Would replace '" : "Replaced '") << shown
        << (dry ? "', which is not a link\n" : "', which was not a link\n");
  }
  out << (saving.emoji ? "💾 " : "") << (dry ? "Would save link to " : "Saving link to ") << shown
      << (dry && saving.stages ? would_stage(registry, made) : "") << '\n';
  if (made.link.plain) out << "It is a plain link, which MLEM cannot load\n";
}

/// Reads a request from each line that is not empty.
std::vector<edit::LinkRequest> read_requests(const edit::LinkRequest& chosen, std::vector<std::size_t>& lines,
                                             std::istream& in) {
  std::vector<edit::LinkRequest> requests;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (trim(line).empty()) continue;
    try {
      requests.push_back(parse_link_request(line, chosen));
    } catch (const Error& error) {
      throw Error(error.kind(), "line " + std::to_string(number) + ": " + error.what(), {}, error.hint());
    }
    lines.push_back(number);
  }
  return requests;
}

/// Tells of the links that cannot be made. Returns the exit code, 0 if there are none.
int tell_failures(const std::vector<edit::NewLink>& made, const std::vector<edit::LinkRequest>& requests,
                  const std::vector<std::size_t>& lines, std::ostream& err) {
  int code = exit_yes;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const std::string line = lines.empty() ? std::string() : "line " + std::to_string(lines[i]) + ": ";
    if (made[i].error) {
      print_error(err, "error", line + made[i].error->what());
      print_hint(err, made[i].error->hint());
      if (!made[i].is_held) code = exit_fatal;
      if (code != exit_fatal) code = exit_no;
    } else if (made[i].finding.verdict != Verdict::ok) {
      print_failed_link(err, requests[i], made[i].finding, line);
      const int own = exit_code(made[i].finding.verdict);
      if (code == exit_yes || (code == exit_undecided && own == exit_no)) code = own;
    }
  }
  return code;
}

/// Makes and writes the links, all or none.
int make_and_tell(const git::Registry& registry, const source::Settings& settings,
                  const std::vector<edit::LinkRequest>& requests, const std::vector<std::size_t>& lines, Saving saving,
                  const Format& format, Context& context) {
  const bool is_one = lines.empty();
  std::vector<edit::NewLink> made = edit::make_links(registry, settings, requests);
  // What is wrong with the one that the command line asks for ends the command, but for a hold: there the answer is no.
  if (is_one && made.front().error && !made.front().is_held) throw Error(*made.front().error);
  if (const int code = tell_failures(made, requests, lines, context.err); code != exit_yes) {
    if (!is_one && !format.quiet) context.err << "nothing was changed\n";
    return code;
  }
  for (const edit::NewLink& link : made) {
    if (!format.quiet) tell_source(link, saving.emoji, context.out);
    if (link.local_directory) warn_of_local_path(link, context);
    warn_of_unstaged(registry, link, context.err);
  }
  if (!saving.is_dry_run) edit::save_links(registry, made, saving.stages ? edit::Stage::yes : edit::Stage::no);
  if (format.quiet) return exit_yes;
  for (const edit::NewLink& link : made) tell_saved(registry, link, saving, context.out);
  return exit_yes;
}

}  // namespace

int run_link(const Args& args, Context& context) {
  Options options({"link [<options>] <source> <target>", "link [<options>] --stdin"});
  edit::LinkRequest chosen;
  std::optional<bool> pin;
  bool dry_run = false;
  bool stage = true;
  bool from_stdin = false;
  Format format;
  options.value("source-project,s", "repo", "the repository that has the source", chosen.source_project)
      .alias("sp", "source-project")
      .alias("source-repo", "source-project")
      .alias("sr", "source-project")
      .alias("project", "source-project")
      .value("rev,r", "rev", "the rev of the source", chosen.rev)
      .value("target-project,t", "dir", "the project that gets the link", chosen.target_project)
      .alias("tp", "target-project")
      .flag("follow-links", "link to a link itself, not to what it leads to", chosen.follow_links)
      .alias("f", "follow-links")
      .alias("nf", "no-follow-links")
      .flag("absolute", "name the repository where an alias would do", chosen.absolute)
      .alias("abs", "absolute")
      .alias("relative", "no-absolute")
      .alias("rel", "no-absolute")
      .flag("pin", "name the commit, and record what is there", pin)
      .flag("plain", "link to a file or directory that has no metafile", chosen.is_plain)
      .value("type", "type", "what a plain link takes that for, by default a model", chosen.type)
      .flag("force,f", "re-point a link that is held, replace what is not a link, write what git add would refuse",
            chosen.force)
      .flag("dry-run,n", "resolve the source, change nothing", dry_run)
      .flag("stage", "write the file only", stage)
      .flag("stdin", "make many links, all or none, from lines of JSON", from_stdin);
  options.not_empty({"source-project", "rev"});
  add_common_options(options, format, {"quiet", "progress"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (from_stdin && !words.empty()) throw options.wrong("with '--stdin', sources and targets are read from there");
  if (!from_stdin && words.size() != 2) throw options.wrong("a source and a target are needed");
  if (chosen.type && !chosen.is_plain && !from_stdin) throw options.wrong("'--type' is of a '--plain' link only");

  if (!from_stdin) {
    chosen.source = words[0];
    chosen.target = words[1];
    if (chosen.target.empty()) throw Error(ErrorKind::invalid, "the target's name is empty");
  }
  const git::Registry registry = open_registry(context);
  const edit::Pin by_default = registry.config().boolean("mlem.pin", false) ? edit::Pin::where_possible : edit::Pin::no;
  chosen.pin = pin ? (*pin ? edit::Pin::yes : edit::Pin::no) : by_default;
  chosen.today = today();
  std::vector<std::size_t> lines;
  const std::vector<edit::LinkRequest> requests =
      from_stdin ? read_requests(chosen, lines, context.in) : std::vector<edit::LinkRequest>{chosen};
  if (requests.empty()) return exit_yes;
  Progress progress(format, context);
  return make_and_tell(registry, progress.settings(registry), requests, lines,
                       {dry_run, stage, wants_emoji(registry, context)}, format, context);
}

}  // namespace mlem::command
