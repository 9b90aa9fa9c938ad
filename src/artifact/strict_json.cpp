#include "artifact/strict_json.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <cstddef>
#include <set>

namespace mlem::artifact {
namespace {

constexpr int deepest_json = 32;
constexpr std::size_t most_json_values = 2'000'000;

using Json = nlohmann::json;

/// Watches the parser, which does not recurse.
class JsonWatch {
 public:
  JsonWatch(const std::string& what, const KeepJson& keep) : what_(what), keep_(keep) {}

  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (depth > deepest_json) refuse("it is nested deeper than " + std::to_string(deepest_json));
    switch (event) {
      case Event::object_start:
        seen_.emplace_back();
        keys_.emplace_back();
        break;
      case Event::key:
        keys_.back() = value.get<std::string>();
        if (!seen_.back().insert(keys_.back()).second) {
          refuse("it has '" + escape_for_terminal(keys_.back()) + "' twice");
        }
        break;
      case Event::object_end:
        seen_.pop_back();
        keys_.pop_back();
        return !keep_ || keep_(keys_, depth, value);
      case Event::array_end:
        return !keep_ || keep_(keys_, depth, value);
      default:
        break;
    }
    if (++count_ > most_json_values) refuse("it has more than " + std::to_string(most_json_values) + " values");
    return true;
  }

  [[noreturn]] void refuse(const std::string& why) const { throw Error(ErrorKind::invalid, what_, why); }

 private:
  const std::string& what_;
  const KeepJson& keep_;
  std::vector<std::set<std::string>> seen_;  ///< of each mapping that the parser is in, its keys so far
  std::vector<std::string> keys_;            ///< and the last of them
  std::size_t count_ = 0;
};

}  // namespace

Json read_strict_json(std::string_view text, const std::string& what, const KeepJson& keep) {
  JsonWatch watch(what, keep);
  const auto step = [&](int depth, Json::parse_event_t event, Json& value) { return watch(depth, event, value); };
  // The library takes a NUL for the end.
  const bool has_nul = text.find('\0') != std::string_view::npos;
  Json json = has_nul ? Json(Json::value_t::discarded) : Json::parse(text, step, false);
  if (json.is_discarded()) watch.refuse("it is not JSON");
  return json;
}

}  // namespace mlem::artifact
