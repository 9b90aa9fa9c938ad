#include "model/compatibility.hpp"

#include "model/detail/dtype.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

// Types of arguments and of results are compared by one walk that knows which way the values go. A value that is sent
// must be accepted by the new type, so a wider one does no harm; a value that comes back must be of use as the old
// type, so a narrower one does none.

// In the namespace of what is compared: `Artifact` and others are common words.
namespace mlem::object {
namespace {

using detail::dtype_fit;
using detail::Fit;

using enum Compatibility;

/// Which way values of a type go, as the caller sees it.
enum class Flow { sent, returned };

/// What of one kind there is before and after; either may be missing.
template <class T>
struct Pair {
  const T* before;
  const T* after;
};

/// Puts together what has the same key, in the order of `before`, then what is new in its own. A key that repeats
/// (pandas allows columns of one name) is told apart by its place among those of that name.
template <class T, class KeyOf>
std::vector<Pair<T>> match(const std::vector<T>& before, const std::vector<T>& after, KeyOf key_of) {
  std::vector<Pair<T>> pairs;
  std::unordered_map<std::string, std::vector<std::size_t>> waiting;  // of `before`, the first one last
  for (const T& item : before) pairs.push_back({&item, nullptr});
  for (std::size_t i = before.size(); i-- > 0;) waiting[key_of(before[i])].push_back(i);
  for (const T& item : after) {
    std::vector<std::size_t>& places = waiting[key_of(item)];
    if (places.empty()) {
      pairs.push_back({nullptr, &item});
    } else {
      pairs[places.back()].after = &item;
      places.pop_back();
    }
  }
  return pairs;
}

const auto by_name = [](const auto& item) -> const std::string& { return item.name; };

/// A value of a dict with its key.
struct Entry {
  std::string name;
  const DataType* type;
};

std::vector<Entry> entries(const DataType& dict) {
  std::vector<Entry> found;
  for (std::size_t i = 0; i < dict.keys.size(); ++i) found.push_back({dict.keys[i], &dict.items[i]});
  return found;
}

/// Returns a list of items that are all alike as an array of that size: MLEM writes either, by what it was shown.
DataType as_array(const DataType& type) {
  const bool is_list = type.kind == DataType::Kind::sequence && type.name == "list" && !type.items.empty();
  if (!is_list) return type;
  const auto differs = [&](const DataType& item) { return item != type.items[0]; };
  if (std::any_of(type.items.begin(), type.items.end(), differs)) return type;
  DataType array{.kind = DataType::Kind::array, .name = "array"};
  array.size = static_cast<std::int64_t>(type.items.size());
  array.items.push_back(type.items[0]);
  return array;
}

/// Returns whether arrays of one shape may stand where another is wanted. Of tensors MLEM does not look at the first
/// dimension, the batch.
bool fits_shape(const DataType& value, const DataType& wanted) {
  if (!wanted.shape) return true;
  if (!value.shape || value.shape->size() != wanted.shape->size()) return false;
  for (std::size_t i = wanted.kind == DataType::Kind::tensor ? 1 : 0; i < wanted.shape->size(); ++i) {
    const std::optional<std::int64_t>& dimension = (*wanted.shape)[i];
    if (dimension && (*value.shape)[i] != dimension) return false;
  }
  return true;
}

Fit fits_array(const DataType& value, const DataType& wanted) {
  return fits_shape(value, wanted) ? dtype_fit(value.dtype, wanted.dtype) : Fit::no;
}

std::unordered_set<std::string> names_of(const std::vector<Argument>& arguments) {
  std::unordered_set<std::string> names;
  for (const Argument& argument : arguments) names.insert(argument.name);
  return names;
}

/// Returns the first names of a list that may be long.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most));
  return fmt::format("{}{}", fmt::join(names.begin(), end, ", "), names.size() > most ? ", ..." : "");
}

/// Walks both objects and notes what differs.
class Comparer {
 public:
  void compare_objects(const Description& before, const Description& after);
  Comparison take() { return std::move(result_); }

