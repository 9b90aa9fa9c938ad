#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a MLEM object says of itself in its metafile, as far as those who use it care: how it is called, what it needs,
/// which files belong to it. The words are MLEM's (mlem/core/model.py, data_type.py and requirements.py).
namespace mlem::object {

/// A column of a table.
struct Column {
  std::string name;
  std::string dtype;
  bool is_index = false;

  friend bool operator==(const Column&, const Column&) = default;
};

/// A type of data: of an argument, of a result, of what a data object holds.
struct DataType {
  enum class Kind {
    unspecified,   ///< MLEM was told nothing, and checks nothing
    primitive,     ///< `primitive` with its `ptype`, and `binary`
    number,        ///< one number of numpy
    ndarray,       ///< numpy's array
    tensor,        ///< of torch or TensorFlow; `name` tells which
    table,         ///< `dataframe` and `series`; `name` tells which
    array,         ///< a list of any number of `items[0]`, or of exactly `size`
    sequence,      ///< a `list` or `tuple` of exactly these `items`
    dict,          ///< exactly the `keys`, with `items` as their values
    dynamic_dict,  ///< any keys of type `items[0]` with values of type `items[1]`
    unknown,       ///< anything else
  };
  using Shape = std::vector<std::optional<std::int64_t>>;  ///< a dimension that may have any size is empty

  Kind kind = Kind::unspecified;
  std::string name{};            ///< as MLEM calls the type today: `ndarray`, `dataframe`, `torch`, …
  std::string dtype{};           ///< of a primitive its `ptype`, of numbers, arrays and tensors what they are made of
  std::optional<Shape> shape{};  ///< none: an array of any shape
  std::vector<Column> columns{};
  std::vector<DataType> items{};
  std::vector<std::string> keys{};  ///< one for each of `items`
  std::optional<std::int64_t> size{};
  std::string text{};  ///< of an unknown type all of it, in a form that is the same for the same content

  friend bool operator==(const DataType&, const DataType&) = default;
};

struct Argument {
  std::string name;
  DataType type;
  bool required = true;
  std::string default_value{};  ///< as JSON; of one that is not required
  bool keyword_only = false;

  friend bool operator==(const Argument&, const Argument&) = default;
};

/// What takes the arguments that a method does not name: `*args` or `**kwargs` of Python.
struct Rest {
  std::string name;
  DataType type;

  friend bool operator==(const Rest&, const Rest&) = default;
};

/// A method as its callers see it: what its first step takes and its last one returns.
struct Method {
  std::string name;
  std::vector<Argument> arguments{};
  std::optional<Rest> varargs{};  ///< `*args`
  std::optional<Rest> varkw{};    ///< `**kwargs`
  DataType returns{};
  std::string steps{};   ///< `prepare.transform, model.predict`; empty where the model's method of that name is all
  std::string unread{};  ///< all of it, if it is not a method as MLEM writes one; then the rest is empty

  friend bool operator==(const Method&, const Method&) = default;
};

struct Requirement {
  std::string kind;  ///< `installable`, `custom` (code within the metafile), `unix`, or a word that MLEM has not today
  std::string name;  ///< the module, or of `unix` the package
  std::string version{};
  std::string origin{};  ///< what else says where it comes from: `package_name`, `source_url`, …; of `custom` its code

  friend bool operator==(const Requirement&, const Requirement&) = default;
};

struct Artifact {
  std::string name;
  std::string uri{};
  std::string hash{};
  std::string size{};  ///< in bytes, as it is written
  std::string type{};  ///< `dvc`, `fsspec`, …; empty for a file beside the metafile

  friend bool operator==(const Artifact&, const Artifact&) = default;
};

/// Another key of the metafile.
struct Field {
  std::string name;
  std::string text;  ///< its value, in a form that is the same for the same content

  friend bool operator==(const Field&, const Field&) = default;
};

/// What a metafile says.
struct Description {
  std::string object_type{};  ///< `dataset`, the old name, is given as `data`
  std::string format{};       ///< of a model the type of what is called; of data the type and format of its reader
  std::vector<Method> methods{};
  std::optional<DataType> data{};  ///< what a data object holds
  std::vector<Requirement> requirements{};
  std::vector<Artifact> artifacts{};
  std::vector<Field> notes{};   ///< keys that change nothing for who uses the object: `params`, …
  std::vector<Field> others{};  ///< keys that are not understood
  std::string unread{};         ///< why it could not be read; then all the rest is empty

  friend bool operator==(const Description&, const Description&) = default;
};

/// Returns the type in a few words: `ndarray of int64, shape (any, 3)`, `dataframe of 4 columns`.
std::string text_of(const DataType& type);
/// Returns the argument as in a Python signature: `X: dataframe of 4 columns`, `k: int = 3`.
std::string text_of(const Argument& argument);
/// Returns the method as a Python signature: `(X: dataframe of 4 columns) -> ndarray of int64, shape (any)`.
std::string text_of(const Method& method);

}  // namespace mlem::object
