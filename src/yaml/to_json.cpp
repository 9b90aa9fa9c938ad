#include "base/text.hpp"
#include "yaml/detail/events.hpp"
#include "yaml/detail/read_json.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/detail/scan_events.hpp"
#include "yaml/metafile.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

// The steps through a document are put together on a stack of levels, and a mapping becomes JSON only when it is
// complete. Small texts are scanned in the quick way, and go through the whole parser only where that gives up. Plain
// scalars are what YAML 1.1 makes of them; a number that JSON cannot hold stays as it is written. A hostile file meets
// bounds: on the number of values, on what aliases stand for, and on the time that it takes to find a key.

namespace mlem::yaml {
namespace {

using detail::Event;
using detail::invalid_at;
using Json = nlohmann::ordered_json;

/// A number that Json has not: as it is to be written.
Json number_as(std::string_view literal) { return Json::binary({literal.begin(), literal.end()}); }

std::optional<Json> finite(double value) { return std::isfinite(value) ? std::optional<Json>(value) : std::nullopt; }

/// Returns `digits` as a number; nothing if there are none, or for more than 64 bits, which Json has only inexactly.
std::optional<Json> parse_digits(std::string_view digits, int base, bool negative) {
  if (digits.empty()) return std::nullopt;
  const char* const end = digits.data() + digits.size();
  std::uint64_t magnitude = 0;
  constexpr std::uint64_t most = std::uint64_t{1} << 63U;
  if (std::from_chars(digits.data(), end, magnitude, base).ec == std::errc() && (!negative || magnitude <= most)) {
    if (!negative) return Json(magnitude);
    return Json(static_cast<std::int64_t>(0 - magnitude));
  }
  return std::nullopt;
}

/// Returns `text`, digits in groups between colons (`1:30`), in its unit, the last group's.
double parse_base_60(std::string_view text) {
  double value = 0;
  for (const std::string_view group : split(text, ':')) {
    double part = 0;
    std::from_chars(group.data(), group.data() + group.size(), part);
    value = value * 60 + part;
  }
  return value;
}

/// Returns a number of YAML 1.1; nothing for those that Json has not (`.inf`, too large) or that lack digits (`0x_`):
/// they are shown as they are written.
std::optional<Json> parse_number(std::string_view text, detail::ScalarType type) {
  std::string plain;
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain), [](char c) { return c != '_'; });
  const bool negative = plain.starts_with('-');
  if (negative || plain.starts_with('+')) plain.erase(0, 1);
  const bool base_60 = plain.find(':') != std::string::npos;
  if (type == detail::ScalarType::integer && !base_60) {
    if (plain.starts_with("0b")) return parse_digits(std::string_view(plain).substr(2), 2, negative);
    if (plain.starts_with("0x")) return parse_digits(std::string_view(plain).substr(2), 16, negative);
    return parse_digits(plain, plain.starts_with('0') ? 8 : 10, negative);
  }
  double value = 0;
  if (base_60) {
    value = parse_base_60(plain);
  } else if (std::from_chars(plain.data(), plain.data() + plain.size(), value).ec != std::errc()) {
    return std::nullopt;
  }
  if (negative) value = -value;
  if (type != detail::ScalarType::integer) return finite(value);
  return std::abs(value) < 9e15 ? std::optional<Json>(static_cast<std::int64_t>(value)) : std::nullopt;
}

/// Returns `digits`, of an integer in `base`, in decimal; nothing if there are none, or too many.
std::optional<std::string> in_decimal(std::string_view digits, unsigned base) {
  constexpr std::size_t most_digits = 4300;    // sys.int_info.default_max_str_digits of Python
  constexpr std::size_t most_converted = 256;  // this takes the square of the time, and a hostile file has many
  if (digits.empty() || digits.size() > (base == 10 ? most_digits : most_converted)) return std::nullopt;
  if (base == 10) return std::string(digits);
  std::string reversed = "0";
  for (const char digit : digits) {
    unsigned carry = static_cast<unsigned>(hex_value(digit));
    for (char& place : reversed) {
      carry += static_cast<unsigned>(place - '0') * base;
      place = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) reversed += static_cast<char>('0' + carry % 10);
  }
  return std::string(reversed.rbegin(), reversed.rend());
}

