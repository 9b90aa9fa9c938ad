#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace mlem {

/// What a caller can do next about an Error.
enum class ErrorKind {
  usage,        ///< the command line is wrong: exit 129
  not_found,    ///< the thing named does not exist
  invalid,      ///< the thing named exists and is malformed, or may not be used
  unavailable,  ///< no answer now: network, credentials, time, an unsupported format
  io,           ///< this machine failed: disk, permission, a program that cannot be started
};

/// A place in a text, counted from 1 in lines and characters.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;

  friend bool operator==(const Position&, const Position&) = default;
};

/// A function that could not do its job.
///
/// `what_failed` and `why` are written by the room that knows the user's noun, `hint` by the room that knows the
/// remedy; either of the last two may be empty. All three are lower case, without a full stop, the subject quoted.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string what_failed, std::string why = {}, std::string hint = {},
        std::optional<Position> position = {});

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& what_failed() const noexcept { return what_failed_; }
  const std::string& why() const noexcept { return why_; }
  const std::string& hint() const noexcept { return hint_; }
  /// Where in the text that could not be read the fault is, which `why` says too; nothing if it is not about a text.
  const std::optional<Position>& position() const noexcept { return position_; }

 private:
  ErrorKind kind_;
  std::string what_failed_;
  std::string why_;
  std::string hint_;
  std::optional<Position> position_;
};

}  // namespace mlem
