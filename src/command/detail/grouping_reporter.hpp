#pragma once

#include "command/detail/reporter.hpp"

#include <cstddef>
#include <deque>
#include <iosfwd>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlem::command {

/// What one thing is wrong with.
struct FindingGroup {
  Finding finding;                 ///< of the first link
  std::vector<std::string> links;  ///< in their order; of many the first ones
  std::size_t count = 1;           ///< of all links
};

/// Tells people what is wrong: where many links have one cause, it is told once.
class GroupingReporter : public Reporter {
 public:
  /// What comes after more causes than anybody reads.
  enum class Beyond { counted, told };
  explicit GroupingReporter(Beyond beyond) : beyond_(beyond) {}
  void finding(const Finding& finding) final;
  void end() final;

 protected:
  /// Whether people want to know of it.
  virtual bool is_told(const Finding& finding) const = 0;
  /// Tells of one link, or of many.
  virtual void print(const FindingGroup& group) = 0;
  /// Tells how many findings were only counted.
  virtual void print_rest(std::size_t) {}

 private:
  /// Tells what came until now, and forgets it.
  void tell();

  struct Cause {
    FindingGroup group;
    std::vector<Finding> few{};         ///< the findings behind the first one, as long as they are few
    std::vector<std::size_t> places{};  ///< of the first one and those among all
  };
  Beyond beyond_;
  std::deque<Cause> causes_;
  std::unordered_map<std::string, Cause*> by_text_;  ///< by what is told of them
  std::size_t count_ = 0;
  std::size_t left_out_ = 0;
};

/// Returns the name of a link, or how many there are.
std::string subject_of(const FindingGroup& group);
/// Writes the names of a group's links; nothing for a single one.
void print_links(std::ostream& out, const FindingGroup& group, const std::string& indent);

}  // namespace mlem::command