 private:
  void add(std::string what, std::optional<std::string> from, std::optional<std::string> to, Compatibility word);
  /// The same for a text that may have changed, without effect on anybody.
  void add_change(std::string what, const std::string& from, const std::string& to);
  void add_fit(std::string what, std::string from, std::string to, Fit fit, Flow flow);

  void compare_methods(const Description& before, const Description& after);
  void compare_method(const Method& before, const Method& after);
  void compare_arguments(const std::string& what, const Method& before, const Method& after);
  void compare_argument(const std::string& what, const Argument& before, const Argument& after);
  void compare_order(const std::string& what, const std::vector<Pair<Argument>>& pairs, const Method& after);
  void compare_rest(const std::string& what, const std::optional<Rest>& before, const std::optional<Rest>& after,
                    bool name_is_used);

  void compare_types(const std::string& what, const DataType& before, const DataType& after, Flow flow);
  void compare_known(const std::string& what, const DataType& before, const DataType& after, Flow flow);
  void compare_tables(const std::string& what, const DataType& before, const DataType& after, Flow flow);
  void compare_dicts(const std::string& what, const DataType& before, const DataType& after, Flow flow);
  void compare_arrays(const std::string& what, const DataType& before, const DataType& after, Flow flow);

  void compare_requirements(const Description& before, const Description& after);
  void compare_artifacts(const Description& before, const Description& after);
  void compare_fields(const std::vector<Field>& before, const std::vector<Field>& after, Compatibility word);

  Comparison result_;
};

void Comparer::add(std::string what, std::optional<std::string> from, std::optional<std::string> to,
                   Compatibility word) {
  const bool is_worse = word > result_.compatibility;
  result_.compatibility = std::max(result_.compatibility, word);
  if (result_.details.size() < max_details || is_worse) {
    result_.details.push_back({std::move(what), std::move(from), std::move(to), word});
  }
}

void Comparer::add_change(std::string what, const std::string& from, const std::string& to) {
  const auto text = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
  };
  if (from != to) add(std::move(what), text(from), text(to), compatible);
}

void Comparer::add_fit(std::string what, std::string from, std::string to, Fit fit, Flow flow) {
  const Compatibility good = flow == Flow::sent ? extended : compatible;
  const Compatibility word = fit == Fit::yes ? good : fit == Fit::no ? breaking : unknown;
  add(std::move(what), std::move(from), std::move(to), word);
}

void Comparer::compare_objects(const Description& before, const Description& after) {
  if (!before.unread.empty() || !after.unread.empty()) {
    const auto text = [](const Description& object) {
      return object.unread.empty() ? object.object_type : "cannot be read: " + object.unread;
    };
    add("object", text(before), text(after), unknown);
    return;
  }
  if (before.object_type != after.object_type) {
    add("object_type", before.object_type, after.object_type, breaking);
    return;
  }
  add_change("type", before.format, after.format);
  compare_methods(before, after);
  if (before.data && after.data) {
    compare_types("data", *before.data, *after.data, Flow::returned);
  } else if (before.data) {
    add("data", text_of(*before.data), std::nullopt, breaking);
  } else if (after.data) {
    add("data", std::nullopt, text_of(*after.data), extended);
  }
  compare_requirements(before, after);
  compare_artifacts(before, after);
  compare_fields(before.others, after.others, unknown);
  compare_fields(before.notes, after.notes, compatible);
}

void Comparer::compare_methods(const Description& before, const Description& after) {
  for (const auto& [old, now] : match(before.methods, after.methods, by_name)) {
    if (now == nullptr) {
      add("method " + old->name, text_of(*old), std::nullopt, breaking);
    } else if (old == nullptr) {
      add("method " + now->name, std::nullopt, text_of(*now), extended);
    } else {
      compare_method(*old, *now);
    }
  }
}

void Comparer::compare_method(const Method& before, const Method& after) {
  const std::string what = "method " + before.name;
  if (before == after) return;
  if (!before.unread.empty() || !after.unread.empty()) {
    add(what, text_of(before), text_of(after), unknown);
    return;
  }
  compare_arguments(what, before, after);
  // A method without arguments of its own is served with one that has the name of its `*args`.
  const bool is_served = before.arguments.empty() && before.varargs &&  //
                         before.varargs->type.kind != DataType::Kind::unspecified;
  compare_rest(what + ": further arguments", before.varargs, after.varargs, is_served);
  compare_rest(what + ": further named arguments", before.varkw, after.varkw, false);
  compare_types(what + ": returns", before.returns, after.returns, Flow::returned);
  add_change(what + ": steps", before.steps, after.steps);
}

