#include "yaml/read_dvc.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "yaml/detail/read_json.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mlem::yaml {
namespace {

using DvcJson = nlohmann::ordered_json;

constexpr std::size_t max_dvc_values = 500'000;

[[noreturn]] void throw_not_as_dvc(const std::string& why) {
  throw Error(ErrorKind::invalid, "not a file of DVC", why);
}

DvcJson read_dvc_json(std::string_view text, const std::function<void()>& require_time) {
  return detail::read_json(text, "not a file of DVC", max_dvc_values, require_time);
}

/// Returns the value of a key of a mapping; null if there is none.
const DvcJson& member(const DvcJson& json, std::string_view key) {
  static const DvcJson null;
  const auto found = json.find(key);
  return found == json.end() ? null : *found;
}

/// Returns a scalar as text; empty if there is none.
std::string text_member(const DvcJson& json, std::string_view key) {
  const DvcJson& value = member(json, key);
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured()) throw_not_as_dvc("'" + std::string(key) + "' is not a text");
  return value.dump();
}

bool flag_member(const DvcJson& json, std::string_view key, bool otherwise) {
  const DvcJson& value = member(json, key);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) throw_not_as_dvc("'" + std::string(key) + "' is neither true nor false");
  return value.get<bool>();
}

std::optional<std::uint64_t> size_member(const DvcJson& json, std::string_view key) {
  const DvcJson& value = member(json, key);
  if (value.is_null()) return std::nullopt;
  if (!value.is_number_unsigned()) throw_not_as_dvc("'" + std::string(key) + "' is not a number of bytes");
  return value.get<std::uint64_t>();
}

/// Returns the list of a key; an empty one if there is none.
const DvcJson& list_member(const DvcJson& json, std::string_view key) {
  static const DvcJson empty = DvcJson::array();
  const DvcJson& value = member(json, key);
  if (value.is_null()) return empty;
  if (!value.is_array()) throw_not_as_dvc("'" + std::string(key) + "' is not a list");
  return value;
}

std::string md5_member(const DvcJson& json) {
  std::string md5 = to_lower_ascii(text_member(json, "md5"));
  std::string_view digits = md5;
  if (digits.ends_with(".dir")) digits.remove_suffix(4);
  const bool is_hex = std::all_of(digits.begin(), digits.end(), [](char c) { return hex_value(c) >= 0; });
  if (!md5.empty() && (digits.size() != 32 || !is_hex)) {
    throw_not_as_dvc("'" + escape_for_terminal(md5) + "' is not an MD5");
  }
  return md5;
}

dvc::Output read_output(const DvcJson& json) {
  if (!json.is_object()) throw_not_as_dvc("an item of 'outs' is not a mapping");
  dvc::Output output{.path = text_member(json, "path"), .md5 = md5_member(json)};
  if (output.path.empty()) throw_not_as_dvc("an item of 'outs' has no path");
  const std::string hash = text_member(json, "hash");
  if (hash == "md5") {
    output.layout = dvc::Layout::v3;
  } else {
    output.other_hash = hash;
  }
  output.size = size_member(json, "size");
  output.remote = text_member(json, "remote");
  output.is_cached = flag_member(json, "cache", true);
  output.is_pushed = flag_member(json, "push", true);
  output.is_versioned = !member(json, "cloud").is_null() || !member(json, "files").is_null();
  output.is_executable = flag_member(json, "isexec", false);
  return output;
}

std::optional<dvc::Import> read_import(const DvcJson& json) {
  for (const DvcJson& dependency : list_member(json, "deps")) {
    if (!dependency.is_object()) throw_not_as_dvc("an item of 'deps' is not a mapping");
    const DvcJson& repository = member(dependency, "repo");
    if (repository.is_null()) continue;
    if (!repository.is_object()) throw_not_as_dvc("'repo' is not a mapping");
    dvc::Import import{.url = text_member(repository, "url"), .rev_lock = text_member(repository, "rev_lock")};
    import.path = text_member(dependency, "path");
    return import;
  }
  return std::nullopt;
}

dvc::Stage read_stage(std::string name, const DvcJson& json) {
  if (!json.is_object()) throw_not_as_dvc("the stage '" + escape_for_terminal(name) + "' is not a mapping");
  dvc::Stage stage{.name = std::move(name), .directory = text_member(json, "wdir"), .import = read_import(json)};
  for (const DvcJson& output : list_member(json, "outs")) stage.outputs.push_back(read_output(output));
  return stage;
}

/// Returns the mapping `stages`.
const DvcJson& stages_of(const DvcJson& json) {
  const DvcJson& stages = member(json, "stages");
  static const DvcJson none = DvcJson::object();
  if (stages.is_null()) return none;
  if (!stages.is_object()) throw_not_as_dvc("'stages' is not a mapping");
  return stages;
}

}  // namespace

dvc::Stage read_dvc_file(std::string_view text, const std::function<void()>& require_time) {
  return read_stage({}, read_dvc_json(text, require_time));
}

std::vector<dvc::Stage> read_dvc_lock(std::string_view text, const std::function<void()>& require_time) {
  const DvcJson json = read_dvc_json(text, require_time);
  const bool has_schema = !member(json, "schema").is_null();
  std::vector<dvc::Stage> stages;
  for (const auto& [name, stage] : (has_schema ? stages_of(json) : json).items()) {
    stages.push_back(read_stage(name, stage));
  }
  return stages;
}

std::vector<dvc::StageDirectory> read_dvc_directories(std::string_view text,
                                                      const std::function<void()>& require_time) {
  const DvcJson json = read_dvc_json(text, require_time);
  std::vector<dvc::StageDirectory> directories;
  for (const auto& [name, stage] : stages_of(json).items()) {
    if (!stage.is_object()) throw_not_as_dvc("the stage '" + escape_for_terminal(name) + "' is not a mapping");
    const DvcJson& repeated = member(stage, "do");
    std::string directory = text_member(repeated.is_object() ? repeated : stage, "wdir");
    if (!directory.empty()) directories.push_back({name, std::move(directory)});
  }
  return directories;
}

}  // namespace mlem::yaml
