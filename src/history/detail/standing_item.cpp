#include "history/detail/standing_item.hpp"

#include "model/version.hpp"
#include "source/refs.hpp"

#include <utility>

namespace mlem::history::detail {

const std::string& ref_of(const resolve::Answer& answer) { return answer.ref.empty() ? answer.rev : answer.ref; }

std::string version_line_of(const std::string& followed) {
  const std::string tag = source::short_name(followed);
  const auto version = VersionTag::parse(tag);
  if (version && version->version.is_pre_release()) return tag;
  const std::size_t end = tag.find_first_of("@#");
  return end == std::string::npos || end == 0 ? "HEAD" : tag.substr(0, end) + "@latest";
}

void say_why(Finding& finding, Verdict verdict, std::string message, std::string hint) {
  finding.verdict = verdict;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
}

}  // namespace mlem::history::detail