void Comparer::compare_arguments(const std::string& what, const Method& before, const Method& after) {
  const auto name_of = [&](const Argument& argument) { return what + ": argument " + argument.name; };
  std::vector<Argument> renamed = before.arguments;
  const std::unordered_set<std::string> old_names = names_of(before.arguments);
  const std::unordered_set<std::string> new_names = names_of(after.arguments);
  for (std::size_t i = 0; i < renamed.size() && i < after.arguments.size(); ++i) {
    // One that is gone and a new one of the same type in its place are one that was renamed.
    const Argument& now = after.arguments[i];
    if (new_names.contains(renamed[i].name) || old_names.contains(now.name) || renamed[i].type != now.type) continue;
    add(name_of(renamed[i]), renamed[i].name, now.name, breaking);
    renamed[i].name = now.name;
  }
  const std::vector<Pair<Argument>> pairs = match(renamed, after.arguments, by_name);
  for (const auto& [old, now] : pairs) {
    if (now == nullptr) {
      add(name_of(*old), text_of(*old), std::nullopt, breaking);
    } else if (old != nullptr) {
      compare_argument(name_of(*now), *old, *now);
    } else {
      // What a caller sends beyond the named arguments would now be taken for this one.
      const bool takes_from_rest = before.varargs && !now->keyword_only;
      add(name_of(*now), std::nullopt, text_of(*now), now->required || takes_from_rest ? breaking : extended);
    }
  }
  compare_order(what, pairs, after);
}

void Comparer::compare_argument(const std::string& what, const Argument& before, const Argument& after) {
  compare_types(what, before.type, after.type, Flow::sent);
  if (before.required != after.required) {
    const auto text = [](const Argument& argument) {
      return argument.required ? std::string("required") : "optional, " + argument.default_value;
    };
    add(what, text(before), text(after), after.required ? breaking : extended);
  } else {
    add_change(what + ": default", before.default_value, after.default_value);
  }
  if (before.keyword_only != after.keyword_only) {
    const auto text = [](const Argument& argument) {
      return argument.keyword_only ? "by name only" : "by name or position";
    };
    add(what, text(before), text(after), after.keyword_only ? breaking : extended);
  }
}

/// Arguments that a caller sends without names must arrive where they did.
void Comparer::compare_order(const std::string& what, const std::vector<Pair<Argument>>& pairs, const Method& after) {
  std::vector<std::string> sent;
  for (const auto& [old, now] : pairs) {
    if (old != nullptr && now != nullptr && !old->keyword_only && !now->keyword_only) sent.push_back(now->name);
  }
  std::vector<std::string> taken;
  for (const Argument& argument : after.arguments) {
    if (!argument.keyword_only) taken.push_back(argument.name);
  }
  const bool is_kept = sent.size() <= taken.size() && std::equal(sent.begin(), sent.end(), taken.begin());
  if (!is_kept) {
    add(what + ": order of arguments", listed(sent), listed(taken), breaking);
  }
}

void Comparer::compare_rest(const std::string& what, const std::optional<Rest>& before,
                            const std::optional<Rest>& after, bool name_is_used) {
  if (before && after) {
    if (before->name != after->name) add(what, before->name, after->name, name_is_used ? breaking : compatible);
    compare_types(what, before->type, after->type, Flow::sent);
  } else if (before) {
    add(what, before->name, std::nullopt, breaking);
  } else if (after) {
    add(what, std::nullopt, after->name, extended);
  }
}

