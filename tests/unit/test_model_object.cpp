#include "model/compatibility.hpp"
#include "model/object.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using mlem::compare;
using mlem::Comparison;
using mlem::Compatibility;
using mlem::Detail;
using mlem::object::Argument;
using mlem::object::Artifact;
using mlem::object::Column;
using mlem::object::DataType;
using mlem::object::Description;
using mlem::object::Method;
using mlem::object::Requirement;
using mlem::object::Rest;

namespace {

using enum Compatibility;
using Kind = DataType::Kind;

DataType primitive(std::string name) {
  return {.kind = Kind::primitive, .name = "primitive", .dtype = std::move(name)};
}
DataType number(std::string dtype) { return {.kind = Kind::number, .name = "number", .dtype = std::move(dtype)}; }
DataType unspecified() { return {.name = "unspecified"}; }

DataType unknown_type(std::string text) {
  return {.kind = Kind::unknown, .name = "xgboost_dmatrix", .text = std::move(text)};
}

constexpr std::optional<std::int64_t> any = std::nullopt;

DataType ndarray(std::string dtype, std::optional<DataType::Shape> shape) {
  return {.kind = Kind::ndarray, .name = "ndarray", .dtype = std::move(dtype), .shape = std::move(shape)};
}

DataType tensor(std::string name, DataType::Shape shape) {
  return {.kind = Kind::tensor, .name = std::move(name), .dtype = "float32", .shape = std::move(shape)};
}

DataType table(std::vector<Column> columns, std::string name = "dataframe") {
  return {.kind = Kind::table, .name = std::move(name), .columns = std::move(columns)};
}

DataType array(DataType item, std::optional<std::int64_t> size = any) {
  return {.kind = Kind::array, .name = "array", .items = {std::move(item)}, .size = size};
}

DataType sequence(std::string name, std::vector<DataType> items) {
  return {.kind = Kind::sequence, .name = std::move(name), .items = std::move(items)};
}

DataType dict(std::vector<std::string> keys, std::vector<DataType> items) {
  return {.kind = Kind::dict, .name = "dict", .items = std::move(items), .keys = std::move(keys)};
}

DataType dynamic_dict(DataType key, DataType value) {
  return {.kind = Kind::dynamic_dict, .name = "d_dict", .items = {std::move(key), std::move(value)}};
}

Argument optional_argument(std::string name, DataType type, std::string value) {
  return {.name = std::move(name), .type = std::move(type), .required = false, .default_value = std::move(value)};
}

Argument named_only(Argument argument) {
  argument.keyword_only = true;
  return argument;
}

/// Returns a model with one method that takes `X` and, if it is told to, `k`.
Description model() {
  Description object{.object_type = "model", .format = "sklearn"};
  Method predict{.name = "predict"};
  predict.arguments.push_back({.name = "X", .type = table({{"age", "int64"}, {"score", "float64"}})});
  predict.arguments.push_back(optional_argument("k", primitive("int"), "3"));
  predict.returns = ndarray("int64", {{any}});
  object.methods.push_back(predict);
  object.requirements.push_back({"installable", "sklearn", "1.2.0"});
  object.artifacts.push_back({"data", "rf", "aa", "10"});
  return object;
}

Description data() {
  Description object{.object_type = "data", .format = "pandas, csv"};
  object.data = table({{"age", "int64"}});
  return object;
}

std::string text_of(const Detail& detail) {
  return detail.what + ": " + detail.from.value_or("-") + " -> " + detail.to.value_or("-");
}

std::vector<std::string> texts_of(const Comparison& comparison) {
  std::vector<std::string> texts;
  for (const Detail& detail : comparison.details) texts.push_back(text_of(detail));
  return texts;
}

using Change = std::function<void(Description&)>;

/// A change of the object, as it is told in git-mlem-compatibility(7).
struct ObjectRow {
  std::string text;
  Compatibility word;
  std::vector<std::string> details;
  Change after;
  Change before = [](Description&) {};
  Description (*object)() = model;
};

std::vector<Argument>& arguments(Description& object) { return object.methods[0].arguments; }

const std::vector<ObjectRow>& object_rows() {
  static const std::vector<ObjectRow> rows = {
      {"nothing", compatible, {}, [](Description&) {}},
      {"a method is added",
       extended,
       {"method score: - -> () -> float"},
       [](Description& o) { o.methods.push_back({.name = "score", .returns = primitive("float")}); }},
      {"a method is removed",
       breaking,
       {"method predict: (X: dataframe of 2 columns, k: int = 3) -> ndarray of int64, shape (any) -> -"},
       [](Description& o) { o.methods.clear(); }},
      {"a method is renamed",
       breaking,
       {"method predict: (X: dataframe of 2 columns, k: int = 3) -> ndarray of int64, shape (any) -> -",
        "method classify: - -> (X: dataframe of 2 columns, k: int = 3) -> ndarray of int64, shape (any)"},
       [](Description& o) { o.methods[0].name = "classify"; }},
      {"methods are in another order",
       compatible,
       {},
       [](Description& o) { o.methods.insert(o.methods.begin(), {.name = "score"}); },
       [](Description& o) { o.methods.push_back({.name = "score"}); }},
      {"a method goes through other steps",
       compatible,
       {"method predict: steps: - -> scale.transform, model.predict"},
       [](Description& o) { o.methods[0].steps = "scale.transform, model.predict"; }},
      {"a method that is not understood stays as it is",
       compatible,
       {},
       [](Description& o) { o.methods.push_back({.name = "embed", .unread = "[1]"}); },
       [](Description& o) { o.methods.push_back({.name = "embed", .unread = "[1]"}); }},
      {"a method that is not understood changes",
       unknown,
       {"method embed: [1] -> [2]"},
       [](Description& o) { o.methods.push_back({.name = "embed", .unread = "[2]"}); },
       [](Description& o) { o.methods.push_back({.name = "embed", .unread = "[1]"}); }},

      {"an optional argument is added at the end",
       extended,
       {"method predict: argument p: - -> p: float = 0.5"},
       [](Description& o) { arguments(o).push_back(optional_argument("p", primitive("float"), "0.5")); }},
      {"an optional argument is added before others",
       breaking,
       {"method predict: argument p: - -> p: float = 0.5", "method predict: order of arguments: X, k -> X, p, k"},
       [](Description& o) {
         arguments(o).insert(arguments(o).begin() + 1, optional_argument("p", primitive("float"), "0.5"));
       }},
      {"an optional argument is added, to be given by name only",
       extended,
       {"method predict: argument p: - -> p: float = 0.5 (by name only)"},
       [](Description& o) {
         arguments(o).insert(arguments(o).begin(), named_only(optional_argument("p", primitive("float"), "0.5")));
       }},
      {"an optional argument is added at the end where *args took it",
       breaking,
       {"method predict: argument p: - -> p: float = 0.5"},
       [](Description& o) {
         arguments(o).push_back(optional_argument("p", primitive("float"), "0.5"));
         o.methods[0].varargs = Rest{"args", unspecified()};
       },
       [](Description& o) {
         o.methods[0].varargs = Rest{"args", unspecified()};
       }},
      {"a required argument is added",
       breaking,
       {"method predict: argument y: - -> y: int"},
       [](Description& o) { arguments(o).push_back({.name = "y", .type = primitive("int")}); }},
      {"a required argument is added, to be given by name only",
       breaking,
       {"method predict: argument y: - -> y: int (by name only)"},
       [](Description& o) { arguments(o).push_back(named_only({.name = "y", .type = primitive("int")})); }},
      {"a required argument is removed",
       breaking,
       {"method predict: argument X: X: dataframe of 2 columns -> -"},
       [](Description& o) { arguments(o).erase(arguments(o).begin()); }},
      {"an optional argument is removed",
       breaking,
       {"method predict: argument k: k: int = 3 -> -"},
       [](Description& o) { arguments(o).pop_back(); }},
      {"an argument is renamed",
       breaking,
       {"method predict: argument X: X -> data"},
       [](Description& o) { arguments(o)[0].name = "data"; }},
      {"two arguments change places",
       breaking,
       {"method predict: order of arguments: X, k -> k, X"},
       [](Description& o) { std::swap(arguments(o)[0], arguments(o)[1]); }},
      {"two arguments that are given by name only change places",
       compatible,
       {},
       [](Description& o) {
         for (Argument& argument : arguments(o)) argument.keyword_only = true;
         std::swap(arguments(o)[0], arguments(o)[1]);
       },
       [](Description& o) {
         for (Argument& argument : arguments(o)) argument.keyword_only = true;
       }},
      {"a required argument becomes optional",
       extended,
       {"method predict: argument X: required -> optional, null"},
       [](Description& o) {
         arguments(o)[0].required = false;
         arguments(o)[0].default_value = "null";
       }},
      {"an optional argument becomes required",
       breaking,
       {"method predict: argument k: optional, 3 -> required"},
       [](Description& o) { arguments(o)[1] = {.name = "k", .type = primitive("int")}; }},
      {"an optional argument has another default",
       compatible,
       {"method predict: argument k: default: 3 -> 4"},
       [](Description& o) { arguments(o)[1].default_value = "4"; }},
      {"an argument is now to be given by name only",
       breaking,
       {"method predict: argument k: by name or position -> by name only"},
       [](Description& o) { arguments(o)[1].keyword_only = true; }},
      {"an argument may now be given by position too",
       extended,
       {"method predict: argument k: by name only -> by name or position"},
       [](Description&) {},
       [](Description& o) { arguments(o)[1].keyword_only = true; }},
      {"*args is added",
       extended,
       {"method predict: further arguments: - -> args"},
       [](Description& o) {
         o.methods[0].varargs = Rest{"args", unspecified()};
       }},
      {"*args is removed",
       breaking,
       {"method predict: further arguments: args -> -"},
       [](Description&) {},
       [](Description& o) {
         o.methods[0].varargs = Rest{"args", unspecified()};
       }},
      {"*args is renamed",
       compatible,
       {"method predict: further arguments: args -> rest"},
       [](Description& o) {
         o.methods[0].varargs = Rest{"rest", unspecified()};
       },
       [](Description& o) {
         o.methods[0].varargs = Rest{"args", unspecified()};
       }},
      {"*args of a known type, the only argument, is renamed",
       breaking,
       {"method predict: further arguments: args -> rest"},
       [](Description& o) {
         o.methods[0] = {.name = "predict", .varargs = Rest{"rest", primitive("int")}};
       },
       [](Description& o) {
         o.methods[0] = {.name = "predict", .varargs = Rest{"args", primitive("int")}};
       }},
      {"*args of int become *args of float",
       extended,
       {"method predict: further arguments: int -> float"},
       [](Description& o) {
         o.methods[0].varargs = Rest{"args", primitive("float")};
       },
       [](Description& o) {
         o.methods[0].varargs = Rest{"args", primitive("int")};
       }},
      {"**kwargs is added",
       extended,
       {"method predict: further named arguments: - -> kwargs"},
       [](Description& o) {
         o.methods[0].varkw = Rest{"kwargs", unspecified()};
       }},
      {"**kwargs is removed",
       breaking,
       {"method predict: further named arguments: kwargs -> -"},
       [](Description&) {},
       [](Description& o) {
         o.methods[0].varkw = Rest{"kwargs", unspecified()};
       }},

      {"the object is of another type", breaking, {"object_type: model -> data"}, [](Description& o) { o = data(); }},
      {"the model is of another library",
       compatible,
       {"type: sklearn -> xgboost"},
       [](Description& o) { o.format = "xgboost"; }},
      {"data is stored in another format",
       compatible,
       {"type: pandas, csv -> pandas, parquet"},
       [](Description& o) { o.format = "pandas, parquet"; },
       [](Description&) {},
       data},
      {"data has a type for the first time",
       extended,
       {"data: - -> dataframe of 1 column"},
       [](Description&) {},
       [](Description& o) { o.data.reset(); },
       data},
      {"data has no type any more",
       breaking,
       {"data: dataframe of 1 column -> -"},
       [](Description& o) { o.data.reset(); },
       [](Description&) {},
       data},
      {"data has another column",
       extended,
       {"data: column name: - -> category"},
       [](Description& o) {
         o.data->columns.push_back({"name", "category"});
       },
       [](Description&) {},
       data},

      {"a requirement is added",
       breaking,
       {"requirement pandas: - -> 1.5.2"},
       [](Description& o) {
         o.requirements.push_back({"installable", "pandas", "1.5.2"});
       }},
      {"a package of the operating system is required",
       breaking,
       {"requirement libgomp1: - -> any version"},
       [](Description& o) {
         o.requirements.push_back({"unix", "libgomp1"});
       }},
      {"code that the metafile carries along is added",
       compatible,
       {"requirement model: - -> code of its own"},
       [](Description& o) {
         o.requirements.push_back({"custom", "model", "", "eJx9"});
       }},
      {"code that the metafile carries along changes",
       compatible,
       {"requirement model: code: eJx9 -> eJx8"},
       [](Description& o) {
         o.requirements.push_back({"custom", "model", "", "eJx8"});
       },
       [](Description& o) {
         o.requirements.push_back({"custom", "model", "", "eJx9"});
       }},
      {"code that the metafile carried along is to be installed",
       breaking,
       {"requirement model: code of its own -> -", "requirement model: - -> 1.0"},
       [](Description& o) {
         o.requirements.push_back({"installable", "model", "1.0"});
       },
       [](Description& o) {
         o.requirements.push_back({"custom", "model", "", "eJx9"});
       }},
      {"a requirement is removed",
       compatible,
       {"requirement sklearn: 1.2.0 -> -"},
       [](Description& o) { o.requirements.clear(); }},
      {"a requirement has another version",
       compatible,
       {"requirement sklearn: 1.2.0 -> 1.3.1"},
       [](Description& o) { o.requirements[0].version = "1.3.1"; }},
      {"a requirement may have any version",
       compatible,
       {"requirement sklearn: 1.2.0 -> any version"},
       [](Description& o) { o.requirements[0].version.clear(); }},
      {"a requirement comes from elsewhere",
       compatible,
       {"requirement sklearn: origin: - -> package_name scikit-learn"},
       [](Description& o) { o.requirements[0].origin = "package_name scikit-learn"; }},
      {"requirements are in another order",
       compatible,
       {},
       [](Description& o) {
         o.requirements.insert(o.requirements.begin(), {"unix", "libgomp1"});
       },
       [](Description& o) {
         o.requirements.push_back({"unix", "libgomp1"});
       }},

      {"an artifact has other content",
       compatible,
       {"artifact data: hash: aa -> bb", "artifact data: size: 10 -> 12"},
       [](Description& o) {
         o.artifacts[0].hash = "bb";
         o.artifacts[0].size = "12";
       }},
      {"an artifact has another place",
       compatible,
       {"artifact data: uri: rf -> models/rf"},
       [](Description& o) { o.artifacts[0].uri = "models/rf"; }},
      {"an artifact is tracked by DVC",
       compatible,
       {"artifact data: type: - -> dvc"},
       [](Description& o) { o.artifacts[0].type = "dvc"; }},
      {"an artifact is added to others",
       compatible,
       {"artifact vocabulary: - -> words.txt"},
       [](Description& o) {
         o.artifacts.push_back({"vocabulary", "words.txt"});
       }},
      {"one of several artifacts is removed",
       compatible,
       {"artifact vocabulary: words.txt -> -"},
       [](Description&) {},
       [](Description& o) {
         o.artifacts.push_back({"vocabulary", "words.txt"});
       }},
      {"the first artifact is added",
       extended,
       {"artifact data: - -> rf"},
       [](Description&) {},
       [](Description& o) { o.artifacts.clear(); }},
      {"the last artifact is removed",
       breaking,
       {"artifact data: rf -> -"},
       [](Description& o) { o.artifacts.clear(); }},

      {"what is noted in params changes",
       compatible,
       {R"(params: {"stage":"dev"} -> {"stage":"prod"})"},
       [](Description& o) {
         o.notes.push_back({"params", R"({"stage":"prod"})"});
       },
       [](Description& o) {
         o.notes.push_back({"params", R"({"stage":"dev"})"});
       }},
      {"a key that is not understood stays as it is",
       compatible,
       {},
       [](Description& o) {
         o.others.push_back({"target", "\"build/\""});
       },
       [](Description& o) {
         o.others.push_back({"target", "\"build/\""});
       }},
      {"a key that is not understood is added",
       unknown,
       {R"(target: - -> "build/")"},
       [](Description& o) {
         o.others.push_back({"target", "\"build/\""});
       }},
      {"a key that is not understood changes",
       unknown,
       {R"(target: "build/" -> "out/")"},
       [](Description& o) {
         o.others.push_back({"target", "\"out/\""});
       },
       [](Description& o) {
         o.others.push_back({"target", "\"build/\""});
       }},
      {"the metafile cannot be read any more",
       unknown,
       {"object: model -> cannot be read: line 1, column 1: no YAML mapping"},
       [](Description& o) { o = {.unread = "line 1, column 1: no YAML mapping"}; }},
  };
  return rows;
}

/// A change of a type, as it is told in git-mlem-compatibility(7).
struct TypeRow {
  std::string text;
  Compatibility sent;
  Compatibility returned;
  DataType before;
  DataType after;
};

const std::vector<TypeRow>& type_rows() {
  static const DataType ab = table({{"a", "int64"}, {"b", "float64"}});
  static const std::vector<TypeRow> rows = {
      {"bool to int", extended, breaking, primitive("bool"), primitive("int")},
      {"int to float", extended, breaking, primitive("int"), primitive("float")},
      {"float to int", breaking, compatible, primitive("float"), primitive("int")},
      {"int to str", breaking, breaking, primitive("int"), primitive("str")},
      {"a number of int32 to int64", extended, breaking, number("int32"), number("int64")},
      {"int to a number of int64", breaking, breaking, primitive("int"), number("int64")},
      {"anything to what is unspecified", unknown, unknown, primitive("int"), unspecified()},
      {"what is unspecified to anything", unknown, unknown, unspecified(), primitive("int")},
      {"an unknown type, unchanged", compatible, compatible, unknown_type("{1}"), unknown_type("{1}")},
      {"an unknown type, changed", unknown, unknown, unknown_type("{1}"), unknown_type("{2}")},
      {"a known type to an unknown one", unknown, unknown, primitive("int"), unknown_type("{1}")},

      {"int32 to int64", extended, breaking, ndarray("int32", {{any}}), ndarray("int64", {{any}})},
      {"int64 to int32", breaking, compatible, ndarray("int64", {{any}}), ndarray("int32", {{any}})},
      {"int64 to float64", extended, breaking, ndarray("int64", {{any}}), ndarray("float64", {{any}})},
      {"int64 to float32", breaking, breaking, ndarray("int64", {{any}}), ndarray("float32", {{any}})},
      {"int64 to uint64", breaking, breaking, ndarray("int64", {{any}}), ndarray("uint64", {{any}})},
      {"uint32 to int64", extended, breaking, ndarray("uint32", {{any}}), ndarray("int64", {{any}})},
      {"float32 to complex64", extended, breaking, ndarray("float32", {{any}}), ndarray("complex64", {{any}})},
      {"int64 to object", unknown, unknown, ndarray("int64", {{any}}), ndarray("object", {{any}})},
      {"int64 to a name that is not known", unknown, unknown, ndarray("int64", {{any}}), ndarray("posit8", {{any}})},
      {"a dimension of 3 to any", extended, breaking, ndarray("int64", {{any, 3}}), ndarray("int64", {{any, any}})},
      {"a dimension of any to 3", breaking, compatible, ndarray("int64", {{any, any}}), ndarray("int64", {{any, 3}})},
      {"a dimension of 3 to 4", breaking, breaking, ndarray("int64", {{any, 3}}), ndarray("int64", {{any, 4}})},
      {"another number of dimensions", breaking, breaking, ndarray("int64", {{any}}), ndarray("int64", {{any, any}})},
      {"a shape to any shape", extended, breaking, ndarray("int64", {{any}}), ndarray("int64", std::nullopt)},
      {"any shape to a shape", breaking, compatible, ndarray("int64", std::nullopt), ndarray("int64", {{any}})},
      {"a tensor of another batch", compatible, compatible, tensor("torch", {8, 3}), tensor("torch", {16, 3})},
      {"a tensor of another size", breaking, breaking, tensor("torch", {8, 3}), tensor("torch", {8, 4})},
      {"a tensor of torch to one of TensorFlow", breaking, breaking, tensor("torch", {8}), tensor("tf_tensor", {8})},
      {"an ndarray to a dataframe", breaking, breaking, ndarray("int64", {{any, any}}), ab},

      {"a column is added", breaking, extended, table({{"a", "int64"}}), ab},
      {"a column is dropped", breaking, breaking, ab, table({{"a", "int64"}})},
      {"a column is renamed", breaking, breaking, ab, table({{"a", "int64"}, {"c", "float64"}})},
      {"columns change places", breaking, compatible, ab, table({{"b", "float64"}, {"a", "int64"}})},
      {"a column of int64 is float64", extended, breaking, ab, table({{"a", "float64"}, {"b", "float64"}})},
      {"a column of float64 is int64", breaking, compatible, ab, table({{"a", "int64"}, {"b", "int64"}})},
      {"a column of int64 may lack values (Int64)", extended, breaking, ab, table({{"a", "Int64"}, {"b", "float64"}})},
      {"a column that could lack values may not (int64)", breaking, compatible,
       table({{"a", "Int64"}, {"b", "float64"}}), ab},
      {"a column of int64 is category", breaking, breaking, ab, table({{"a", "category"}, {"b", "float64"}})},
      {"a column of int64 is object", unknown, unknown, ab, table({{"a", "object"}, {"b", "float64"}})},
      {"a column is the index", breaking, breaking, ab, table({{"a", "int64", true}, {"b", "float64"}})},
      {"a dataframe to a series", breaking, breaking, ab, table({{"a", "int64"}, {"b", "float64"}}, "series")},

      {"an array of int to one of float", extended, breaking, array(primitive("int")), array(primitive("float"))},
      {"an array of 3 to one of any size", extended, breaking, array(primitive("int"), 3), array(primitive("int"))},
      {"an array of any size to one of 3", breaking, compatible, array(primitive("int")), array(primitive("int"), 3)},
      {"a list of items that are alike to an array", extended, breaking,
       sequence("list", {primitive("int"), primitive("int")}), array(primitive("int"))},
      {"an item is added to a list or tuple", breaking, breaking, sequence("tuple", {primitive("int")}),
       sequence("tuple", {primitive("int"), primitive("str")})},
      {"an item of a tuple is wider", extended, breaking, sequence("tuple", {primitive("int")}),
       sequence("tuple", {primitive("float")})},
      {"a list to a tuple", breaking, breaking, sequence("list", {primitive("int"), primitive("str")}),
       sequence("tuple", {primitive("int"), primitive("str")})},
      {"a key is added to a dict", breaking, extended, dict({"a"}, {primitive("int")}),
       dict({"a", "b"}, {primitive("int"), primitive("str")})},
      {"a key is removed from a dict", breaking, breaking, dict({"a", "b"}, {primitive("int"), primitive("str")}),
       dict({"a"}, {primitive("int")})},
      {"keys of a dict change places", compatible, compatible, dict({"a", "b"}, {primitive("int"), primitive("str")}),
       dict({"b", "a"}, {primitive("str"), primitive("int")})},
      {"a value of a dict is wider", extended, breaking, dict({"a"}, {primitive("int")}),
       dict({"a"}, {primitive("float")})},
      {"values of a dict of any keys are wider", extended, breaking, dynamic_dict(primitive("str"), primitive("int")),
       dynamic_dict(primitive("str"), primitive("float"))},
      {"a dict of certain keys to one of any", breaking, breaking, dict({"a"}, {primitive("int")}),
       dynamic_dict(primitive("str"), primitive("int"))},
  };
  return rows;
}

Description called_with(const DataType& type) {
  Description object = model();
  arguments(object) = {{.name = "X", .type = type}};
  return object;
}

Description returning(const DataType& type) {
  Description object = model();
  object.methods[0].returns = type;
  return object;
}

}  // namespace

