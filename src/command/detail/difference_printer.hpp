#pragma once

#include "command/context.hpp"
#include "command/output.hpp"
#include "git/registry.hpp"
#include "history/diff.hpp"
#include "model/compatibility.hpp"

#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlem::command {

/// Prints how links differ, for people.
class DifferencePrinter {
 public:
  /// Names are relative to the directory whose prefix is given. `stat`: a short line for each; `verbose`: the subjects
  /// of source commits, too.
  DifferencePrinter(std::ostream& out, std::string prefix, bool stat, bool verbose, bool color)
      : out_(out), prefix_(std::move(prefix)), stat_(stat), verbose_(verbose), color_(color) {}

  void print(const history::LinkDifference& difference);
  /// Behind all short lines.
  void print_summary();

 private:
  std::string word_of(const Comparison& comparison) const;
  void print_stat(const history::LinkDifference& difference);
  void print_whole(const history::LinkDifference& difference);
  void print_comparison(const Comparison& comparison);

  std::ostream& out_;
  std::string prefix_;
  bool stat_;
  bool verbose_;
  bool color_;
  std::map<history::ChangeKind, std::size_t> counts_;
  std::map<Compatibility, std::size_t> words_;
};

/// Prints differences as git-mlem-diff(1) does without options, through a pager if one is wanted.
void print_differences(const git::Registry& registry, const std::vector<history::LinkDifference>& differences,
                       const Format& format, Context& context);

}  // namespace mlem::command