void Comparer::compare_types(const std::string& what, const DataType& before, const DataType& after, Flow flow) {
  if (before == after) return;
  const auto says_nothing = [](const DataType& type) {
    return type.kind == DataType::Kind::unspecified || type.kind == DataType::Kind::unknown;
  };
  if (says_nothing(before) || says_nothing(after)) {
    add(what, text_of(before), text_of(after), unknown);
  } else if (before.kind == after.kind && before.name == after.name) {
    compare_known(what, before, after, flow);
  } else {
    const DataType old = as_array(before);
    const DataType now = as_array(after);
    if (old.kind == DataType::Kind::array && now.kind == DataType::Kind::array) {
      compare_arrays(what, old, now, flow);
    } else {
      add(what, text_of(before), text_of(after), breaking);
    }
  }
}

/// Two types of one kind and name.
void Comparer::compare_known(const std::string& what, const DataType& before, const DataType& after, Flow flow) {
  const DataType& value = flow == Flow::sent ? before : after;
  const DataType& wanted = flow == Flow::sent ? after : before;
  switch (before.kind) {
    case DataType::Kind::unspecified:
    case DataType::Kind::unknown:
      return;
    case DataType::Kind::primitive:
    case DataType::Kind::number:
      add_fit(what, text_of(before), text_of(after), dtype_fit(value.dtype, wanted.dtype), flow);
      return;
    case DataType::Kind::ndarray:
    case DataType::Kind::tensor: {
      // Of a tensor the batch may be all that differs: then nobody sees a change.
      const bool is_same = fits_array(before, after) == Fit::yes && fits_array(after, before) == Fit::yes;
      if (!is_same) add_fit(what, text_of(before), text_of(after), fits_array(value, wanted), flow);
      return;
    }
    case DataType::Kind::table:
      compare_tables(what, before, after, flow);
      return;
    case DataType::Kind::array:
      compare_arrays(what, before, after, flow);
      return;
    case DataType::Kind::sequence:
      if (before.items.size() != after.items.size()) {
        add(what, text_of(before), text_of(after), breaking);
        return;
      }
      for (std::size_t i = 0; i < before.items.size(); ++i) {
        compare_types(fmt::format("{}: item {}", what, i), before.items[i], after.items[i], flow);
      }
      return;
    case DataType::Kind::dict:
      compare_dicts(what, before, after, flow);
      return;
    case DataType::Kind::dynamic_dict:
      compare_types(what + ": keys", before.items[0], after.items[0], flow);
      compare_types(what + ": values", before.items[1], after.items[1], flow);
      return;
  }
}

/// MLEM wants exactly the columns it knows of. It puts them in order itself, but whoever loads the model and calls it
/// without MLEM is refused by scikit-learn and others if they are in another order, and is not told if he sends arrays.
void Comparer::compare_tables(const std::string& what, const DataType& before, const DataType& after, Flow flow) {
  std::vector<std::string> old_order;
  for (const auto& [old, now] : match(before.columns, after.columns, by_name)) {
    const std::string column = what + ": column " + (old != nullptr ? old : now)->name;
    if (now == nullptr) {
      add(column, old->dtype, std::nullopt, breaking);
    } else if (old == nullptr) {
      add(column, std::nullopt, now->dtype, flow == Flow::sent ? breaking : extended);
    } else {
      old_order.push_back(old->name);
      if (old->dtype != now->dtype) {
        const Fit fit = flow == Flow::sent ? dtype_fit(old->dtype, now->dtype) : dtype_fit(now->dtype, old->dtype);
        add_fit(column, old->dtype, now->dtype, fit, flow);
      }
      if (old->is_index != now->is_index) {
        const auto text = [](const Column& c) { return c.is_index ? "index" : "column"; };
        add(column, text(*old), text(*now), breaking);
      }
    }
  }
  std::vector<std::string> new_order;
  for (const auto& [now, old] : match(after.columns, before.columns, by_name)) {
    if (now != nullptr && old != nullptr) new_order.push_back(now->name);
  }
  if (old_order != new_order) {
    add(what + ": order of columns", listed(old_order), listed(new_order), flow == Flow::sent ? breaking : compatible);
  }
}