TEST_CASE("compare: what changes of an object has one word and its details") {
  for (const ObjectRow& row : object_rows()) {
    CAPTURE(row.text);
    Description before = row.object();
    Description after = row.object();
    row.before(before);
    row.after(after);
    const Comparison comparison = compare(before, after);
    CHECK(name(comparison.compatibility) == name(row.word));
    CHECK(texts_of(comparison) == row.details);
  }
}

TEST_CASE("compare: types of arguments may be wider and those of results narrower") {
  for (const TypeRow& row : type_rows()) {
    CAPTURE(row.text);
    CHECK(name(compare(called_with(row.before), called_with(row.after)).compatibility) == name(row.sent));
    CHECK(name(compare(returning(row.before), returning(row.after)).compatibility) == name(row.returned));
  }
}

TEST_CASE("compare: each change of a type is a detail where it is") {
  struct Row {
    DataType before;
    DataType after;
    std::vector<std::string> details;
  };
  const std::string what = "method predict: argument X";
  const Row rows[] = {
      {primitive("int"), primitive("str"), {what + ": int -> str"}},
      {number("int32"), unspecified(), {what + ": number of int32 -> unspecified"}},
      {ndarray("int64", std::nullopt),
       ndarray("float64", {{any, 3}}),
       {what + ": ndarray of int64, any shape -> ndarray of float64, shape (any, 3)"}},
      {table({{"a", "int64"}, {"b", "int64"}, {"c", "int64"}}),
       table({{"c", "int64"}, {"a", "float64", true}, {"d", "bool"}}),
       {what + ": column a: int64 -> float64", what + ": column a: column -> index", what + ": column b: int64 -> -",
        what + ": column d: - -> bool", what + ": order of columns: a, c -> c, a"}},
      {table({{"a", "int64"}, {"a", "str"}}), table({{"a", "int64"}}), {what + ": column a: str -> -"}},
      {array(array(primitive("int"), 2)),
       array(array(primitive("str"), 3)),
       {what + ": items: size: 2 -> 3", what + ": items: items: int -> str"}},
      {sequence("tuple", {primitive("int"), array(primitive("int"))}),
       sequence("tuple", {primitive("int"), array(primitive("str"))}),
       {what + ": item 1: items: int -> str"}},
      {sequence("tuple", {primitive("int")}), sequence("tuple", {}), {what + ": tuple of 1 item -> tuple of 0 items"}},
      {dict({"a", "b"}, {primitive("int"), primitive("int")}),
       dict({"b", "c"}, {primitive("str"), primitive("int")}),
       {what + ": key a: int -> -", what + ": key b: int -> str", what + ": key c: - -> int"}},
      {dynamic_dict(primitive("str"), primitive("int")),
       dynamic_dict(primitive("int"), primitive("str")),
       {what + ": keys: str -> int", what + ": values: int -> str"}},
      {dict({"a"}, {primitive("int")}),
       dynamic_dict(primitive("str"), primitive("int")),
       {what + ": dict of 1 key -> dict of str to int"}},
      {array(primitive("int"), 3), unknown_type("{1}"), {what + ": array of 3 x int -> {1}"}},
  };
  for (const Row& row : rows) {
    CHECK(texts_of(compare(called_with(row.before), called_with(row.after))) == row.details);
  }
}

