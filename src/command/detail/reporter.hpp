#pragma once

#include "command/output.hpp"
#include "model/finding.hpp"

#include <iosfwd>
#include <memory>
#include <string_view>

namespace mlem::command {

/// Tells the findings of one run in one format: it begins when it is made, gets each finding in order, and ends. A new
/// format is a class of its own and a line in make_script_reporter().
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void finding(const Finding& finding) = 0;
  /// Writes what was held back until all findings were there. Called once, and not at all if the run fails.
  virtual void end() {}
};

/// Writes the eight fields of porcelain v1, of which `first` is the first: a verdict, or what a command did.
void print_porcelain(std::ostream& out, std::string_view first, const Finding& finding, bool nul,
                     bool quotes_non_ascii);

/// Returns the reporter of the format for scripts that was asked for, which writes to `out`: a line of JSON, or
/// porcelain v1, for each finding, or what a CI system reads; null if the format is the one for people. Porcelain without -z quotes names as git
/// does, `quotes_non_ascii` says which: see there.
std::unique_ptr<Reporter> make_script_reporter(const Format& format, std::ostream& out, bool quotes_non_ascii);

}  // namespace mlem::command
