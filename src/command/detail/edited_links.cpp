#include "command/detail/edited_links.hpp"

#include "base/text.hpp"
#include "command/detail/difference_printer.hpp"
#include "command/detail/grouping_reporter.hpp"
#include "command/detail/json.hpp"
#include "edit/edit_links.hpp"
#include "edit/link_target.hpp"
#include "model/point.hpp"
#include "model/repo_url.hpp"
#include "resolve/tree_view.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <ostream>

// Changes are told as they come; links that could not be changed are told at the end, grouped by the reason. Where a
// command previews its changes, a dry run collects them and shows them as `diff` would, against the commit on which
// they would be made. Scripts get a row for every link that is told; what goes to standard error, such as the summary
// at the end, is the same for both.

namespace mlem::command {

/// Tells people of links that were not changed.
class SkippedReporter : public GroupingReporter {
 public:
  SkippedReporter(std::ostream& err, std::string severity, std::string what, std::string prefix)
      : GroupingReporter(Beyond::told),
        err_(err),
        severity_(std::move(severity)),
        what_(std::move(what)),
        prefix_(std::move(prefix)) {}

 protected:
  bool is_told(const Finding&) const override { return true; }
  void print(const FindingGroup& group) override {
    FindingGroup shown = group;
    for (std::string& link : shown.links) link = relative_to(link, prefix_);
    const Finding& finding = shown.finding;
    const std::string subject = shown.count == 1 ? "'" + shown.links.front() + "'" : subject_of(shown);
    const std::string verdict =
        finding.verdict == Verdict::ok ? std::string() : std::string(name(finding.verdict)) + ": ";
    print_error(err_, severity_.c_str(), what_ + " " + subject + ": " + verdict + described(finding));
    print_links(err_, shown, "  ");
    print_hint(err_, all_hints(finding));
  }

 private:
  std::ostream& err_;
  std::string severity_;
  std::string what_;
  std::string prefix_;  ///< what names are relative to
};

namespace {

std::string summary_of(const edit::LinkEditSummary& summary, const EditWords& spoken, bool dry_run) {
  std::string text = fmt::format("{} {}{}", summary.total(), spoken.noun, summary.total() == 1 ? "" : "s");
  const char* separator = ": ";
  const auto add = [&](std::size_t count, const std::string& word) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", separator, count, word);
    separator = ", ";
  };
  add(summary.changed, (dry_run ? "would be " : "") + std::string(spoken.participle));
  add(summary.kept, "kept");
  add(summary.skipped, "skipped");
  return text;
}

int exit_code_of(const edit::LinkEditSummary& summary) {
  if (summary.failed > 0) return exit_no;
  return summary.undecided > 0 ? exit_undecided : exit_yes;
}

/// A row for scripts.
void print_row(std::ostream& out, const edit::LinkEdit& edit, const Format& format, bool quotes) {
  if (format.json)
    out << to_json(edit) << '\n';
  else
    print_porcelain(out, name(edit.decision.action), edit.decision.finding, format.nul, quotes);
}

/// Which file was changed, what it was made from if that is another, and how.
std::string described_change(const edit::LinkEdit& edit, const std::string& prefix) {
  const auto shown = [&](const std::string& name) {
    return "'" + escape_for_terminal(relative_to(name, prefix)) + "'";
  };
  const std::string& target = edit.decision.finding.link;
  std::string text = shown(edit.source);
  if (edit.source != target) text += " to " + shown(target);
  if (!edit.before || !edit.decision.after) return text;
  const std::string difference = difference_of(*edit.before, *edit.decision.after);
  return difference.empty() ? text : text + ": " + difference;
}

std::string capitalized(std::string word) {
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return word;
}

/// The key that names the repository.
std::string key_of(const Link& link) { return link.dialect == Dialect::project ? "project" : "repo"; }

std::optional<std::string> plain_of(const Link& link) {
  return link.plain ? std::optional<std::string>(name(*link.plain)) : std::nullopt;
}

}  // namespace

std::string difference_of(const Link& before, const Link& after) {
  std::vector<std::string> parts;
  const auto compare = [&](const char* what, const std::optional<std::string>& a, const std::optional<std::string>& b) {
    const auto shown = [](const std::optional<std::string>& value) {
      return value ? "'" + escape_for_terminal(redact(*value)) + "'" : std::string("none");
    };
    if (a != b) parts.push_back(std::string(what) + " " + shown(a) + " -> " + shown(b));
  };
  compare("type", before.link_type, after.link_type);
  compare("path", before.path, after.path);
  compare("repo", before.repo, after.repo);
  if (before.dialect && after.dialect) compare("dialect", key_of(before), key_of(after));
  compare("rev", before.rev, after.rev);
  compare("ref", before.pinned_ref, after.pinned_ref);
  compare("plain", plain_of(before), plain_of(after));
  compare(after.plain || (before.plain && !after.pinned_blob) ? "object" : "blob", before.pinned_blob, after.pinned_blob);
  compare("hold", before.hold, after.hold);
  compare("until", before.until, after.until);
  return fmt::format("{}", fmt::join(parts, ", "));
}

