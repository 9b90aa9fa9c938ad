#include "base/text.hpp"
#include "command/detail/ci_reporters.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace mlem::command {
namespace {

/// The class that a CI shows a link in: its directories, separated as those of packages are.
std::string class_of(const std::string& link) {
  const std::size_t slash = link.rfind('/');
  if (slash == std::string::npos) return "mlem";
  std::string directory = link.substr(0, slash);
  std::replace(directory.begin(), directory.end(), '/', '.');
  return directory;
}

/// `--format=junit`.
class JunitReporter : public Reporter {
 public:
  JunitReporter(std::ostream& out, Warnings warnings) : out_(out), warnings_(warnings) {}

  void finding(const Finding& finding) override {
    ++tests_;
    const std::string inner = outcome_of(finding) + warnings_of(finding);
    const std::string& subject = finding.link.empty() ? finding.pushed_ref : finding.link;
    cases_ +=
        fmt::format(R"(<testcase classname="{}" name="{}")", escape_markup(class_of(subject)), escape_markup(subject));
    if (!finding.link.empty()) cases_ += fmt::format(R"( file="{}")", escape_markup(finding.link));
    if (finding.line != 0) cases_ += fmt::format(R"( line="{}")", finding.line);
    cases_ += inner.empty() ? "/>\n" : ">" + inner + "</testcase>\n";
  }
  void end() override {
    const std::string numbers =
        fmt::format(R"(name="git mlem check" tests="{}" failures="{}" errors="{}")", tests_, failures_, errors_);
    out_ << R"(<?xml version="1.0" encoding="UTF-8"?>)"
         << "\n<testsuites " << numbers << ">\n<testsuite " << numbers << ">\n"
         << cases_ << "</testsuite>\n</testsuites>\n";
    out_.flush();
  }

 private:
  static std::string element(const char* name, std::string_view type, const std::string& message,
                             const std::string& text) {
    return fmt::format(R"(<{0} type="{1}" message="{2}">{3}</{0}>)", name, escape_markup(type), escape_markup(message),
                       text);
  }
  /// At most one of the two, as those who read it want: the verdict goes before warnings that count as failures.
  std::string outcome_of(const Finding& finding) {
    if (finding.verdict != Verdict::ok) {
      const bool is_failure = decision(finding.verdict) == Decision::no;
      ++(is_failure ? failures_ : errors_);
      const std::string message = described(finding);
      const std::string hint = all_hints(finding);
      const std::string text = escape_markup(message) + (hint.empty() ? "" : "\nhint: " + escape_markup(hint));
      return element(is_failure ? "failure" : "error", name(finding.verdict), message, text);
    }
    if (warnings_ == Warnings::told || finding.warnings.empty()) return {};
    ++failures_;
    const Warning& first = finding.warnings.front();
    return element("failure", first.code, first.message, escape_markup(first.message));
  }
  static std::string warnings_of(const Finding& finding) {
    std::string lines;
    for (const Warning& warning : finding.warnings) {
      lines += "warning: " + escape_markup(warning.code) + ": " + escape_markup(warning.message) + "\n";
    }
    return lines.empty() ? "" : "<system-out>" + lines + "</system-out>";
  }

  std::ostream& out_;
  Warnings warnings_;
  std::string cases_;
  std::size_t tests_ = 0;
  std::size_t failures_ = 0;
  std::size_t errors_ = 0;
};

}  // namespace

std::unique_ptr<Reporter> make_junit_reporter(std::ostream& out, Warnings warnings) {
  return std::make_unique<JunitReporter>(out, warnings);
}

}  // namespace mlem::command
