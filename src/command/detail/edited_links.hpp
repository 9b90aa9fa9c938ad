#pragma once

#include "command/context.hpp"
#include "command/output.hpp"
#include "edit/edit_links.hpp"
#include "edit/link_rule.hpp"
#include "edit/placement.hpp"
#include "git/registry.hpp"
#include "history/diff.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::command {

/// How a command that changes links speaks of it.
struct EditWords {
  const char* verb;        ///< `pin`
  const char* participle;  ///< `pinned`
  const char* noun = "link";
  bool previews = true;  ///< whether a dry run prints what git-mlem-diff(1) would print afterwards
};

/// Returns what a link says after a change and did not say before, in one line; empty if that is nothing.
std::string difference_of(const Link& before, const Link& after);

/// Tells users and scripts what became of each link, and of all.
class EditReporter {
 public:
  /// `registry`, `format` and `context` must outlive it.
  EditReporter(const git::Registry& registry, const EditWords& spoken, bool dry_run, const Format& format,
               Context& context);
  ~EditReporter();

  /// Whether links with nothing to do are to be told of.
  bool wants_kept() const noexcept { return format_.is_for_scripts() || format_.verbose; }
  void tell(const edit::LinkEdit& edit);
  /// Prints for people what git-mlem-diff(1) would print of the links afterwards, compared with the commit `base` (none:
  /// HEAD), where tell() has told of a dry run. `settings` are those that it was run with.
  void preview(const source::Settings& settings, const std::optional<Oid>& base);
  /// Tells of all; `saved` is Placement::saved(). Returns the exit code.
  int end(const edit::LinkEditSummary& summary, const std::vector<std::string>& saved = {});

 private:
  struct Skipped;
  const git::Registry& registry_;
  EditWords spoken_;
  bool dry_run_;
  const Format& format_;
  Context& context_;
  bool quotes_;
  std::unique_ptr<Skipped> skipped_;
  std::vector<history::LinkDifference> previewed_;
};

/// Changes the links that `words` select by `rule`, writes them where `placement` says unless this is a dry run, and
/// tells what became of each and of all. Returns the exit code.
int edit_and_tell(const git::Registry& registry, const source::Settings& settings, edit::LinkRule& rule,
                  edit::Placement& placement, const std::vector<std::string>& words, bool dry_run,
                  const EditWords& spoken, const Format& format, Context& context);

}  // namespace mlem::command
