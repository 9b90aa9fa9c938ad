#pragma once

#include "command/detail/reporter.hpp"

#include <iosfwd>
#include <memory>

namespace mlem::command {

/// Who waits for a hook's answer.
enum class Audience {
  committer,  ///< who commits or pushes here
  pusher,     ///< who pushes to this server: sees what it says behind `remote: `
};

/// How a hook's findings are told.
struct HookStyle {
  Audience audience = Audience::committer;
  bool rejects_undecided = false;  ///< so that it is an error
  bool quiet = false;              ///< errors only
  bool color = false;
};

/// Returns the reporter of a hook's findings for people, which writes to `err` what is worth a line: what is not ok,
/// and warnings. After more lines than anybody reads it only counts.
std::unique_ptr<Reporter> make_hook_reporter(std::ostream& err, HookStyle style);

}  // namespace mlem::command
