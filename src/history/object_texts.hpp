#pragma once

#include "model/compatibility.hpp"
#include "model/object.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace mlem::history {

/// The metafiles of objects that are to be compared, each kept and read once: many links lead to one object before or
/// after. How an object is called is most of its metafile and mostly the same as in the next one; that is kept once for
/// all of them, and only read to compare two that differ in it.
class ObjectTexts {
 public:
  /// Keeps so many bytes of text.
  explicit ObjectTexts(std::size_t most_text) : room_(most_text) {}

  /// Keeps a metafile if there is room. This may be called on several threads.
  void add(const Oid& blob, std::string_view text);

  /// Whether the metafile is kept.
  bool has(const Oid& blob) const { return objects_.contains(blob); }

  /// Compares two objects whose metafiles are kept.
  Comparison compare(const Oid& before, const Oid& after);

  /// Returns what a metafile says that is kept.
  object::Description describe(const Oid& blob);

 private:
  struct Object {
    const std::string* interface = nullptr;  ///< one of `interfaces_`; null: all of the text is in `rest`
    std::string rest;                        ///< as yaml::DividedObject has it
  };
  const object::Description& read_rest(const Object& object);
  /// Returns how the objects of one of `interfaces_` are called.
  const object::Description& read_interface(const std::string& interface);

  std::unordered_map<Oid, Object> objects_;
  std::unordered_set<std::string> interfaces_;
  std::unordered_map<const Object*, object::Description> read_;  ///< of `rest`
  std::unordered_map<const std::string*, object::Description> read_interfaces_;
  std::size_t read_size_ = 0;  ///< in bytes of text
  std::size_t room_;
  std::mutex mutex_;  ///< for add()
};

}  // namespace mlem::history
