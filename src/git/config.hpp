#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// git's configuration, as git itself reads it: files of every scope, includes, `git -c`, GIT_CONFIG_COUNT.
class Config {
 public:
  /// Parses what `git config -z --list` prints.
  static Config parse(std::string_view listing);
  /// The same with `--show-scope`.
  static Config parse_with_scopes(std::string_view listing);

  /// Returns the last value of `key` (section and name in lower case); nothing if it is unset.
  std::optional<std::string> find(std::string_view key) const;
  /// Returns all values of `key` in their order.
  std::vector<std::string> all(std::string_view key) const;
  /// The typed readers throw Error(invalid) naming the key for a value that git would not take for one.
  bool boolean(std::string_view key, bool otherwise) const;
  /// With the suffixes k, m and g.
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const;
  /// Returns whether `key` is somewhere without `=`: to git that is a boolean that is true.
  bool lacks_value(std::string_view key) const;
  /// Every key and value, in git's order; a key without a value has `true`.
  const std::vector<std::pair<std::string, std::string>>& entries() const noexcept { return entries_; }
  /// Returns whether the entry of this number is in a file of the user or the system, which git reads for every
  /// repository; known only with scopes.
  bool is_shared(std::size_t number) const { return number < is_shared_.size() && is_shared_[number]; }

 private:
  void add(std::string_view record);
  std::vector<std::pair<std::string, std::string>> entries_;
  std::vector<bool> is_shared_;  ///< by entry
  std::vector<std::string> without_value_;
};

}  // namespace mlem::git
