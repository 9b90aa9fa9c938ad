#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// Takes a list or a mapping that ends: the keys that lead to it, in how many lists and mappings it is, and itself.
/// Returns whether it is kept.
using KeepJson = std::function<bool(const std::vector<std::string>& keys, int depth, nlohmann::json& value)>;

/// Reads a text whose author is not trusted. Two readers of a mapping that has a key twice may see different values, so
/// it is refused, and so is what is nested deeper or has more values than anything that is meant. Throws Error(invalid)
/// that says `what` failed.
nlohmann::json read_strict_json(std::string_view text, const std::string& what, const KeepJson& keep = {},
                                std::size_t most_values = 2'000'000);

}  // namespace mlem::artifact