void Comparer::compare_dicts(const std::string& what, const DataType& before, const DataType& after, Flow flow) {
  const std::vector<Entry> old_entries = entries(before);
  const std::vector<Entry> new_entries = entries(after);
  for (const auto& [old, now] : match(old_entries, new_entries, by_name)) {
    const std::string key = what + ": key " + (old != nullptr ? old : now)->name;
    if (now == nullptr) {
      add(key, text_of(*old->type), std::nullopt, breaking);
    } else if (old == nullptr) {
      add(key, std::nullopt, text_of(*now->type), flow == Flow::sent ? breaking : extended);
    } else {
      compare_types(key, *old->type, *now->type, flow);
    }
  }
}

void Comparer::compare_arrays(const std::string& what, const DataType& before, const DataType& after, Flow flow) {
  if (before.size != after.size) {
    const DataType& wanted = flow == Flow::sent ? after : before;
    const auto text = [](const DataType& type) { return type.size ? std::to_string(*type.size) : "any"; };
    add_fit(what + ": size", text(before), text(after), wanted.size ? Fit::no : Fit::yes, flow);
  }
  compare_types(what + ": items", before.items[0], after.items[0], flow);
}

/// A package that was not needed before must be there to load the object. Another version is not refused by MLEM, and
/// code within the metafile comes along.
void Comparer::compare_requirements(const Description& before, const Description& after) {
  const auto key = [](const Requirement& requirement) { return requirement.kind + ' ' + requirement.name; };
  const auto version = [](const Requirement& requirement) {
    if (requirement.kind == "custom") return std::string("code of its own");
    return requirement.version.empty() ? std::string("any version") : requirement.version;
  };
  for (const auto& [old, now] : match(before.requirements, after.requirements, key)) {
    const std::string what = "requirement " + (old != nullptr ? old : now)->name;
    if (now == nullptr) {
      add(what, version(*old), std::nullopt, compatible);
    } else if (old == nullptr) {
      add(what, std::nullopt, version(*now), now->kind == "custom" ? compatible : breaking);
    } else {
      add_change(what, version(*old), version(*now));
      add_change(what + ": " + (old->kind == "custom" ? "code" : "origin"), old->origin, now->origin);
    }
  }
}

void Comparer::compare_artifacts(const Description& before, const Description& after) {
  // Which files there are is between the model and what loads it; that there are none, everybody sees.
  const Compatibility gone = after.artifacts.empty() ? breaking : compatible;
  const Compatibility come = before.artifacts.empty() ? extended : compatible;
  for (const auto& [old, now] : match(before.artifacts, after.artifacts, by_name)) {
    const std::string what = "artifact " + (old != nullptr ? old : now)->name;
    if (now == nullptr) {
      add(what, old->uri, std::nullopt, gone);
    } else if (old == nullptr) {
      add(what, std::nullopt, now->uri, come);
    } else {
      add_change(what + ": uri", old->uri, now->uri);
      add_change(what + ": hash", old->hash, now->hash);
      add_change(what + ": size", old->size, now->size);
      add_change(what + ": type", old->type, now->type);
    }
  }
}

void Comparer::compare_fields(const std::vector<Field>& before, const std::vector<Field>& after, Compatibility word) {
  for (const auto& [old, now] : match(before, after, by_name)) {
    if (old != nullptr && now != nullptr && old->text == now->text) continue;
    const auto text = [](const Field* field) {
      return field == nullptr ? std::nullopt : std::optional<std::string>(field->text);
    };
    add((old != nullptr ? old : now)->name, text(old), text(now), word);
  }
}

}  // namespace
}  // namespace mlem::object

namespace mlem {

std::string_view name(Compatibility compatibility) noexcept {
  switch (compatibility) {
    case Compatibility::compatible:
      return "compatible";
    case Compatibility::extended:
      return "extended";
    case Compatibility::unknown:
      return "unknown";
    case Compatibility::breaking:
      return "breaking";
  }
  return {};
}

std::string described(const Detail& detail) {
  if (!detail.from) return detail.what + ": new: " + detail.to.value_or("");
  if (!detail.to) return detail.what + ": gone: " + *detail.from;
  return detail.what + ": " + *detail.from + " -> " + *detail.to;
}

Comparison compare(const object::Description& before, const object::Description& after) {
  object::Comparer comparer;
  comparer.compare_objects(before, after);
  return comparer.take();
}

}  // namespace mlem