struct EditReporter::Skipped {
  SkippedReporter refused;
  SkippedReporter skipped;
};

EditReporter::EditReporter(const git::Registry& registry, const EditWords& spoken, bool dry_run, const Format& format,
                           Context& context)
    : registry_(registry),
      spoken_(spoken),
      dry_run_(dry_run),
      format_(format),
      context_(context),
      quotes_(quotes_non_ascii(registry)),
      skipped_(std::make_unique<Skipped>(
          Skipped{SkippedReporter(context.err, "error", "cannot " + std::string(spoken.verb), registry.prefix()),
                  SkippedReporter(context.err, "warning", "skipped", registry.prefix())})) {}
EditReporter::~EditReporter() = default;

void EditReporter::tell(const edit::LinkEdit& edit) {
  const edit::LinkDecision& decision = edit.decision;
  const Finding& finding = decision.finding;
  const bool is_changed = decision.action != edit::Action::kept && decision.action != edit::Action::skipped;
  if (format_.is_for_scripts()) {
    print_row(context_.out, edit, format_, quotes_);
  } else if (is_changed && dry_run_ && decision.after && spoken_.previews) {
    history::LinkDifference& difference = previewed_.emplace_back();
    difference.change.name = finding.link;
    difference.change.after = decision.after;
  } else if (is_changed && !format_.quiet) {
    const std::string done = dry_run_ ? "Would " + std::string(spoken_.verb) : capitalized(spoken_.participle);
    context_.out << done << ' ' << described_change(edit, registry_.prefix()) << '\n';
  } else if (decision.action == edit::Action::kept && format_.verbose) {
    context_.out << "Kept '" << escape_for_terminal(relative_to(finding.link, registry_.prefix())) << "'\n";
  }
  if (edit.is_refusal)
    skipped_->refused.finding(finding);
  else if (decision.action == edit::Action::skipped && !decision.is_bystander && !format_.quiet)
    skipped_->skipped.finding(finding);
}

void EditReporter::preview(const source::Settings& settings, const std::optional<Oid>& base) {
  if (previewed_.empty() || format_.quiet) return;
  git::Repository& objects = registry_.objects();
  const Oid tree = base ? *base : objects.find_ref("HEAD").value_or(registry_.empty_tree());
  for (history::LinkDifference& difference : previewed_) {
    history::LinkChange& change = difference.change;
    const git::Lookup there = objects.find(tree, change.name);
    auto before = there.state == git::Lookup::State::found ? edit::find_link(registry_, there.entry) : std::nullopt;
    if (before) change.before = std::move(before->link);
    change.kind = change.before ? history::kind_of(*change.before, *change.after) : history::ChangeKind::added;
    if (change.before) difference.from = point_of(*change.before);
    difference.to = point_of(*change.after);
  }
  // What is staged already may be what HEAD has.
  std::erase_if(previewed_, [](const auto& each) { return each.change.before == each.change.after; });
  const auto old_view = resolve::view_commit(objects, tree);
  const auto new_view = resolve::view_index(registry_);
  history::compare_sources(registry_, settings, *old_view, *new_view, previewed_);
  print_differences(registry_, previewed_, format_, context_);
}

int EditReporter::end(const edit::LinkEditSummary& summary, const std::vector<std::string>& saved) {
  if (!format_.is_for_scripts() && !format_.quiet) {
    for (const std::string& line : saved) context_.out << escape_for_terminal(line) << '\n';
  }
  context_.out.flush();
  skipped_->skipped.end();
  skipped_->refused.end();
  if (!format_.quiet) {
    context_.err << (summary.is_refused ? "nothing was changed" : summary_of(summary, spoken_, dry_run_)) << '\n';
  }
  return exit_code_of(summary);
}

int edit_and_tell(const git::Registry& registry, const source::Settings& settings, edit::LinkRule& rule,
                  edit::Placement& placement, const std::vector<std::string>& words, bool dry_run,
                  const EditWords& spoken, const Format& format, Context& context) {
  EditReporter reporter(registry, spoken, dry_run, format, context);
  const edit::LinkEditRequest request{.links = words, .dry_run = dry_run, .reports_kept = reporter.wants_kept()};
  const edit::LinkEditSummary summary = edit::edit_links(registry, settings, rule, placement, request,
                                                         [&](const edit::LinkEdit& edit) { reporter.tell(edit); });
  if (!summary.is_refused) reporter.preview(settings, placement.base());
  return reporter.end(summary, placement.saved());
}

}  // namespace mlem::command
