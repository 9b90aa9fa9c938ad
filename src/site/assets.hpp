#pragma once

#include <string_view>

/// The files that all sites have, as they are in `site/assets`. CMake writes them into a source file.
namespace mlem::site::assets {

extern const std::string_view style;   ///< `site.css`
extern const std::string_view script;  ///< `site.js`
extern const std::string_view icon;    ///< `icon.svg`

}  // namespace mlem::site::assets
