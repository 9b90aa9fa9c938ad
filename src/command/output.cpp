#include "command/output.hpp"

#include "base/text.hpp"
#include "source/own_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string_view>

// How commands speak, in one place, so that they all speak alike: whether there are colours is decided as git decides
// it, a finding becomes a sentence that names its repository and its rev where the message leaves them out, and a
// verdict becomes an exit code. Texts are escaped where they are printed and not before, so that nothing that somebody
// wrote into a file or an answer is obeyed by a terminal.

namespace mlem::command {
namespace {

/// `--color`, color.mlem or color.ui, as git_config_colorbool() of git's color.c reads it; nothing for what depends on
/// where the output goes.
std::optional<bool> configured_color(const Format& format, const git::Config& config) {
  const char* const key = config.find("color.mlem") ? "color.mlem" : "color.ui";
  const std::string when = to_lower_ascii(format.color ? *format.color : config.find(key).value_or("auto"));
  if (when == "always") return true;
  if (when == "never") return false;
  if (when == "auto" || config.boolean(key, true)) return std::nullopt;
  return false;
}

bool shows_color(const Context& context, const git::Config& config, Stream stream) {
  if (stream == Stream::err) return context.err_is_terminal;
  if (stream == Stream::out && context.out_is_terminal) return true;
  // A pager of ours, or one that git or somebody before us has started: pager_in_use() of git's pager.c.
  const std::string in_use = to_lower_ascii(context.environment.find("GIT_PAGER_IN_USE").value_or("no"));
  constexpr std::string_view no[] = {"", "0", "false", "no", "off"};
  const bool is_paged = stream == Stream::pager || std::find(std::begin(no), std::end(no), in_use) == std::end(no);
  return is_paged && config.boolean("color.pager", true);
}

/// Whether a verdict is about what is, or is not, in a repository at a rev.
bool is_about_content(Verdict verdict) {
  constexpr Verdict verdicts[] = {Verdict::missing_rev,   Verdict::ambiguous_rev, Verdict::missing_path,
                                  Verdict::not_an_object, Verdict::wrong_type,    Verdict::changed};
  return std::find(std::begin(verdicts), std::end(verdicts), verdict) != std::end(verdicts);
}

/// Names what was refused and is not a link: refs, and files such as the marker of a project.
std::string quoted_others(const check::Summary& summary) {
  std::string text = summary.refs == 0 ? "" : fmt::format("{} ref{}", summary.refs, summary.refs == 1 ? "" : "s");
  if (summary.others == 0) return text;
  text += (text.empty() ? "" : ", ") + quoted_list(summary.other_names);
  if (summary.others > summary.other_names.size())
    text += fmt::format(" and {} more", summary.others - summary.other_names.size());
  return text;
}

bool tells(const std::string& message, std::string_view name) {
  if (name.ends_with('/')) name.remove_suffix(1);  // people leave it out
  return message.find(name) != std::string::npos;
}

}  // namespace

std::string described(const Finding& finding) {
  std::string text = finding.message;
  if (is_about_content(finding.verdict)) {
    const bool names_repo = finding.repo.empty() || tells(text, finding.repo);
    if (!names_repo) text += " in '" + finding.repo + "'";
    const bool names_rev =
        finding.rev.empty() || finding.rev == "HEAD" || text.find("'" + finding.rev + "'") != std::string::npos;
    if (!names_rev) text += " at '" + finding.rev + "'";
  }
  // Of a policy, its message tells which of the sources on the way it is about.
  const bool is_of_policy = finding.verdict == Verdict::forbidden && !finding.rules.empty();
  if (finding.verdict != Verdict::ok && !finding.hops.empty() && !is_of_policy) {
    const Hop& last = finding.hops.back();
    text += ", via '" + last.path + "'";
    if (!last.repo.empty() && !tells(text, last.repo)) text += " in '" + last.repo + "'";
  }
  for (const Demand& demand : finding.demands) text += "; " + demand.message;
  if (!finding.broken_things.empty()) text += ": " + finding.broken_things;
  return text;
}

std::string all_hints(const Finding& finding) {
  std::string text = finding.hint;
  for (const Demand& demand : finding.demands) {
    if (!demand.hint.empty()) text += (text.empty() ? "" : "; ") + demand.hint;
  }
  return text;
}

void add_common_options(Options& options, Format& format, const CommonOptions& shown) {
  options.flag("quiet,q", "say only what went wrong", format.quiet, &format.verbose)
      .flag("verbose,v", "say more", format.verbose, &format.quiet)
      .optional_choice("color", "when", {{"always", "never", "auto"}, "never"},
                       "colour the output: always, never or auto", format.color)
      .flag("progress", "show no progress", format.progress);
  for (const std::string name : {"quiet", "verbose", "color", "progress"}) {
    if (std::find(shown.begin(), shown.end(), name) == shown.end()) options.hide(name);
  }
}

void add_format_options(Options& options, Format& format, const CommonOptions& shown) {
  options.flag("json", "print one JSON object a line", format.json)
      .optional_choice("porcelain", "version", {{"v1"}}, "print a stable format for scripts", format.porcelain)
      .flag("null,z", "end each porcelain field with NUL", format.nul)
      .exclusive({"json", "porcelain"})
      .exclusive({"json", "null"});
  add_common_options(options, format, shown);
}

bool wants_color(const Format& format, const Context& context, const git::Registry& registry, Stream stream) {
  if (const auto always = configured_color(format, registry.config())) return *always;
  const auto no_color = context.environment.find("NO_COLOR");
  return shows_color(context, registry.config(), stream) && (!no_color || no_color->empty()) &&
         context.environment.find("TERM").value_or("dumb") != "dumb";
}

const char* color_of(Verdict verdict) {
  switch (decision(verdict)) {
    case Decision::yes:
      return "\033[32m";
    case Decision::no:
      return "\033[31m";
    case Decision::undecided:
      break;
  }
  return "\033[33m";
}

std::string painted(std::string_view text, const char* code, bool color) {
  return color ? code + std::string(text) + "\033[m" : std::string(text);
}

bool quotes_non_ascii(const git::Registry& registry) { return registry.config().boolean("core.quotepath", true); }

bool is_utf8_locale(const Context& context) {
  std::string locale;
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    locale = context.environment.find(variable).value_or("");
    if (!locale.empty()) break;
  }
  const std::string name = to_lower_ascii(locale);
  return name.find("utf-8") != std::string::npos || name.find("utf8") != std::string::npos;
}

