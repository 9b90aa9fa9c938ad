#include "artifact/clone.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/human_size.hpp"
#include "command/detail/json.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/clone_argument.hpp"
#include "model/repo_url.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

namespace mlem::command {
namespace {

using artifact::CloneItem;
using artifact::ClonePlan;

/// Where the object is, for people.
std::string shown_object(const Finding& finding) {
  if (finding.repo.empty()) return escape_for_terminal(finding.path);
  return escape_for_terminal(location(finding.sources.back(), finding.rev, finding.path));
}

std::string counted(std::size_t count) { return fmt::format("{} file{}", count, count == 1 ? "" : "s"); }

/// What there is of a clone: how many files, how large.
struct Totals {
  std::size_t files = 0;
  std::size_t kept = 0;
  std::uint64_t bytes = 0;
};

Totals totals_of(const ClonePlan& plan) {
  Totals totals;
  for (const CloneItem& item : plan.items) {
    if (item.kind == CloneItem::Kind::directory) continue;
    ++totals.files;
    if (item.state == CloneItem::State::kept) ++totals.kept;
    totals.bytes += item.size().value_or(0);
  }
  return totals;
}

std::string place_of(const CloneItem& item) {
  if (item.kind != CloneItem::Kind::file) return {};
  if (std::holds_alternative<artifact::LfsObject>(item.file.place)) return "Git LFS";
  return std::holds_alternative<artifact::DvcObject>(item.file.place) ? "DVC" : "Git";
}

/// Lists what would be done.
void print_plan(const ClonePlan& plan, std::ostream& out) {
  for (const CloneItem& item : plan.items) {
    const char* const action = item.state == CloneItem::State::fresh      ? "Would make"
                               : item.state == CloneItem::State::replaced ? "Would replace"
                                                                          : "Would keep";
    out << action << ' ' << escape_for_terminal((plan.root / item.path).string());
    if (item.kind == CloneItem::Kind::directory) {
      out << "/ (an empty directory)";
    } else if (item.kind == CloneItem::Kind::symlink) {
      out << " -> " << escape_for_terminal(item.text);
    } else {
      const auto size = item.size();
      const std::string place = place_of(item);
      out << " (" << (size ? human_size(*size) : std::string("size not known before it is fetched"))
          << (place.empty() ? "" : ", from " + place) << ')';
    }
    out << '\n';
  }
}

void print_done(const ClonePlan& plan, bool emoji, std::ostream& out) {
  const Totals totals = totals_of(plan);
  const fs::path target = plan.product.empty() ? plan.root : plan.root / plan.product;
  out << (emoji ? "🐏 " : "") << "Cloned to " << escape_for_terminal(target.string()) << ": " << counted(totals.files)
      << ", " << human_size(totals.bytes);
  if (totals.kept != 0) out << fmt::format("; {} there already", totals.kept);
  out << '\n';
}

void print_warnings(const artifact::CloneResult& result, std::ostream& err) {
  if (result.others == 0) return;
  print_error(err, "warning",
              fmt::format("'{}' has {} that the object does not have", escape_for_terminal(result.plan.root.string()),
                          counted(result.others)));
}

/// Tells that there is no clone. Returns the exit code.
int print_no_clone(const std::string& word, Finding finding, const artifact::CloneResult& result, bool json, bool color,
                   Context& context) {
  finding.verdict = result.refusal.verdict;
  finding.message = result.refusal.message;
  finding.hint = result.refusal.hint;
  if (json) context.out << to_json(finding, result.plan) << '\n';
  print_failure(context.err, "error", redact(word), finding, color);
  if (result.is_begun)
    print_hint(context.err, "what has come is kept beside the target: the next run goes on from there");
  return exit_code(finding.verdict);
}

}  // namespace

int run_clone(const Args& args, Context& context) {
  Options options({"clone [<options>] <object> <target>"});
  Format format;
  edit::CloneWords asked;
  std::optional<std::string> layout;
  bool json = false;
  bool offline = false;
  options.value("project,p", "repo", "the repository that has the object", asked.project)
      .value("rev,r", "rev", "the rev in it", asked.rev)
      .value("target-project,t", "dir", "the directory that the target is relative to", asked.target_project)
      .alias("tp", "target-project")
      .values("only", "glob", "copy the files with such paths only", asked.only)
      .value("layout", "layout", "'mlem', or 'hf-cache' for what reads Hugging Face's cache", layout)
      .flag("offline", "answer from the cache", offline)
      .flag("plain", "copy a file or directory that has no metafile", asked.is_plain)
      .flag("force,f", "replace files that are something else", asked.force)
      .flag("dry-run,n", "list what would be written, write nothing", asked.dry_run)
      .flag("json", "print one JSON object", json);
  options.not_empty({"project", "rev"});
  add_common_options(options, format, {"quiet", "verbose", "color", "progress"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() != 2) throw options.wrong("an object and a target are needed");
  if (layout && layout != "mlem" && layout != "hf-cache") throw options.wrong("'--layout' is 'mlem' or 'hf-cache'");
  if (layout == "hf-cache") asked.layout = artifact::Layout::hf_cache;
  asked.object = words.front();
  asked.target = words.back();

  const git::Registry registry = open_registry_if_any(context);
  const bool color = wants_color(format, context, registry, Stream::err);
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = offline;
  const edit::CloneArgument found = edit::find_clone(registry, settings, asked);
  const Finding& finding = found.finding;
  if (finding.verdict != Verdict::ok) {
    if (json) context.out << to_json(finding) << '\n';
    print_failure(context.err, "error", redact(words.front()), finding, color);
    return exit_code(finding.verdict);
  }
  const bool tells = !format.quiet && !json;
  const bool emoji = wants_emoji(registry, context);
  if (tells) context.out << (emoji ? "⏳️ " : "") << "Loading meta from " << shown_object(finding) << '\n';

  const artifact::CloneResult result = artifact::clone(registry, settings, *found.request);
  if (result.refusal.verdict != Verdict::ok) {
    return print_no_clone(words.front(), finding, result, json, color, context);
  }
  if (json) context.out << to_json(finding, result.plan) << '\n';
  if (tells && asked.dry_run) print_plan(result.plan, context.out);
  if (tells && !asked.dry_run) print_done(result.plan, emoji, context.out);
  print_warnings(result, context.err);
  return exit_yes;
}

}  // namespace mlem::command
