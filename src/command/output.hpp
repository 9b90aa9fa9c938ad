#pragma once

#include "check/check.hpp"
#include "command/context.hpp"
#include "command/options.hpp"
#include "model/finding.hpp"

#include <iosfwd>
#include <optional>
#include <string>

namespace mlem::command {

/// The output options that all listing commands share.
struct Format {
  bool json = false;
  bool porcelain = false;
  bool nul = false;  ///< -z
  bool quiet = false;
  bool verbose = false;
  std::optional<std::string> color;
  bool progress = true;
};

void add_format_options(Options& options, Format& format);
void add_talk_options(Options& options, Format& format);

/// Returns whether `out` gets colours: `--color`, color.mlem, color.ui, NO_COLOR, TERM, a terminal.
bool wants_color(const Format& format, const Context& context, const git::Registry& registry);

/// Writes a finding as one line of JSON, with the keys of the contract's section 5.
void print_json(std::ostream& out, const Finding& finding);
/// Returns whether names are quoted for bytes over 0x7f: core.quotePath of git-config(1).
bool quotes_non_ascii(const git::Registry& registry);
/// Writes a finding as porcelain v1; with `nul` nothing is quoted.
void print_porcelain(std::ostream& out, const Finding& finding, bool nul, bool quotes_non_ascii);

/// Writes git's `error:`, `warning:`, `fatal:` and `hint:` lines.
void print_error(std::ostream& err, const char* severity, const std::string& text);
void print_hint(std::ostream& err, const std::string& text);

/// Returns the full name of a ref: `refs/heads/<text>` unless it is one already.
std::string full_ref_name(const std::string& text);

/// Returns `name`, from the repository's root, relative to the current directory, whose prefix is given.
std::string relative_to(const std::string& name, const std::string& prefix);

/// Writes a finding's verdict for people: one line on what is wrong and why, then warnings and a hint.
void print_finding(std::ostream& out, const Finding& finding, const std::string& prefix, bool color);

/// Returns the exit code for what was judged: no if anything is broken, else undecided if anything is.
int exit_code(const check::Summary& summary);

/// Returns `<n> links<what>: <n> <ok>, <n> broken, <n> undecided`.
std::string count_links(const check::Summary& summary, const char* what, const char* ok);

}  // namespace mlem::command
