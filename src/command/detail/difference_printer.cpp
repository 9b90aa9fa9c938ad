#include "command/detail/difference_printer.hpp"

#include "base/text.hpp"
#include "command/detail/changed_links.hpp"
#include "command/detail/pager.hpp"

#include <fmt/format.h>

#include <ostream>
#include <sstream>
#include <vector>

namespace mlem::command {
namespace {

std::string commits_text(const history::CommitsBetween& commits) {
  const auto count = [](std::size_t n) { return fmt::format("{} commit{}", n, n == 1 ? "" : "s"); };
  if (commits.behind == 0) return count(commits.ahead.size());
  if (commits.ahead.empty()) return count(commits.behind) + " back";
  return count(commits.ahead.size()) + ", and " + count(commits.behind) + " left";
}

const char* word_color(Compatibility compatibility) {
  switch (compatibility) {
    case Compatibility::compatible:
    case Compatibility::extended:
      return "\033[32m";
    case Compatibility::unknown:
      return "\033[33m";
    case Compatibility::breaking:
      return "\033[31m";
  }
  return "";
}

}  // namespace

void DifferencePrinter::print(const history::LinkDifference& difference) {
  ++counts_[difference.change.kind];
  if (difference.comparison) ++words_[difference.comparison->compatibility];
  if (stat_)
    print_stat(difference);
  else
    print_whole(difference);
}

void DifferencePrinter::print_summary() {
  if (!stat_) return;
  std::size_t total = 0;
  for (const auto& [kind, count] : counts_) total += count;
  if (total == 0) return;
  std::vector<std::string> parts;
  for (const auto& [kind, count] : counts_) parts.push_back(fmt::format("{} {}", count, name(kind)));
  for (const auto& [word, count] : words_) parts.push_back(fmt::format("{} {}", count, name(word)));
  out_ << fmt::format(" {} link{} changed: {}\n", total, total == 1 ? "" : "s", fmt::join(parts, ", "));
}

std::string DifferencePrinter::word_of(const Comparison& comparison) const {
  return painted(name(comparison.compatibility), word_color(comparison.compatibility), color_);
}

void DifferencePrinter::print_stat(const history::LinkDifference& difference) {
  const history::LinkChange& change = difference.change;
  out_ << ' ' << escape_for_terminal(relative_to(change.name, prefix_)) << " | " << name(change.kind);
  if (difference.commits) out_ << ", " << commits_text(*difference.commits);
  if (difference.comparison) out_ << ", " << word_of(*difference.comparison);
  out_ << '\n';
}

void DifferencePrinter::print_whole(const history::LinkDifference& difference) {
  out_ << described(difference.change, prefix_) << '\n';
  if (difference.commits) {
    out_ << "    " << commits_text(*difference.commits) << '\n';
    if (verbose_) {
      for (const auto& commit : difference.commits->ahead) {
        out_ << "        " << painted(commit->oid.short_hex(), color_of_commit, color_) << ' '
             << escape_for_terminal(commit->subject) << '\n';
      }
    }
  }
  if (difference.comparison) print_comparison(*difference.comparison);
  for (const std::string& reason : difference.unknown) {
    out_ << "    cannot be told: " << escape_for_terminal(reason) << '\n';
  }
}

void DifferencePrinter::print_comparison(const Comparison& comparison) {
  out_ << "    " << word_of(comparison) << '\n';
  for (const Detail& detail : comparison.details) {
    out_ << "        " << escape_for_terminal(described(detail)) << '\n';
  }
}

void print_differences(const git::Registry& registry, const std::vector<history::LinkDifference>& differences,
                       const Format& format, Context& context) {
  if (differences.empty()) return;
  const std::string pager = find_pager(registry, context);
  const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
  std::ostringstream text;
  DifferencePrinter printer(pager.empty() ? context.out : text, registry.prefix(), false, format.verbose, color);
  for (const history::LinkDifference& difference : differences) printer.print(difference);
  if (!pager.empty()) print_paged(pager, text.str(), context);
  context.out.flush();
}

}  // namespace mlem::command
