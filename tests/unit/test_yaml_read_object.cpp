#include "base/error.hpp"
#include "model/compatibility.hpp"
#include "model/object.hpp"
#include "yaml/read_object.hpp"

#include "yaml_fixtures.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

using mlem::compare;
using mlem::Comparison;
using mlem::object::Artifact;
using mlem::object::DataType;
using mlem::object::Description;
using mlem::object::Field;
using mlem::object::Method;
using mlem::object::Requirement;
using mlem::yaml::divide_object;
using mlem::yaml::read_object;

namespace {

/// Returns the metafile of a model of MLEM 0.4 whose `predict` takes an `X` of this type, in flow style.
std::string model(const std::string& type) {
  return "call_orders: {predict: [[model, predict]]}\nobject_type: model\n"
         "processors: {model: {methods: {predict: {args: [{name: X, type_: " +
         type + "}], name: predict, returns: {type: unspecified}}}, type: sklearn}}\n";
}

DataType argument_type(const std::string& type) {
  const Description object = read_object(model(type));
  REQUIRE(object.methods.size() == 1);
  REQUIRE(object.methods[0].arguments.size() == 1);
  return object.methods[0].arguments[0].type;
}

std::string columns_of(const DataType& type) {
  std::string text;
  for (const auto& column : type.columns) {
    text += column.name + ' ' + column.dtype + (column.is_index ? " index" : "") + '\n';
  }
  return text;
}

/// Returns what a description says, line by line.
std::string outline(const Description& object) {
  std::string text = object.object_type + " / " + object.format + '\n';
  for (const Method& method : object.methods) {
    text += method.name + text_of(method) + (method.steps.empty() ? "" : " by " + method.steps) + '\n';
  }
  if (object.data) text += "data " + text_of(*object.data) + '\n';
  for (const Requirement& r : object.requirements) {
    text += r.kind + ' ' + r.name + ' ' + r.version + (r.origin.empty() ? "" : " (" + r.origin + ")") + '\n';
  }
  for (const Artifact& a : object.artifacts) {
    text += "artifact " + a.name + ' ' + a.uri + ' ' + a.hash + ' ' + a.size + ' ' + a.type + '\n';
  }
  for (const Field& field : object.notes) text += "note " + field.name + ' ' + field.text + '\n';
  for (const Field& field : object.others) text += "other " + field.name + ' ' + field.text + '\n';
  return text;
}

}  // namespace

TEST_CASE("read_object: a model of each vintage says the same of its methods") {
  const std::string signature =
      "{predict: {name: predict, args: [{name: X, type_: {type: primitive, ptype: int}}, {name: k, type_: {type: "
      "unspecified}, required: false, default: {b: 1, a: yes}}, {name: s, type_: {type: primitive, ptype: str}, "
      "required: false, kw_only: true}], varargs: rest, varargs_type: {type: primitive, ptype: float}, varkw: kw, "
      "returns: {type: number, dtype: float64}}}";
  const std::string texts[] = {
      "object_type: model\nmodel_type: {type: sklearn, methods: " + signature + "}\n",
      "object_type: model\nprocessors: {model: {type: sklearn, methods: " + signature + "}}\n",
      "call_orders: {predict: [[model, predict]]}\nobject_type: model\nprocessors: {model: {type: sklearn, methods: " +
          signature + "}}\n",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(outline(read_object(text)) ==
          "model / sklearn\n"
          "predict(X: int, k = {\"a\":true,\"b\":1}, s: str = null (by name only), *rest: float, **kw) -> number of "
          "float64\n");
  }
}

