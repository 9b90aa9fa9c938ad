#include "yaml/read_object.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/detail/read_json.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

// The text becomes JSON with a bounded number of values, and the JSON becomes a description, which has the terms of
// MLEM today whichever version wrote the file. What is not as MLEM writes it is not an error: it is kept as text that
// does not depend on the order of keys, or as a digest of that, so that it can still be compared. A file in the usual
// layout can also be divided into the part that callers depend on and the rest by its lines alone, without being
// parsed.

namespace mlem::yaml {
namespace {

using Json = nlohmann::ordered_json;
using object::Argument;
using object::Artifact;
using object::Column;
using object::DataType;
using object::Description;
using object::Method;
using object::Requirement;
using object::Rest;

constexpr std::size_t max_type_depth = 32;
/// Enough for a table of 100,000 columns; more would take more memory than a server should give to what it is pushed.
constexpr std::size_t max_values = 250'000;
constexpr std::string_view main_processor = "model";

/// Returns the value of a key; null if there is none, or `json` is not a mapping.
const Json& value_at(const Json& json, std::string_view key) {
  static const Json null;
  if (!json.is_object()) return null;
  const auto found = json.find(key);
  return found == json.end() ? null : *found;
}

/// Returns a scalar as text: MLEM takes a number for the text that it prints as. Empty for everything else.
std::string text_of_scalar(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return json.is_number() || json.is_boolean() ? json.dump() : std::string();
}

std::string text_at(const Json& json, std::string_view key) { return text_of_scalar(value_at(json, key)); }

/// Returns the same for the same content, whatever the order of keys: JSON, or of a long one how long it is and its
/// digest, so that a description is small.
std::string canonical_text(const Json& json) {
  constexpr std::size_t longest = 200;
  std::string text = nlohmann::json(json).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() <= longest) return text;
  return fmt::format("{} bytes with SHA-256 {}", text.size(), sha256_hex(text));
}

DataType unknown_type(const Json& json) {
  DataType type{.kind = DataType::Kind::unknown, .name = text_at(json, "type")};
  type.text = canonical_text(json);
  return type;
}

/// Returns all of a list of scalars as text; nothing for what is not one.
std::optional<std::vector<std::string>> read_names(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<std::string> names;
  names.reserve(json.size());
  for (const Json& item : json) {
    if (!item.is_string() && !item.is_number() && !item.is_boolean()) return std::nullopt;
    names.push_back(text_of_scalar(item));
  }
  return names;
}

/// Returns nothing for what is not a number that fits.
std::optional<std::int64_t> read_count(const Json& json) {
  const bool fits = json.is_number_unsigned() ? json.get<std::uint64_t>() <= INT64_MAX : json.is_number_integer();
  return fits ? std::optional(json.get<std::int64_t>()) : std::nullopt;
}

// Each of these fills a type of its kind and returns whether the mapping is as MLEM writes one.

DataType read_type(const Json& json, std::size_t depth);

bool read_dtype(const Json& json, DataType& type) {
  type.dtype = text_at(json, type.kind == DataType::Kind::primitive ? "ptype" : "dtype");
  return !type.dtype.empty();
}

bool read_array(const Json& json, DataType& type) {
  const Json& shape = value_at(json, "shape");
  if (!read_dtype(json, type)) return false;
  if (shape.is_null()) return true;
  if (!shape.is_array()) return false;
  type.shape.emplace();
  for (const Json& dimension : shape) {
    type.shape->push_back(read_count(dimension));
    if (!dimension.is_null() && !type.shape->back()) return false;
  }
  return true;
}

bool read_table(const Json& json, DataType& type) {
  std::optional<std::vector<std::string>> names = read_names(value_at(json, "columns"));
  std::optional<std::vector<std::string>> dtypes = read_names(value_at(json, "dtypes"));
  const Json& index = value_at(json, "index_cols");
  const auto index_names = index.is_null() ? std::vector<std::string>() : read_names(index);
  if (!names || !dtypes || !index_names || names->size() != dtypes->size()) return false;
  std::vector<std::string> sorted_index = *index_names;
  std::sort(sorted_index.begin(), sorted_index.end());
  for (std::size_t i = 0; i < names->size(); ++i) {
    const bool is_index = std::binary_search(sorted_index.begin(), sorted_index.end(), (*names)[i]);
    type.columns.push_back({std::move((*names)[i]), std::move((*dtypes)[i]), is_index});
  }
  return true;
}

void add_item(const Json& json, DataType& type, std::size_t depth) { type.items.push_back(read_type(json, depth + 1)); }

bool read_list(const Json& json, DataType& type, std::size_t depth) {
  type.size = read_count(value_at(json, "size"));
  if (!type.size && !value_at(json, "size").is_null()) return false;
  add_item(value_at(json, "dtype"), type, depth);
  return true;
}

bool read_sequence(const Json& json, DataType& type, std::size_t depth) {
  const Json& items = value_at(json, "items");
  for (const Json& item : items) add_item(item, type, depth);
  return items.is_array();
}

bool read_dict(const Json& json, DataType& type, std::size_t depth) {
  const Json& items = value_at(json, "item_types");
  if (!items.is_object()) return false;
  for (const auto& [key, item] : items.items()) {
    type.keys.push_back(key);
    add_item(item, type, depth);
  }
  return true;
}

bool read_dynamic_dict(const Json& json, DataType& type, std::size_t depth) {
  add_item(value_at(json, "key_type"), type, depth);
  add_item(value_at(json, "value_type"), type, depth);
  return true;
}

struct KnownType {
  std::string_view name;
  DataType::Kind kind;
  std::string_view current_name;  ///< what MLEM calls it today
};
constexpr auto known_types = std::to_array<KnownType>({
    {"unspecified", DataType::Kind::unspecified, "unspecified"},
    {"primitive", DataType::Kind::primitive, "primitive"},
    {"binary", DataType::Kind::primitive, "binary"},
    {"number", DataType::Kind::number, "number"},
    {"ndarray", DataType::Kind::ndarray, "ndarray"},
    {"torch", DataType::Kind::tensor, "torch"},
    {"tf_tensor", DataType::Kind::tensor, "tf_tensor"},
    {"dataframe", DataType::Kind::table, "dataframe"},
    {"series", DataType::Kind::table, "series"},
    {"array", DataType::Kind::array, "array"},
    {"list", DataType::Kind::sequence, "list"},
    {"tuple", DataType::Kind::sequence, "tuple"},
    {"tuple_like_list", DataType::Kind::sequence, "list"},
    {"dict", DataType::Kind::dict, "dict"},
    {"d_dict", DataType::Kind::dynamic_dict, "d_dict"},
});

bool fill(const Json& json, DataType& type, std::size_t depth) {
  switch (type.kind) {
    case DataType::Kind::unspecified:
      return true;
    case DataType::Kind::primitive:
      if (type.name == "binary") type.dtype = "bytes";
      return type.name == "binary" || read_dtype(json, type);
    case DataType::Kind::number:
      return read_dtype(json, type);
    case DataType::Kind::ndarray:
    case DataType::Kind::tensor:
      return read_array(json, type);
    case DataType::Kind::table:
      return read_table(json, type);
    case DataType::Kind::array:
      return read_list(json, type, depth);
    case DataType::Kind::sequence:
      return read_sequence(json, type, depth);
    case DataType::Kind::dict:
      return read_dict(json, type, depth);
    case DataType::Kind::dynamic_dict:
      return read_dynamic_dict(json, type, depth);
    case DataType::Kind::unknown:
      return false;
  }
  return false;
}

DataType read_type(const Json& json, std::size_t depth) {
  if (depth > max_type_depth) return unknown_type(json);
  const std::string name = text_at(json, "type");
  const auto* known =
      std::find_if(known_types.begin(), known_types.end(), [&](const KnownType& type) { return type.name == name; });
  if (known == known_types.end()) return unknown_type(json);
  DataType type{.kind = known->kind, .name = std::string(known->current_name)};
  // Until MLEM 0.3 an array was called a list; a list of today has items.
  if (name == "list" && !value_at(json, "dtype").is_null()) {
    type.kind = DataType::Kind::array;
    type.name = "array";
  }
  return fill(json, type, depth) ? type : unknown_type(json);
}

std::optional<Argument> read_argument(const Json& json) {
  Argument argument{.name = text_at(json, "name"), .type = {}};
  const Json& type = value_at(json, "type_");
  const Json& required = value_at(json, "required");
  const Json& keyword_only = value_at(json, "kw_only");
  if (argument.name.empty() || !type.is_object()) return std::nullopt;
  if (!(required.is_null() || required.is_boolean()) || !(keyword_only.is_null() || keyword_only.is_boolean())) {
    return std::nullopt;
  }
  argument.type = read_type(type, 0);
  argument.required = required.is_null() || required.get<bool>();
  if (!argument.required) argument.default_value = canonical_text(value_at(json, "default"));
  argument.keyword_only = !keyword_only.is_null() && keyword_only.get<bool>();
  return argument;
}

std::optional<Rest> read_rest(const Json& json, std::string_view key) {
  std::string name = text_at(json, key);
  if (name.empty()) return std::nullopt;
  const Json& type = value_at(json, std::string(key) + "_type");
  return Rest{std::move(name), type.is_null() ? DataType{.name = "unspecified"} : read_type(type, 0)};
}

/// Fills what a method takes. Returns whether it is as MLEM writes one.
bool read_arguments(const Json& json, Method& method) {
  const Json& arguments = value_at(json, "args");
  if (!arguments.is_array()) return false;
  for (const Json& item : arguments) {
    std::optional<Argument> argument = read_argument(item);
    if (!argument) return false;
    method.arguments.push_back(*std::move(argument));
  }
  method.varargs = read_rest(json, "varargs");
  method.varkw = read_rest(json, "varkw");
  return true;
}

/// Returns a method of which `first` takes the arguments and `last` gives the result.
Method read_method(std::string name, const Json& first, const Json& last) {
  Method method{.name = std::move(name)};
  const Json& returns = value_at(last, "returns");
  if (read_arguments(first, method) && returns.is_object()) {
    method.returns = read_type(returns, 0);
    return method;
  }
  const Json both = &first == &last ? first : Json::array({first, last});
  return {.name = std::move(method.name), .unread = canonical_text(both)};
}

/// A processor and a method of it, as `call_orders` names them.
struct Step {
  std::string processor;
  std::string method;
};

/// Returns nothing for what is not a list of pairs, or is empty.
std::optional<std::vector<Step>> read_steps(const Json& json) {
  if (!json.is_array() || json.empty()) return std::nullopt;
  std::vector<Step> steps;
  for (const Json& pair : json) {
    const std::optional<std::vector<std::string>> names = read_names(pair);
    if (!names || names->size() != 2) return std::nullopt;
    steps.push_back({(*names)[0], (*names)[1]});
  }
  return steps;
}

std::string text_of_steps(const std::vector<Step>& steps, std::string_view method) {
  if (steps.size() == 1 && steps[0].processor == main_processor && steps[0].method == method) return {};
  std::string text;
  for (const Step& step : steps) text += (text.empty() ? "" : ", ") + step.processor + '.' + step.method;
  return text;
}

/// The methods of all processors. Json looks for a key from the first one on, which a hostile file makes slow.
class Signatures {
 public:
  explicit Signatures(const Json& processors) {
    for (const auto& [processor, value] : processors.items()) {
      const Json& methods = value_at(value, "methods");
      if (!methods.is_object()) continue;
      for (const auto& [method, signature] : methods.items()) methods_.emplace(key(processor, method), &signature);
    }
  }