bool wants_emoji(const git::Registry& registry, const Context& context) {
  return registry.config().boolean("mlem.emoji", true) && is_utf8_locale(context);
}

std::string location(const RepoUrl& repo, const std::string& rev, const std::string& path) {
  return browse_url(repo, rev, path == "." ? "" : path).value_or(repo.printable() + "@" + rev + ":" + path);
}

void print_error(std::ostream& err, const char* severity, const std::string& text) {
  err << severity << ": " << escape_for_terminal(text) << '\n';
}

void print_hint(std::ostream& err, const std::string& text) {
  if (!text.empty()) err << "hint: " << escape_for_terminal(text) << '\n';
}

void warn_of_unknown_keys(std::ostream& err, const git::Config& config) {
  for (const source::UnknownKey& unknown : source::find_unknown_keys(config)) {
    print_error(err, "warning", source::describe(unknown));
    print_hint(err, source::hint_of(unknown));
  }
}

std::string painted_verdict(const Finding& finding, bool color) {
  const std::string rules = finding.rules.empty() ? "" : fmt::format(" ({})", fmt::join(finding.rules, ", "));
  return painted(name(finding.verdict), color_of(finding.verdict), color) + rules;
}

void print_failure(std::ostream& err, const char* severity, const std::string& subject, const Finding& finding,
                   bool color) {
  err << severity << ": " << escape_for_terminal(subject) << ": " << painted_verdict(finding, color) << ": "
      << escape_for_terminal(described(finding)) << '\n';
  print_hint(err, all_hints(finding));
}

int exit_code(const check::Summary& summary) {
  if (summary.has_broken()) return exit_no;
  return summary.undecided > 0 ? exit_undecided : exit_yes;
}

int exit_code(Verdict verdict) {
  switch (decision(verdict)) {
    case Decision::yes:
      return exit_yes;
    case Decision::no:
      return exit_no;
    case Decision::undecided:
      break;
  }
  return exit_undecided;
}

std::string summary_line(const check::Summary& summary, const char* suffix, const char* ok_word) {
  const std::string others = quoted_others(summary);
  return fmt::format("{} link{}{}: {} {}, {} broken, {} undecided{}{}", summary.total(),
                     summary.total() == 1 ? "" : "s", suffix, summary.ok, ok_word, summary.broken, summary.undecided,
                     others.empty() ? "" : "; also forbidden: ", escape_for_terminal(others));
}

}  // namespace mlem::command
