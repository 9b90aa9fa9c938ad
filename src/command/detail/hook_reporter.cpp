#include "command/detail/hook_reporter.hpp"

#include "base/text.hpp"
#include "command/detail/grouping_reporter.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
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

/// What a hook tells.
class HookReporter : public GroupingReporter {
 public:
  HookReporter(std::ostream& err, HookStyle style) : GroupingReporter(Beyond::counted), err_(err), style_(style) {}

 protected:
  bool is_told(const Finding& finding) const override {
    if (style_.quiet) return is_error(finding, style_);
    return finding.verdict != Verdict::ok || !finding.warnings.empty();
  }
  void print_rest(std::size_t count) override { err_ << "… and " << count << " more\n"; }

  const char* severity_of(const Finding& finding) const { return is_error(finding, style_) ? "error" : "warning"; }
  /// The ref and the links.
  static std::string whole_subject_of(const FindingGroup& group) {
    const std::string links = subject_of(group);
    return group.finding.pushed_ref + (group.finding.pushed_ref.empty() || links.empty() ? "" : ": ") + links;
  }

  std::ostream& err_;
  HookStyle style_;
};

/// The findings for who commits or pushes here: a line each.
class CommitterReporter : public HookReporter {
 public:
  using HookReporter::HookReporter;

 private:
  void print(const FindingGroup& group) override {
    const Finding& finding = group.finding;
    if (finding.verdict != Verdict::ok) {
      print_failure(err_, severity_of(finding), whole_subject_of(group), finding, style_.color);
    }
    if (!style_.quiet) {
      for (const Warning& warning : finding.warnings) {
        print_error(err_, "warning", subject_of(group) + ": " + warning.code + ": " + warning.message);
      }
    }
    print_links(err_, group, "  ");
  }
};

/// The findings for who pushes to a server: broken into lines that fit behind `remote: `.
class PusherReporter : public HookReporter {
 public:
  using HookReporter::HookReporter;

 private:
  void print(const FindingGroup& group) override {
    if (group.finding.verdict != Verdict::ok) print_verdict(group);
    if (!style_.quiet) {
      for (const Warning& warning : group.finding.warnings) {
        print_wrapped(err_, "warning: ", "  ", whole_subject_of(group) + ": " + warning.code + ": " + warning.message);
      }
    }
    print_links(err_, group, "    ");
  }

  void print_verdict(const FindingGroup& group) {
    const Finding& finding = group.finding;
    err_ << severity_of(finding) << ": " << escape_for_terminal(whole_subject_of(group)) << ": "
         << painted_verdict(finding, style_.color) << '\n';
    print_wrapped(err_, "  ", "  ", described(finding));
    const std::string hint = all_hints(finding);
    if (!hint.empty()) print_wrapped(err_, "  hint: ", "        ", hint);
  }
};

}  // namespace

std::unique_ptr<Reporter> make_hook_reporter(std::ostream& err, HookStyle style) {
  if (style.audience == Audience::pusher) return std::make_unique<PusherReporter>(err, style);
  return std::make_unique<CommitterReporter>(err, style);
}

}  // namespace mlem::command
