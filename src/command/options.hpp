#pragma once

#include "base/error.hpp"
#include "command/context.hpp"

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::command {

/// The options of one command, parsed as git does: unique abbreviations, `--no-<name>`, `-abc`, `--name=value`, an
/// optional value only in the stuck form, `--` before paths, `--end-of-options` before words.
class Options {
 public:
  /// `usage` is the part of the synopsis after `git mlem `, one line for each form.
  explicit Options(std::vector<std::string> usage);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// Declares options; `names` is `long` or `long,s`. The value is written when parse() meets it.
  /// `opposite` may be null: a flag that this one, given later, takes back.
  Options& flag(const char* names, const char* help, bool& value, bool* opposite = nullptr);
  /// The same for what is configured where neither it nor `no-` with it is given.
  Options& flag(const char* names, const char* help, std::optional<bool>& value);
  Options& value(const char* names, const char* argument, const char* help, std::optional<std::string>& value);
  /// The same for an option that may be given more than once; `no-` with it forgets those before.
  Options& values(const char* names, const char* argument, const char* help, std::vector<std::string>& values);
  /// The values that an option may have.
  struct Choices {
    std::vector<std::string> values;       ///< the first is meant if it is left out
    std::optional<std::string> negated{};  ///< what `no-` makes of it; nothing: as if it was not given
    bool is_first_tacit = false;           ///< the first has no name in the manual: users leave it out
  };
  Options& optional_choice(const char* names, const char* argument, Choices choices, const char* help,
                           std::optional<std::string>& value);
  /// Declares one more long name of an option; `meaning` may be `no-<flag>`.
  Options& alias(const char* name, const char* meaning);
  /// Leaves a declared option out of what `-h` prints: it is taken, and does nothing here.
  Options& hide(std::string_view name);
  /// Says of which declared options parse() refuses an empty value, each by its long name.
  Options& not_empty(std::initializer_list<const char*> names);
  /// Says which declared options parse() refuses to see together, each by its long name.
  Options& exclusive(std::initializer_list<const char*> names);

  /// What is left: words before `--`, and paths after it.
  struct Rest {
    std::vector<std::string> words;
    std::vector<std::string> paths;
    bool has_separator = false;
    /// Returns both, for a command to which `--` only ends the options.
    std::vector<std::string> all() const;
  };
  /// Throws Error(usage). Returns nothing if `-h` was given; usage has then been printed to `out`.
  std::optional<Rest> parse(const Args& args, std::ostream& out);

  /// Throws Error(usage) for words or paths: the command takes none.
  void refuse_arguments(const Rest& rest) const;
  /// Returns an Error(usage) that hints at the synopsis.
  Error wrong(const std::string& what) const;
  /// Returns what `take` makes of the value of an option. Where it throws an Error(invalid), throws an Error(usage)
  /// that says the same.
  template <typename Take>
  auto taken(const Take& take) const {
    try {
      return take();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      throw wrong_value(error);
    }
  }

 private:
  void print_usage(std::ostream& out) const;
  Error wrong_value(const Error& error) const;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlem::command
