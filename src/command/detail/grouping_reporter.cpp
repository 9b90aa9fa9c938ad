#include "command/detail/grouping_reporter.hpp"

#include "base/text.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace mlem::command {
namespace {

constexpr std::size_t most_single = 3;     // of one cause that still have lines of their own
constexpr std::size_t most_links = 20;     // that are named of a group
constexpr std::size_t most_causes = 1000;  // more than anybody reads would keep a pusher waiting for the network

/// All that is told of a finding but its link.
std::string text_of(const Finding& finding) {
  std::string text(name(finding.verdict));
  const auto add = [&](const std::string& part) { text.append(1, '\0').append(part); };
  add(finding.pushed_ref);
  add(described(finding));
  add(all_hints(finding));
  for (const std::string& rule : finding.rules) add(rule);
  for (const Warning& warning : finding.warnings) {
    add(warning.code);
    add(warning.message);
  }
  return text;
}

}  // namespace

void GroupingReporter::finding(const Finding& finding) {
  if (!is_told(finding)) return;
  const std::size_t place = count_++;
  // What is about a whole ref has no links to be grouped.
  const std::string text = finding.link.empty() ? std::to_string(place) : text_of(finding);
  const auto known = by_text_.find(text);
  if (known == by_text_.end()) {
    if (causes_.size() == most_causes) {
      if (beyond_ == Beyond::counted) {
        ++left_out_;
        return;
      }
      tell();
    }
    by_text_.emplace(text, &causes_.emplace_back(Cause{{finding, {finding.link}}, {}, {place}}));
    return;
  }
  Cause& cause = *known->second;
  ++cause.group.count;
  if (cause.group.links.size() < most_links) cause.group.links.push_back(finding.link);
  if (cause.group.count > most_single) {
    cause.few.clear();
    return;
  }
  cause.few.push_back(finding);
  cause.places.push_back(place);
}

void GroupingReporter::tell() {
  // In the order in which they came; a group where its first link did.
  std::vector<std::pair<std::size_t, FindingGroup>> all;
  for (Cause& cause : causes_) {
    if (cause.group.count <= most_single) cause.group = {std::move(cause.group.finding), {cause.group.links.front()}};
    all.emplace_back(cause.places.front(), std::move(cause.group));
    for (std::size_t i = 0; i < cause.few.size(); ++i) {
      std::string link = cause.few[i].link;
      all.emplace_back(cause.places[i + 1], FindingGroup{std::move(cause.few[i]), {std::move(link)}});
    }
  }
  by_text_.clear();
  causes_.clear();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [place, group] : all) print(group);
}

void GroupingReporter::end() {
  tell();
  if (left_out_ > 0) print_rest(left_out_);
}

std::string subject_of(const FindingGroup& group) {
  return group.count == 1 ? group.links.front() : fmt::format("{} links", group.count);
}

void print_links(std::ostream& out, const FindingGroup& group, const std::string& indent) {
  if (group.count == 1) return;
  for (const std::string& link : group.links) out << indent << escape_for_terminal(link) << '\n';
  if (group.count > group.links.size()) {
    out << indent << fmt::format("and {} more", group.count - group.links.size()) << '\n';
  }
}

}  // namespace mlem::command
