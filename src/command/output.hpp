#pragma once

#include "check/check.hpp"
#include "command/context.hpp"
#include "command/options.hpp"
#include "model/finding.hpp"
#include "model/repo_path.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::command {

/// The output options that all listing commands share.
struct Format {
  bool json = false;
  std::optional<std::string> porcelain{};  ///< its version: `v1`
  bool nul = false;                        ///< -z
  std::optional<std::string> ci{};         ///< what a CI system reads: `github`, `sarif` or `junit`
  bool warnings_fail = false;              ///< what `ci` reads tells warnings as what the run fails for
  bool quiet = false;
  bool verbose = false;
  bool tells_proofs = false;  ///< say of each answer how old its proof is: -v and --offline
  std::optional<std::string> color{};
  bool progress = true;
  /// Returns whether the output is for scripts: never coloured, always whole.
  bool is_for_scripts() const { return json || porcelain || nul || ci; }
};

/// The long names of the common options that do something in a command; `-h` and its page have those.
using CommonOptions = std::vector<const char*>;

/// Declares the options of Format that every command takes: -q, -v, --color and --progress.
void add_common_options(Options& options, Format& format,
                        const CommonOptions& shown = {"quiet", "verbose", "color", "progress"});
/// Declares the formats for scripts too.
void add_format_options(Options& options, Format& format,
                        const CommonOptions& shown = {"quiet", "verbose", "color", "progress"});

/// Where something is printed.
enum class Stream { out, pager, err };

/// Returns whether what goes to `stream` gets colours: `--color`, color.mlem, color.ui, NO_COLOR, TERM, a terminal or
/// a pager that color.pager allows them to. Throws Error(invalid) naming the key for a bad value.
bool wants_color(const Format& format, const Context& context, const git::Registry& registry,
                 Stream stream = Stream::out);

/// Escape sequences of what git has in the same colour by default.
inline constexpr const char* color_of_commit = "\033[33m";
const char* color_of(Verdict verdict);
/// Returns `text` in a colour, or as it is if `color` is false.
std::string painted(std::string_view text, const char* code, bool color);

/// Returns whether names are quoted for bytes over 0x7f: core.quotePath of git-config(1).
bool quotes_non_ascii(const git::Registry& registry);

/// Returns whether the locale's texts are UTF-8, so that a terminal shows what is not ASCII.
bool is_utf8_locale(const Context& context);
/// Returns whether MLEM's pictures go before lines: mlem.emoji, in a locale of UTF-8.
bool wants_emoji(const git::Registry& registry, const Context& context);
/// Returns where an object is, as people look at it: a page, or `<repo>@<rev>:<path>`.
std::string location(const RepoUrl& repo, const std::string& rev, const std::string& path);

/// Writes git's `error:`, `warning:`, `fatal:` and `hint:` lines.
void print_error(std::ostream& err, const char* severity, const std::string& text);
void print_hint(std::ostream& err, const std::string& text);
/// Warns of keys of the section `mlem` that mean nothing.
void warn_of_unknown_keys(std::ostream& err, const git::Config& config);
/// Returns a finding's message with what it has not said yet: the repository and the rev that were looked in, the
/// link that led there, and what policies say besides.
std::string described(const Finding& finding);
/// Returns a finding's hint and those of the policies that it breaks besides.
std::string all_hints(const Finding& finding);
/// Returns a finding's verdict in its colour and the rules that are broken: `forbidden (source, pinned)`.
std::string painted_verdict(const Finding& finding, bool color);
/// Writes `<severity>: <subject>: <verdict>: <message>` and the hint.
void print_failure(std::ostream& err, const char* severity, const std::string& subject, const Finding& finding,
                   bool color);

/// Returns the exit code for what was judged: no if anything is broken, else undecided if anything is.
int exit_code(const check::Summary& summary);
int exit_code(Verdict verdict);

/// Returns `<n> links<suffix>: <n> <ok_word>, <n> broken, <n> undecided`, and names what is forbidden besides.
std::string summary_line(const check::Summary& summary, const char* suffix, const char* ok_word);

}  // namespace mlem::command
