#pragma once

#include "command/detail/grouping_reporter.hpp"

#include <iosfwd>
#include <string>

namespace mlem::command {

/// Tells people of links that a command could not do its work for, on stderr.
class FailureReporter final : public GroupingReporter {
 public:
  /// What it is where nothing is decided about a link.
  enum class Undecided { warning, error };
  /// Names are relative to `prefix`.
  FailureReporter(std::ostream& err, std::string prefix, bool color, Undecided undecided = Undecided::warning);

 private:
  bool is_told(const Finding& finding) const override;
  void print(const FindingGroup& group) override;

  std::ostream& err_;
  std::string prefix_;
  bool color_;
  Undecided undecided_;
};

}  // namespace mlem::command
