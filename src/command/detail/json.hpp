#pragma once

#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace mlem::command {

using Json = nlohmann::ordered_json;

/// Sets a key to a text of any bytes. JSON is UTF-8: other bytes are in a sibling, `<key>_base64`.
inline void set(Json& json, const std::string& key, const std::string& value) {
  if (is_utf8(value)) {
    json[key] = value;
    return;
  }
  json[key] = replace_bad_utf8(value);
  json[key + "_base64"] = base64(value);
}

}  // namespace mlem::command
