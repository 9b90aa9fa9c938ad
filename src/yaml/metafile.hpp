#pragma once

#include "base/error.hpp"
#include "model/link.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::yaml {

/// Links larger than this are not read.
inline constexpr std::size_t max_link_size = std::size_t{64} * 1024;
/// In files up to this size `object_type` is found by scanning; larger ones are refused.
inline constexpr std::size_t max_object_size = std::size_t{16} * 1024 * 1024;

/// What a `*.mlem` file is.
struct Metafile {
  enum class Kind {
    link,     ///< `object_type: link` or `link_*`
    object,   ///< any other scalar `object_type`
    neither,  ///< a YAML mapping without `object_type`
  };
  Kind kind = Kind::neither;
  std::string object_type;  ///< as written; `dataset`, the old name, is given as `data`; empty if neither
  Link link;                ///< filled only for a link; its link_type too is `data` where the file has `dataset`
  std::vector<Warning> warnings;

  friend bool operator==(const Metafile&, const Metafile&) = default;
};

/// Reads a `*.mlem` file of any vintage: mlem-link(5).
/// Throws Error(invalid) with its position, and `line L, column C: …` in its why, for text that is no single YAML
/// mapping and for a link that breaks a rule; Error(invalid) too for a link over `max_link_size` or a file over
/// `max_object_size`. yaml-cpp takes seconds for a large one, and calls `require_time` now and then: what that throws
/// passes.
Metafile read_metafile(std::string_view text, const std::function<void()>& require_time = {});

/// Returns what is wrong with a file that could not be read as a link: what the error says but for the words that the
/// verdict `invalid-link` has already.
std::string flaw_of(const Error& error);

/// Reads a link in the canonical form that `write_link` prints, without a YAML parser. Returns nothing for any text
/// that it does not fully understand: read_metafile() then asks yaml-cpp. What it accepts, both read alike.
std::optional<Metafile> scan_link(std::string_view text);

/// The same by yaml-cpp and this room's own checks only. For read_metafile() and for the test that compares the two.
Metafile parse_metafile(std::string_view text, const std::function<void()>& require_time = {});

/// Returns the link as PyYAML's `safe_dump` prints it: keys sorted, block style, folded at 80 columns, ASCII only.
/// `repo` is written under the key of `link.dialect` (none: `repo`); params.git-mlem if one of its fields is set.
std::string write_link(const Link& link);

/// Returns `value` as `safe_dump` prints it in a block mapping at `indent` (2 per level) after a key and `: ` that end
/// in column `column` (from 0). Does not end in a newline.
std::string write_scalar(std::string_view value, std::size_t column, std::size_t indent);

/// Which numbers are written as such.
enum class Numbers {
  of_json,  ///< those that every reader of JSON has
  any,  ///< also `NaN`, `Infinity` and integers of up to 4300 digits (256 in another base than 10), which Python's json
        ///< reads
};

/// Returns the mapping in `text` as one line of ASCII JSON with the file's own keys in their order; scalars typed as
/// YAML 1.1 (as MLEM reads them), dates and what JSON has no number for (`.inf`) as text. Of a repeated key the last
/// value counts, aliases are replaced by what they name. Throws Error(invalid) for text that is no YAML mapping, keys
/// that are no scalars, aliases that stand for more than 16 MiB, or over `max_object_size`.
std::string to_json(std::string_view text, Numbers numbers = Numbers::of_json);

}  // namespace mlem::yaml
