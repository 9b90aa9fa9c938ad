#include "model/object.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

namespace mlem::object {
namespace {

std::string text_of_shape(const DataType::Shape& shape) {
  std::vector<std::string> dimensions;
  dimensions.reserve(shape.size());
  for (const std::optional<std::int64_t>& dimension : shape) {
    dimensions.push_back(dimension ? std::to_string(*dimension) : "any");
  }
  return fmt::format("shape ({})", fmt::join(dimensions, ", "));
}

/// Returns `1 column` or `4 columns`.
std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string text_of_array(const DataType& type) {
  return fmt::format("{} of {}, {}", type.name, type.dtype, type.shape ? text_of_shape(*type.shape) : "any shape");
}

std::string text_of_rest(std::string_view stars, const Rest& rest) {
  const std::string name = std::string(stars) + rest.name;
  return rest.type.kind == DataType::Kind::unspecified ? name : fmt::format("{}: {}", name, text_of(rest.type));
}

}  // namespace

std::string text_of(const DataType& type) {
  switch (type.kind) {
    case DataType::Kind::unspecified:
      return "unspecified";
    case DataType::Kind::primitive:
      return type.dtype;
    case DataType::Kind::number:
      return "number of " + type.dtype;
    case DataType::Kind::ndarray:
    case DataType::Kind::tensor:
      return text_of_array(type);
    case DataType::Kind::table:
      return fmt::format("{} of {}", type.name, counted(type.columns.size(), "column"));
    case DataType::Kind::array:
      return type.size ? fmt::format("array of {} x {}", *type.size, text_of(type.items[0]))
                       : fmt::format("array of {}", text_of(type.items[0]));
    case DataType::Kind::sequence:
      return fmt::format("{} of {}", type.name, counted(type.items.size(), "item"));
    case DataType::Kind::dict:
      return fmt::format("dict of {}", counted(type.items.size(), "key"));
    case DataType::Kind::dynamic_dict:
      return fmt::format("dict of {} to {}", text_of(type.items[0]), text_of(type.items[1]));
    case DataType::Kind::unknown:
      return type.text;
  }
  return {};
}

std::string text_of(const Argument& argument) {
  std::string text = argument.name;
  if (argument.type.kind != DataType::Kind::unspecified) text += ": " + text_of(argument.type);
  if (!argument.required) text += " = " + argument.default_value;
  if (argument.keyword_only) text += " (by name only)";
  return text;
}

std::string text_of(const Method& method) {
  if (!method.unread.empty()) return method.unread;
  std::vector<std::string> parts;
  for (const Argument& argument : method.arguments) parts.push_back(text_of(argument));
  if (method.varargs) parts.push_back(text_of_rest("*", *method.varargs));
  if (method.varkw) parts.push_back(text_of_rest("**", *method.varkw));
  return fmt::format("({}) -> {}", fmt::join(parts, ", "), text_of(method.returns));
}

}  // namespace mlem::object
