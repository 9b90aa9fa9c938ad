#include "command/detail/hook_reporter.hpp"

#include "base/text.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::command {
namespace {

/// Whether the hook fails for this.
bool is_error(const Finding& finding, const HookStyle& style) {
  return decision(finding.verdict) == Decision::no || !finding.rules.empty() ||
         (finding.verdict != Verdict::ok && style.rejects_undecided);
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

std::string subject_of(const Finding& finding) {
  const bool has_both = !finding.pushed_ref.empty() && !finding.link.empty();
  return finding.pushed_ref + (has_both ? ": " : "") + finding.link;
}

/// The findings for who commits or pushes here: a line each.
class CommitterReporter : public Reporter {
 public:
  CommitterReporter(std::ostream& err, HookStyle style) : err_(err), style_(style) {}

  void finding(const Finding& finding) override {
    const char* const severity = is_error(finding, style_) ? "error" : "warning";
    if (finding.verdict != Verdict::ok) print_failure(err_, severity, subject_of(finding), finding, style_.color);
    if (style_.quiet) return;
    for (const Warning& warning : finding.warnings) {
      print_error(err_, "warning", finding.link + ": " + warning.code + ": " + warning.message);
    }
  }

 private:
  std::ostream& err_;
  HookStyle style_;
};

/// The findings for who pushes to a server: broken into lines that fit behind `remote: `.
class PusherReporter : public Reporter {
 public:
  PusherReporter(std::ostream& err, HookStyle style) : err_(err), style_(style) {}

  void finding(const Finding& finding) override {
    if (finding.verdict != Verdict::ok) print_verdict(finding);
    if (style_.quiet) return;
    for (const Warning& warning : finding.warnings) {
      print_wrapped(err_, "warning: ", "  ", subject_of(finding) + ": " + warning.code + ": " + warning.message);
    }
  }

 private:
  void print_verdict(const Finding& finding) {
    err_ << (is_error(finding, style_) ? "error: " : "warning: ") << escape_for_terminal(subject_of(finding)) << ": "
         << painted(name(finding.verdict), color_of(finding.verdict), style_.color);
    if (!finding.rules.empty()) err_ << fmt::format(" ({})", fmt::join(finding.rules, ", "));
    err_ << '\n';
    print_wrapped(err_, "  ", "  ", finding.message);
    if (!finding.hint.empty()) print_wrapped(err_, "  hint: ", "        ", finding.hint);
  }

  std::ostream& err_;
  HookStyle style_;
};

/// Passes on what is worth a line, and no more lines than anybody reads: they would keep the pusher waiting for the
/// network.
class LimitedReporter : public Reporter {
 public:
  LimitedReporter(std::unique_ptr<Reporter> next, std::ostream& err, HookStyle style)
      : next_(std::move(next)), err_(err), style_(style) {}

  void finding(const Finding& finding) override {
    const bool is_told =
        style_.quiet ? is_error(finding, style_) : finding.verdict != Verdict::ok || !finding.warnings.empty();
    if (is_told && ++count_ <= most) next_->finding(finding);
  }
  void end() override {
    next_->end();
    if (count_ > most) err_ << fmt::format("… and {} more\n", count_ - most);
  }

 private:
  static constexpr std::size_t most = 1000;
  std::unique_ptr<Reporter> next_;
  std::ostream& err_;
  HookStyle style_;
  std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<Reporter> make_hook_reporter(std::ostream& err, HookStyle style) {
  std::unique_ptr<Reporter> reporter;
  if (style.audience == Audience::pusher)
    reporter = std::make_unique<PusherReporter>(err, style);
  else
    reporter = std::make_unique<CommitterReporter>(err, style);
  return std::make_unique<LimitedReporter>(std::move(reporter), err, style);
}

}  // namespace mlem::command
