#include "base/text.hpp"
#include "command/detail/ci_reporters.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace mlem::command {
namespace {

/// Escapes what would end a workflow command, or in a property (`file=`) what would end that.
std::string escape_for_runner(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) == std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

constexpr std::string_view special_in_message = "%\r\n";
constexpr std::string_view special_in_property = "%\r\n:,";

/// `--format=github`.
class GithubReporter : public Reporter {
 public:
  GithubReporter(std::ostream& out, Warnings warnings) : out_(out), warnings_(warnings) {}

  void finding(const Finding& finding) override {
    if (finding.verdict != Verdict::ok) {
      const std::string hint = all_hints(finding);
      std::string text = escape_for_terminal(described(finding));
      if (!hint.empty()) text += "\nhint: " + escape_for_terminal(hint);
      annotate(decision(finding.verdict) == Decision::no ? "error" : "warning", finding, finding.line,
               name(finding.verdict), text);
    }
    for (const Warning& warning : finding.warnings) {
      annotate(warnings_ == Warnings::failing ? "error" : "warning", finding, warning.line, warning.code,
               escape_for_terminal(warning.message));
    }
  }
  void end() override { out_.flush(); }

 private:
  /// The message names the link and the verdict too: a log shows nothing else.
  void annotate(std::string_view severity, const Finding& finding, std::size_t line, std::string_view title,
                const std::string& text) {
    std::string place;
    if (!finding.link.empty()) {
      place = "file=" + escape_for_runner(escape_for_terminal(finding.link), special_in_property);
      if (line != 0) place += fmt::format(",line={}", line);
      place += ',';
    }
    const std::string subject = escape_for_terminal(finding.link.empty() ? finding.pushed_ref : finding.link);
    out_ << "::" << severity << ' ' << place << "title=" << escape_for_runner(title, special_in_property)
         << "::" << escape_for_runner(fmt::format("{}: {}: {}", subject, title, text), special_in_message) << '\n';
  }

  std::ostream& out_;
  Warnings warnings_;
};

}  // namespace

std::unique_ptr<Reporter> make_github_reporter(std::ostream& out, Warnings warnings) {
  return std::make_unique<GithubReporter>(out, warnings);
}

}  // namespace mlem::command