  /// Returns null if there is none.
  const Json& at(const Step& step) const {
    static const Json null;
    const auto found = methods_.find(key(step.processor, step.method));
    return found == methods_.end() ? null : *found->second;
  }

 private:
  static std::string key(const std::string& processor, const std::string& method) { return processor + '\0' + method; }

  std::unordered_map<std::string, const Json*> methods_;
};

Method read_chain(const std::string& name, const Json& order, const Signatures& signatures) {
  const std::optional<std::vector<Step>> steps = read_steps(order);
  if (!steps) return {.name = name, .unread = canonical_text(order)};
  Method method = read_method(name, signatures.at(steps->front()), signatures.at(steps->back()));
  method.steps = text_of_steps(*steps, name);
  return method;
}

void read_model(const Json& json, Description& description) {
  const Json& processors = value_at(json, "processors");
  const Json& orders = value_at(json, "call_orders");
  // What MLEM calls a processor today was the model's own type until 0.4.
  const Json& model = processors.is_object() ? value_at(processors, main_processor) : value_at(json, "model_type");
  description.format = text_at(model, "type");
  if (orders.is_object() && !orders.empty() && processors.is_object()) {
    const Signatures signatures(processors);
    for (const auto& [name, order] : orders.items()) {
      description.methods.push_back(read_chain(name, order, signatures));
    }
    return;
  }
  const Json& methods = value_at(model, "methods");
  if (!methods.is_object()) return;
  for (const auto& [name, method] : methods.items()) description.methods.push_back(read_method(name, method, method));
}

void read_data(const Json& json, Description& description) {
  const Json& reader = value_at(json, "reader");
  description.format = text_at(reader, "type");
  if (const std::string format = text_at(reader, "format"); !format.empty()) description.format += ", " + format;
  for (const std::string_view key : {"data_type", "dataset_type"}) {
    const Json& type = value_at(reader, key);
    if (!description.data && type.is_object()) description.data = read_type(type, 0);
  }
}

Requirement read_requirement(const Json& json) {
  Requirement requirement{.kind = text_at(json, "type"), .name = text_at(json, "module")};
  if (requirement.kind.empty()) requirement.kind = "installable";
  if (requirement.kind == "custom") {
    requirement.name = text_at(json, "name");
    requirement.origin = canonical_text(value_at(json, "source64zip"));
    return requirement;
  }
  if (requirement.name.empty()) requirement.name = text_at(json, "package_name");
  if (requirement.name.empty()) requirement.name = canonical_text(json);
  requirement.version = text_at(json, "version");
  for (const std::string_view key : {"package_name", "extra_index", "source_url", "vcs", "vcs_commit"}) {
    const std::string text = text_at(json, key);
    if (text.empty() || text == requirement.name) continue;
    requirement.origin += fmt::format("{}{} {}", requirement.origin.empty() ? "" : ", ", key, text);
  }
  return requirement;
}

void read_requirements(const Json& json, Description& description) {
  for (const Json& item : json) description.requirements.push_back(read_requirement(item));
}

/// Returns a value as text_of_scalar() has it, and one that is not a scalar as JSON: it is not the same as none.
std::string text_of_any(const Json& json) { return json.is_structured() ? canonical_text(json) : text_of_scalar(json); }

Artifact read_artifact(std::string name, const Json& json) {
  return {std::move(name), text_at(json, "uri"), text_of_any(value_at(json, "hash")),
          text_of_any(value_at(json, "size")), text_at(json, "type")};
}

/// Returns whether it is a list of artifacts without names, as MLEM 0.1.10 wrote it.
bool is_artifact_list(const Json& json) {
  return json.is_array() && std::all_of(json.begin(), json.end(), [](const Json& item) { return item.is_object(); });
}

void read_artifacts(const Json& json, Description& description) {
  if (json.is_object()) {
    for (const auto& [name, item] : json.items()) description.artifacts.push_back(read_artifact(name, item));
    return;
  }
  for (const Json& item : json) {
    // The name that later versions give the only artifact, and nearly that of one of several.
    description.artifacts.push_back(read_artifact(json.size() == 1 ? "data" : text_at(item, "uri"), item));
  }
}

/// Returns whether read_model() or read_data() has read the key.
bool is_read(std::string_view key, std::string_view object_type) {
  if (key == "object_type") return true;
  if (object_type == "model") return key == "processors" || key == "call_orders" || key == "model_type";
  return object_type == "data" && key == "reader";
}

/// Returns whether the key changes nothing for who uses the object: what people note, today and in MLEM before 0.4.
bool is_note(std::string_view key) {
  constexpr auto keys = std::to_array<std::string_view>({"params", "description", "labels", "tags", "name"});
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Description describe(const Json& json) {
  Description description{.object_type = detail::current_type(text_at(json, "object_type"))};
  if (description.object_type == "model") read_model(json, description);
  if (description.object_type == "data") read_data(json, description);
  for (const auto& [key, value] : json.items()) {
    if (is_read(key, description.object_type) || value.is_null()) continue;
    if (key == "requirements" && value.is_array()) {
      read_requirements(value, description);
    } else if (key == "artifacts" && (value.is_object() || is_artifact_list(value))) {
      read_artifacts(value, description);
    } else {
      (is_note(key) ? description.notes : description.others).push_back({key, canonical_text(value)});
    }
  }
  return description;
}

}  // namespace

Description read_object(std::string_view text, const std::function<void()>& require_time) {
  Json json;
  try {
    json = detail::read_json(text, "not a metafile", max_values, require_time);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return {.unread = error.why()};
  }
  return describe(json);
}

std::optional<DividedObject> divide_object(std::string_view text) {
  constexpr std::size_t longest = std::size_t{1} << 18;  // has fewer values than are read
  constexpr auto keys = std::to_array<std::string_view>({"call_orders", "model_type", "processors"});
  if (text.size() > longest || !text.ends_with('\n') || !detail::scan_object_type(text)) return std::nullopt;
  DividedObject divided;
  std::set<std::string_view> met;
  while (!text.empty()) {
    std::size_t end = text.find('\n') + 1;
    const std::string_view line = text.substr(0, end);
    const std::string_view key = line.substr(0, std::min(line.find(": "), line.find(":\n")));
    if (!met.insert(key).second) return std::nullopt;
    while (end < text.size() && (text[end] == ' ' || text[end] == '-')) end = text.find('\n', end) + 1;
    const bool is_interface = std::find(keys.begin(), keys.end(), key) != keys.end();
    (is_interface ? divided.interface : divided.rest).append(text.substr(0, end));
    text.remove_prefix(end);
  }
  return divided;
}

}  // namespace mlem::yaml