TEST_CASE("compare: of several changes the worst counts") {
  const Description before = model();
  Description after = model();
  const auto word = [&] { return name(compare(before, after).compatibility); };
  after.artifacts[0].hash = "bb";
  CHECK(word() == "compatible");
  after.methods.push_back({.name = "score"});
  CHECK(word() == "extended");
  after.others.push_back({"target", "1"});
  CHECK(word() == "unknown");
  after.methods[0].returns = primitive("str");
  CHECK(word() == "breaking");
  CHECK(compare(before, after).details.size() == 4);
}

TEST_CASE("compare: of very many changes the first are kept and the word of all") {
  Description before = model();
  for (int i = 0; i < 5000; ++i) before.artifacts.push_back({"file " + std::to_string(i), "a"});
  Description after = before;
  for (Artifact& artifact : after.artifacts) artifact.uri = "b";
  after.others.push_back({"target", "1"});
  after.others.push_back({"other", "1"});
  const Comparison comparison = compare(before, after);
  CHECK(comparison.compatibility == unknown);
  CHECK(comparison.details.size() == mlem::max_details + 1);
  CHECK(text_of(comparison.details.back()) == "target: - -> 1");
}

TEST_CASE("compare: git-mlem-compatibility(7) tells the same rules") {
  std::ifstream file(GIT_MLEM_MANUAL "/man7/git-mlem-compatibility.7");
  std::vector<std::string> told;
  for (std::string line; std::getline(file, line);) {
    const bool is_row = line.starts_with(".It ") && line.find(" Ta ") != std::string::npos;
    if (is_row && !line.starts_with(".It Em ")) told.push_back(line);
  }
  std::vector<std::string> rules;
  for (const ObjectRow& row : object_rows()) {
    rules.push_back(".It " + row.text + " Ta " + std::string(name(row.word)));
  }
  for (const TypeRow& row : type_rows()) {
    rules.push_back(".It " + row.text + " Ta " + std::string(name(row.sent)) + " Ta " +
                    std::string(name(row.returned)));
  }
  std::sort(told.begin(), told.end());
  std::sort(rules.begin(), rules.end());
  CHECK(told == rules);
}