/// Returns a number that parse_number() has none for as Python's JSON has it; nothing if it is none, or has groups of
/// base 60.
std::optional<Json> parse_any_number(std::string_view text, detail::ScalarType type) {
  std::string plain = to_lower_ascii(text);
  std::erase(plain, '_');
  const std::string sign = plain.starts_with('-') ? "-" : "";
  if (plain.starts_with('-') || plain.starts_with('+')) plain.erase(0, 1);
  if (plain.find(':') != std::string::npos) return std::nullopt;
  if (type == detail::ScalarType::integer) {
    const unsigned base = plain.starts_with("0b") ? 2 : plain.starts_with("0x") ? 16 : plain.starts_with('0') ? 8 : 10;
    const std::size_t prefix = base == 2 || base == 16 ? 2 : 0;
    const auto decimal = in_decimal(std::string_view(plain).substr(prefix), base);
    return decimal ? std::optional(number_as(sign + *decimal)) : std::nullopt;
  }
  if (plain == ".nan") return number_as("NaN");
  if (plain == ".inf") return number_as(sign + "Infinity");
  if (plain.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  // It is too large or too small for a double.
  return number_as(sign + (plain.find("e-") == std::string::npos ? "Infinity" : "0.0"));
}

Json scalar_to_json(const Event& event, Numbers numbers) {
  if (!event.plain || event.tagged) return event.value;
  const detail::ScalarType type = detail::scalar_type(event.value);
  switch (type) {
    case detail::ScalarType::null:
      return nullptr;
    case detail::ScalarType::boolean: {
      const std::string word = to_lower_ascii(event.value);
      return word == "yes" || word == "true" || word == "on";
    }
    case detail::ScalarType::integer:
    case detail::ScalarType::real:
      if (auto number = parse_number(event.value, type)) return *std::move(number);
      if (numbers == Numbers::any)
        if (auto number = parse_any_number(event.value, type)) return *std::move(number);
      return event.value;
    default:
      return event.value;
  }
}

/// Builds the value of one document. Keys stay in their order; of a repeated one the last value counts, as in MLEM.
class JsonBuilder : public detail::EventHandler {
 public:
  JsonBuilder(std::string_view text, std::string_view what_failed, std::size_t most_values, Numbers numbers)
      : text_(text), what_failed_(what_failed), max_values_(most_values), numbers_(numbers) {}

  void on_event(const Event& event) override {
    const bool is_end = event.kind == Event::Kind::map_end || event.kind == Event::Kind::sequence_end;
    if (!event.key && !is_end && ++values_ > max_values_)
      fail(event, "it has more than " + std::to_string(max_values_) + " values");
    switch (event.kind) {
      case Event::Kind::map_start:
      case Event::Kind::sequence_start:
        open(event);
        return;
      case Event::Kind::map_end:
      case Event::Kind::sequence_end:
        close();
        return;
      case Event::Kind::alias:
        add(event, resolve(event));
        return;
      case Event::Kind::scalar:
      case Event::Kind::null:
        add_scalar(event);
        return;
    }
  }

  Json take() { return std::move(root_); }

 private:
  /// A value and about how many bytes it takes.
  struct Node {
    Json value;
    std::size_t size = node_size;
  };
  static constexpr std::size_t node_size = 16;

  struct Level {
    Node node;
    std::size_t offset = 0;
    std::size_t anchor = 0;
    std::string key = {};
    /// Of a mapping. Json has keys that cannot be moved: a growing one would copy all that is in it again and again.
    std::vector<std::pair<std::string, Json>> members = {};
    std::unordered_map<std::string, std::size_t> positions = {};  ///< by key, once there are many
  };

  void open(const Event& event) {
    const bool map = event.kind == Event::Kind::map_start;
    if (levels_.empty() && !map) fail(event, "no YAML mapping");
    if (event.key) fail(event, "a key that is not a scalar");
    levels_.push_back({.node = {map ? Json::object() : Json::array()}, .offset = event.offset, .anchor = event.anchor});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (!level.members.empty()) {
      auto& members = level.node.value.get_ref<Json::object_t&>();
      members.reserve(level.members.size());
      for (auto& [key, value] : level.members) members.emplace_back(std::move(key), std::move(value));
    }
    remember(level.offset, level.anchor, level.node);
    if (levels_.empty()) {
      root_ = std::move(level.node.value);
    } else {
      append(std::move(level.node));
    }
  }

  void add_scalar(const Event& event) {
    Node node{scalar_to_json(event, numbers_), node_size + event.value.size()};
    remember(event.offset, event.anchor, node);
    add(event, std::move(node));
  }

  void add(const Event& event, Node node) {
    if (levels_.empty()) fail(event, "no YAML mapping");
    Level& level = levels_.back();
    if (!event.key) {
      append(std::move(node));
    } else if (event.kind == Event::Kind::alias) {
      fail(event, "an alias as a key");
    } else {
      level.key = event.kind == Event::Kind::null ? "null" : event.value;
      level.node.size += event.value.size();
    }
  }

  void append(Node node) {
    Level& level = levels_.back();
    level.node.size += node.size;
    if (level.node.value.is_array()) {
      level.node.value.push_back(std::move(node.value));
      return;
    }
    const std::size_t place = place_of_key(level);
    if (place == level.members.size()) {
      level.members.emplace_back(level.key, std::move(node.value));
    } else {
      level.members[place].second = std::move(node.value);
    }
  }

  /// Returns where a level has the key that is read, or the place for a new one.
  static std::size_t place_of_key(Level& level) {
    // To look from the first one on is too slow for a hostile file of many keys.
    constexpr std::size_t few = 16;
    if (level.members.size() < few) {
      const auto has_key = [&](const auto& member) { return member.first == level.key; };
      const auto found = std::find_if(level.members.begin(), level.members.end(), has_key);
      return static_cast<std::size_t>(found - level.members.begin());
    }
    if (level.positions.empty()) {
      for (std::size_t i = 0; i < level.members.size(); ++i) level.positions.emplace(level.members[i].first, i);
    }
    return level.positions.try_emplace(level.key, level.members.size()).first->second;
  }

  void remember(std::size_t offset, std::size_t anchor, const Node& node) {
    if (anchor == 0) return;
    spend(offset, node.size);
    anchors_[anchor] = node;
  }

  Node resolve(const Event& event) {
    const auto anchor = anchors_.find(event.anchor);
    if (anchor == anchors_.end()) fail(event, "an alias of what it is in");
    spend(event.offset, anchor->second.size);
    return anchor->second;
  }

  /// A few aliases of aliases make more data than there is memory.
  void spend(std::size_t offset, std::size_t size) {
    copied_ += size;
    if (copied_ > max_object_size) throw invalid_at(text_, offset, what_failed_, "aliases stand for more than 16 MiB");
  }

  [[noreturn]] void fail(const Event& event, std::string_view why) const {
    throw invalid_at(text_, event.offset, what_failed_, why);
  }

  std::string_view text_;
  std::string_view what_failed_;
  std::size_t max_values_;
  Numbers numbers_;
  std::size_t values_ = 0;
  std::vector<Level> levels_;
  std::unordered_map<std::size_t, Node> anchors_;
  std::size_t copied_ = 0;
  Json root_;
};

/// ASCII, so that no escape in the file becomes a control character on a terminal.
std::string dump(const Json& json) {
  constexpr bool ensure_ascii = true;
  return json.dump(-1, ' ', ensure_ascii, Json::error_handler_t::replace);
}

/// The same with numbers that Json has not.
void dump_any(const Json& json, std::string& out) {
  if (json.is_binary()) {
    out.append(json.get_binary().begin(), json.get_binary().end());
  } else if (json.is_structured()) {
    const bool is_map = json.is_object();
    std::string_view separator = is_map ? "{" : "[";
    if (json.empty()) out += separator;
    for (auto item = json.begin(); item != json.end(); ++item) {
      out += std::exchange(separator, ",");
      if (is_map) out += dump(item.key()) + ':';
      dump_any(*item, out);
    }
    out += is_map ? '}' : ']';
  } else {
    out += dump(json);
  }
}

Json read_json(std::string_view text, std::string_view what_failed, std::size_t max_values,
               const std::function<void()>& require_time, Numbers numbers) {
  if (text.size() > max_object_size) {
    throw invalid_at(text, max_object_size, what_failed, "a metafile may not be larger than 16 MiB");
  }
  // What the parser would refuse for the memory that it takes is not to be taken here.
  constexpr std::size_t most_scanned = std::size_t{1} << 20;
  if (JsonBuilder quick(text, what_failed, max_values, numbers);
      text.size() <= most_scanned && detail::scan_events(text, quick)) {
    return quick.take();
  }
  JsonBuilder builder(text, what_failed, max_values, numbers);
  detail::parse_events(text, builder, require_time);
  return builder.take();
}

}  // namespace

Json detail::read_json(std::string_view text, std::string_view what_failed, std::size_t max_values,
                       const std::function<void()>& require_time) {
  return yaml::read_json(text, what_failed, max_values, require_time, Numbers::of_json);
}

std::string to_json(std::string_view text, Numbers numbers) {
  const Json json = read_json(text, "cannot be shown as JSON", SIZE_MAX, {}, numbers);
  if (numbers == Numbers::of_json) return dump(json);
  std::string out;
  dump_any(json, out);
  return out;
}

}  // namespace mlem::yaml
