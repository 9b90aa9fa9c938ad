#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// The variables a child process is given. A value: libraries get it as an argument and never read the process's own.
/// Copies cost little: each child has one.
class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = default;
  Environment& operator=(const Environment&) = default;
  ~Environment() = default;

  /// Returns the variables of this process. Called once, at the edge.
  static Environment of_this_process();

  /// Returns the value of `name`; nothing if it is unset.
  std::optional<std::string> find(std::string_view name) const;
  void set(std::string_view name, std::string_view value);
  void unset(std::string_view name);

  /// Returns `NAME=value` for every variable, in alphabetical order.
  std::vector<std::string> entries() const;

 private:
  using Values = std::map<std::string, std::string, std::less<>>;
  /// Returns values of this one's own, to be changed.
  Values& own();
  std::shared_ptr<Values> values_ = std::make_shared<Values>();  ///< shared by copies until one is changed
};

}  // namespace mlem
