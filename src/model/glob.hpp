#pragma once

#include <string_view>

namespace mlem {

/// Returns whether `pattern` covers `text`, a path or an address with `/` between its parts, as the pathspec
/// `:(glob)<pattern>` covers a path: wildcards do not match `/`, the part `**` matches any number of parts, and a
/// pattern without wildcards covers all that is below it too (gitglossary(7), "pathspec").
bool glob_matches(std::string_view pattern, std::string_view text);

/// Returns whether `pattern` could cover anything below the directory `directory`.
bool glob_reaches_below(std::string_view pattern, std::string_view directory);

}  // namespace mlem
