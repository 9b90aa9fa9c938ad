#pragma once

#include "model/object.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// What a caller of the old object sees of the new one, from good to bad: git-mlem-compatibility(7). Of several changes
/// the worst counts.
enum class Compatibility {
  compatible,  ///< all that he does goes on, and there is nothing more
  extended,    ///< all that he does goes on, and more is accepted or given
  unknown,     ///< a type or a key that changed is not understood
  breaking,    ///< something that he uses or sends is gone or refused, or something new is demanded
};

/// Returns the word that users read: `breaking`.
std::string_view name(Compatibility compatibility) noexcept;

/// One thing that differs between two objects.
struct Detail {
  std::string what;                   ///< `method predict: argument X: column age`
  std::optional<std::string> from{};  ///< none: it is new
  std::optional<std::string> to{};    ///< none: it is gone
  Compatibility compatibility{};      ///< of this change alone

  friend bool operator==(const Detail&, const Detail&) = default;
};

/// Returns a detail as one line: `method predict: argument X: int -> float`. Not fit for a terminal unescaped.
std::string described(const Detail& detail);

/// More details than this are not kept, but for the first of each worse word.
inline constexpr std::size_t max_details = 1000;

/// How two objects differ.
struct Comparison {
  Compatibility compatibility = Compatibility::compatible;
  std::vector<Detail> details{};

  friend bool operator==(const Comparison&, const Comparison&) = default;
};

/// Compares two objects as one who calls `before` sees `after`: his arguments must still be accepted, and what he gets
/// must be of use as before. The rules are those of git-mlem-compatibility(7). Texts are the metafiles' own: they are
/// not fit for a terminal unescaped.
Comparison compare(const object::Description& before, const object::Description& after);

}  // namespace mlem