TEST_CASE("read_object: a method takes what its first step does and gives what the last one does") {
  const Description object = read_object(R"(
call_orders:
  predict: [[scale, transform], [model, run], [names, look_up]]
  broken: [[scale, transform], [model, nothing]]
  empty: []
object_type: model
processors:
  model: {type: torch, methods: {run: {name: f, args: [], returns: {type: binary}}}}
  names: {type: callable, methods: {look_up: {name: g, args: [], returns: {type: primitive, ptype: str}}}}
  scale: {type: callable, methods: {transform: {name: h, args: [{name: raw, type_: {type: binary}}], returns: {type: unspecified}}}}
)");
  CHECK(
      outline(object) ==
      "model / torch\n"
      "predict(raw: bytes) -> str by scale.transform, model.run, names.look_up\n"
      R"(broken[{"args":[{"name":"raw","type_":{"type":"binary"}}],"name":"h","returns":{"type":"unspecified"}},null])"
      " by scale.transform, model.nothing\n"
      "empty[]\n");
}

TEST_CASE("read_object: types are read with all that tells them apart") {
  struct Row {
    std::string yaml;
    std::string text;
  };
  const Row rows[] = {
      {"{type: unspecified}", "unspecified"},
      {"{type: primitive, ptype: NoneType}", "NoneType"},
      {"{type: binary}", "bytes"},
      {"{type: number, dtype: int8}", "number of int8"},
      {"{type: ndarray, dtype: int64, shape: [null, 3]}", "ndarray of int64, shape (any, 3)"},
      {"{type: ndarray, dtype: int64, shape: null}", "ndarray of int64, any shape"},
      {"{type: torch, dtype: float32, shape: [5, 1]}", "torch of float32, shape (5, 1)"},
      {"{type: tf_tensor, dtype: float32, shape: []}", "tf_tensor of float32, shape ()"},
      {"{type: series, columns: [''], dtypes: [int64], index_cols: []}", "series of 1 column"},
      {"{type: array, dtype: {type: primitive, ptype: int}}", "array of int"},
      {"{type: array, dtype: {type: primitive, ptype: int}, size: 3}", "array of 3 x int"},
      {"{type: list, dtype: {type: primitive, ptype: int}, size: null}", "array of int"},
      {"{type: list, items: [{type: binary}]}", "list of 1 item"},
      {"{type: tuple_like_list, items: [{type: binary}]}", "list of 1 item"},
      {"{type: tuple, items: []}", "tuple of 0 items"},
      {"{type: dict, item_types: {a: {type: binary}, 1: {type: binary}}}", "dict of 2 keys"},
      {"{type: d_dict, key_type: {type: primitive, ptype: str}, value_type: {type: binary}}", "dict of str to bytes"},
      // What is not as MLEM writes it.
      {"{type: xgboost_dmatrix, is_from_list: no}", R"({"is_from_list":false,"type":"xgboost_dmatrix"})"},
      {"{ptype: int}", R"({"ptype":"int"})"},
      {"{type: primitive}", R"({"type":"primitive"})"},
      {"{type: [primitive]}", R"({"type":["primitive"]})"},
      {"{type: ndarray, dtype: int64, shape: 3}", R"({"dtype":"int64","shape":3,"type":"ndarray"})"},
      {"{type: ndarray, dtype: int64, shape: [x]}", R"({"dtype":"int64","shape":["x"],"type":"ndarray"})"},
      {"{type: ndarray, dtype: int64, shape: [18446744073709551615]}",
       R"({"dtype":"int64","shape":[18446744073709551615],"type":"ndarray"})"},
      {"{type: dataframe, columns: [a], dtypes: []}", R"({"columns":["a"],"dtypes":[],"type":"dataframe"})"},
      {"{type: dataframe, columns: [[a]], dtypes: [b]}", R"({"columns":[["a"]],"dtypes":["b"],"type":"dataframe"})"},
      {"{type: array, dtype: {type: binary}, size: x}", R"({"dtype":{"type":"binary"},"size":"x","type":"array"})"},
      {"{type: tuple, items: 1}", R"({"items":1,"type":"tuple"})"},
      {"{type: dict, item_types: [1]}", R"({"item_types":[1],"type":"dict"})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.yaml);
    CHECK(text_of(argument_type(row.yaml)) == row.text);
  }
  CHECK(columns_of(
            argument_type("{type: dataframe, columns: [i, 0, '1'], dtypes: [int64, bool, str], index_cols: [i]}")) ==
        "i int64 index\n0 bool\n1 str\n");
}

TEST_CASE("read_object: what cannot be understood is told apart by its content alone") {
  const auto word = [](const std::string& a, const std::string& b) {
    return name(compare(read_object(a), read_object(b)).compatibility);
  };
  CHECK(word(model("{type: new, a: 1, b: 2}"), model("{b: 2, a: 1, type: new}")) == "compatible");
  CHECK(word(model("{type: new, a: 1}"), model("{type: new, a: 2}")) == "unknown");
  const std::string much(300, 'x');
  CHECK(word(model("{type: new, a: " + much + "}"), model("{type: new, a: " + much + "y}")) == "unknown");
  CHECK(text_of(argument_type("{type: new, a: " + much + "}")) ==
        "321 bytes with SHA-256 0c8881a7892b8e28452a6e1775a08b2f9bdb008c0bb06e9c36706743109b023d");
  // A method that is not as MLEM writes one is known to be there.
  CHECK(word("object_type: model\nmodel_type: {methods: {f: 1}}",
             "object_type: model\nmodel_type: {methods: {f: 2}}") == "unknown");
  CHECK(word("object_type: model\nmodel_type: {methods: {f: 1}}", "object_type: model\nmodel_type: {methods: {}}") ==
        "breaking");
  CHECK(word("object_type: builder\ntype: pip\n", "object_type: builder\ntype: docker\n") == "unknown");
}

TEST_CASE("read_object: data of each vintage") {
  const std::string type = "{type: dataframe, columns: [a], dtypes: [int64], index_cols: []}";
  const std::string today = "object_type: data\nreader: {type: pandas, format: csv, data_type: " + type + "}\n";
  const std::string old = "object_type: dataset\nreader: {type: pandas, format: csv, dataset_type: " + type + "}\n";
  CHECK(outline(read_object(today)) == "data / pandas, csv\ndata dataframe of 1 column\n");
  CHECK(read_object(today) == read_object(old));
}

TEST_CASE("read_object: requirements and artifacts and other keys of every kind") {
  CHECK(outline(read_object(R"(
artifacts: {data: {hash: aa, size: 10, uri: rf, type: dvc}, other: 3}
description: old
labels: []
location: null
object_type: builder
params: {a: 1}
requirements:
- {module: sklearn, version: 1.2.0, package_name: scikit-learn}
- {module: torch, version: 1.10, type: installable, vcs: git, vcs_commit: abc, source_url: 'https://x'}
- {type: custom, name: model, source64zip: eJx9, is_package: false}
- {type: unix, package_name: libgomp1}
- {type: conda, package_name: x}
- 17
target: build/
)")) == R"(builder / 
installable sklearn 1.2.0 (package_name scikit-learn)
installable torch 1.1 (source_url https://x, vcs git, vcs_commit abc)
custom model  ("eJx9")
unix libgomp1 
conda x 
installable 17 
artifact data rf aa 10 dvc
artifact other    
note description "old"
note labels []
note params {"a":1}
other target "build/"
)");
}

TEST_CASE("read_object: artifacts of MLEM 0.1.10 have no names") {
  const std::string one = "{uri: rf, size: 10, hash: aa}";
  CHECK(outline(read_object("object_type: model\nartifacts: [" + one + "]\n")) ==
        "model / \nartifact data rf aa 10 \n");
  CHECK(outline(read_object("object_type: model\nartifacts: [" + one +
                            ", {uri: s3://b/x, size: 1, hash: bb, type: fsspec}]\n")) ==
        "model / \nartifact rf rf aa 10 \nartifact s3://b/x s3://b/x bb 1 fsspec\n");
  CHECK(outline(read_object("object_type: model\nartifacts: [rf]\n")) == "model / \nother artifacts [\"rf\"]\n");
}

TEST_CASE("read_object: text that is not a metafile says why") {
  CHECK(read_object("- a\n") == Description{.unread = "line 1, column 1: no YAML mapping"});
  CHECK(read_object("a: 'x\n").unread == "line 1, column 4: a quote that is not closed");
  CHECK(read_object(std::string(std::size_t{17} << 20U, '#')).unread ==
        "line 1, column 16777217: a metafile may not be larger than 16 MiB");
  CHECK(read_object("{}") == Description{});
}

TEST_CASE("read_object: hostile files take bounded time and memory") {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "{type: array, dtype: ";
  deep += "{type: binary}" + std::string(200, '}');
  const DataType nested = argument_type(deep);
  std::size_t depth = 0;
  const DataType* inner = &nested;
  for (; !inner->items.empty(); inner = &inner->items[0]) ++depth;
  CHECK(depth == 33);
  CHECK(inner->kind == DataType::Kind::unknown);

  std::string many;
  for (int i = 0; i < 300'000; ++i) many += "a, ";
  CHECK(read_object("object_type: model\nx: [" + many + "]\n").unread ==
        "line 2, column 749996: it has more than 250000 values");

  // Many methods, arguments, columns and keys of one object are compared in a time that grows with their number.
  std::string methods;
  std::string orders;
  std::string renamed;
  for (int i = 0; i < 20000; ++i) {
    const std::string n = std::to_string(i);
    methods += "      m" + n + ": {name: f, args: [], returns: {type: binary}}\n";
    orders += "  m" + n + ": [[model, m" + n + "]]\n";
    renamed += "  n" + n + ": [[model, m" + n + "]]\n";
  }
  const std::string tail = "object_type: model\nprocessors:\n  model:\n    type: callable\n    methods:\n" + methods;
  const Description before = read_object("call_orders:\n" + orders + tail);
  const Description after = read_object("call_orders:\n" + renamed + tail);
  CHECK(before.methods.size() == 20000);
  CHECK(name(compare(before, after).compatibility) == "breaking");

  std::string arguments;
  std::string others;
  for (int i = 0; i < 20000; ++i) {
    arguments += "{name: a" + std::to_string(i) + ", type_: {type: binary}}, ";
    others += "{name: b" + std::to_string(i) + ", type_: {type: binary}}, ";
  }
  const auto with = [](const std::string& list) {
    return read_object("object_type: model\nmodel_type: {methods: {f: {args: [" + list +
                       "], returns: {type: binary}}}}");
  };
  CHECK(name(compare(with(arguments), with(others)).compatibility) == "breaking");
}

TEST_CASE("read_object: reading is left when there is no time") {
  std::string text = "object_type: model  # to be parsed\n";
  for (int i = 0; i < 5000; ++i) text += "key" + std::to_string(i) + ": value\n";
  const auto stop = [] { throw std::runtime_error("no time"); };
  CHECK_THROWS_WITH(read_object(text, stop), "no time");
}

TEST_CASE("read_object: a metafile is divided in how its object is called and the rest") {
  const std::string interface =
      "call_orders:\n  predict:\n  - - model\n    - predict\n"
      "processors:\n  model:\n    methods:\n      predict:\n        args: []\n        name: predict\n        returns:\n"
      "          type: unspecified\n    type: sklearn\n";
  const auto object = [&](const std::string& hash, const std::string& rest = "") {
    return "artifacts:\n  data:\n    hash: " + hash + "\n    size: 1\n    uri: rf\nobject_type: model\n" + interface +
           "requirements:\n- module: numpy\n  version: 1.0.0\n" + rest;
  };
  const std::string text = object("aa", "params:\n  k: 1\n");
  const auto divided = divide_object(text);
  REQUIRE(divided.has_value());
  CHECK(divided->interface == interface);
  CHECK(outline(read_object(divided->rest)) ==
        "model / \ninstallable numpy 1.0.0\nartifact data rf aa 1 \nnote params {\"k\":1}\n");
  CHECK(read_object(divided->interface + divided->rest) == read_object(text));
  const Comparison whole = compare(read_object(text), read_object(object("bb")));
  CHECK(compare(read_object(divided->rest), read_object(divide_object(object("bb"))->rest)) == whole);
  CHECK(whole.details.size() == 2);

  // A key that is there twice counts once, and what an alias stands for may be elsewhere.
  for (const std::string& other :
       {object("bb", "object_type: data\n"), object("bb", interface), object("bb", "params: &a\n  k: *a\n"),
        object("bb", "# params\n  k: 1\n"), std::string("{object_type: model}\n"), std::string()}) {
    CAPTURE(other);
    CHECK_FALSE(divide_object(other).has_value());
  }
}

TEST_CASE("read_object: metafiles that MLEM wrote are understood whole") {
  const std::string directory = mlem::test::fixtures() + "/objects/";
  const auto read = [&](const std::string& file) { return mlem::test::read_file(directory + file + ".mlem"); };
  if (read("example-main-models_rf").empty()) return;
  const std::string frame = "dataframe of 4 columns";
  const std::string methods_by_x = "predict(X: " + frame + ") -> ndarray of int64, shape (any)\n" +  //
                                   "predict_proba(X: " + frame + ") -> ndarray of float64, shape (any, 3)\n";
  CHECK(outline(read_object(read("example-main-models_rf"))) ==
        "model / sklearn\n" + methods_by_x +
            "installable sklearn 1.2.0 (package_name scikit-learn)\ninstallable numpy 1.24.0\n"
            "installable pandas 1.5.2\nartifact data rf 96f5441d1cfa935583836702a3edd3d1 163671 \n");
  CHECK(outline(read_object(read("example-main-data_iris.csv"))) ==
        "data / pandas, csv\ndata " + frame +
            "\ninstallable pandas 1.5.2\nartifact data iris.csv 45109f850511f9474665f2c26f4c79f3 2470 \n");
  CHECK(outline(read_object(read("mlem-test-custom_model")))
            .starts_with("model / custommodel\npredict(value) -> unspecified\n"));
  CHECK(columns_of(read_object(read("mlem-test-simple_data_model")).methods.at(0).arguments.at(0).type) ==
        "index int64 index\nsepal length (cm) float64\nsepal width (cm) float64\npetal length (cm) float64\n"
        "petal width (cm) float64\n");

  // From the layout before MLEM 0.2.1 to DVC: the argument has another name.
  const Comparison comparison =
      compare(read_object(read("example-5-deploy-meta-.mlem_model_rf")), read_object(read("example-9-dvc-models_rf")));
  CHECK(name(comparison.compatibility) == "breaking");
  std::string details;
  for (const auto& detail : comparison.details) {
    details += detail.what + ": " + detail.from.value_or("-") + " -> " + detail.to.value_or("-") + '\n';
  }
  CHECK(details ==
        "method predict: argument data: data -> X\n"
        "method predict_proba: argument data: data -> X\n"
        "method sklearn_predict: (X: dataframe of 4 columns) -> ndarray of int64, shape (any) -> -\n"
        "method sklearn_predict_proba: (X: dataframe of 4 columns) -> ndarray of float64, shape (any, 3) -> -\n"
        "requirement sklearn: 1.1.1 -> 1.2.0\n"
        "requirement sklearn: origin: - -> package_name scikit-learn\n"
        "requirement pandas: 1.4.3 -> 1.5.2\n"
        "requirement numpy: 1.23.1 -> 1.24.0\n"
        "artifact data: hash: 75ef3099c3aa9ac48211ad5635fef9f7 -> 96f5441d1cfa935583836702a3edd3d1\n"
        "artifact data: size: 163651 -> 163671\n"
        "artifact data: type: - -> dvc\n");
}
