#pragma once

#include "command/detail/reporter.hpp"

#include <iosfwd>
#include <memory>

// What CI systems read. Names and messages have their control characters escaped as for a terminal, for what is written
// here is shown in logs and pages, and is valid UTF-8 after that.

namespace mlem::command {

/// What becomes of warnings.
enum class Warnings {
  told,    ///< they are only told
  failing  ///< the run fails for them: `--strict`
};

/// Returns the reporter of GitHub's workflow commands, which annotate lines of files: an error or a warning for each
/// finding that is not good, as they come.
/// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
std::unique_ptr<Reporter> make_github_reporter(std::ostream& out, Warnings warnings);

/// Returns the reporter of SARIF 2.1.0: a log of one run whose rules are the verdicts and warnings, and whose results
/// are what is not good, as they come. What is undecided is of the kind `open`.
/// https://docs.oasis-open.org/sarif/sarif/v2.1.0/
std::unique_ptr<Reporter> make_sarif_reporter(std::ostream& out, Warnings warnings);

/// Returns the reporter of JUnit's XML: a test case for each link, a failure of what is broken, an error of what is
/// undecided. All of it is written at the end, for the numbers of each come first.
std::unique_ptr<Reporter> make_junit_reporter(std::ostream& out, Warnings warnings);

}  // namespace mlem::command
