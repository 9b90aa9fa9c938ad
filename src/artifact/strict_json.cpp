#include "artifact/strict_json.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <set>

// A text is read twice: by a handler of events, which keeps nothing of it but the keys on the way, and only what that
// lets pass into values. The library's callback for values takes longer the more there are in one list.

namespace mlem::artifact {
namespace {

constexpr std::size_t deepest_json = 32;

using Json = nlohmann::json;

/// Refuses what the text has, event by event.
class JsonShape final : public nlohmann::json_sax<Json> {
 public:
  JsonShape(const std::string& what, std::size_t most_values) : what_(what), most_values_(most_values) {}

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(std::size_t) override { return begin(); }
  bool start_array(std::size_t) override { return begin(); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& key) override {
    if (!seen_.back().insert(key).second) refuse("it has '" + escape_for_terminal(key) + "' twice");
    return count();
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override { refuse("it is not JSON"); }

  [[noreturn]] void refuse(const std::string& why) const { throw Error(ErrorKind::invalid, what_, why); }

 private:
  bool count() {
    if (++count_ > most_values_) refuse("it has more than " + std::to_string(most_values_) + " values");
    return true;
  }
  bool begin() {
    seen_.emplace_back();
    if (seen_.size() > deepest_json) refuse("it is nested deeper than " + std::to_string(deepest_json));
    return count();
  }
  bool end() {
    seen_.pop_back();
    return true;
  }

  const std::string& what_;
  std::size_t most_values_;
  std::vector<std::set<std::string>> seen_;  ///< of each mapping or list that the parser is in, its keys so far
  std::size_t count_ = 0;
};

/// Tells what is in a text to who decides what is kept of it.
class JsonWatch {
 public:
  explicit JsonWatch(const KeepJson& keep) : keep_(keep) {}

  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::key) keys_.back() = value.get<std::string>();
    if (event == Event::object_end) keys_.pop_back();
    return (event != Event::object_end && event != Event::array_end) || keep_(keys_, depth, value);
  }

 private:
  const KeepJson& keep_;
  std::vector<std::string> keys_;
};

}  // namespace

Json read_strict_json(std::string_view text, const std::string& what, const KeepJson& keep, std::size_t most_values) {
  JsonShape shape(what, most_values);
  // The library takes a NUL for the end.
  if (text.find('\0') != std::string_view::npos) shape.refuse("it is not JSON");
  Json::sax_parse(text, &shape);
  if (!keep) return Json::parse(text);
  JsonWatch watch(keep);
  return Json::parse(text,
                     [&](int depth, Json::parse_event_t event, Json& value) { return watch(depth, event, value); });
}

}  // namespace mlem::artifact
