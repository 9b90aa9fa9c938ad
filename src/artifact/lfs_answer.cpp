#include "artifact/lfs_answer.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

// An answer comes from a server that nobody has to trust. Every field has to have its type, where null is the same as
// absent, and whatever becomes part of a request or of a message is checked or escaped here: addresses, headers, the
// words of an error. Objects are found by their ids, not by their order. One that the answer leaves out is unreachable,
// and the code of an error says whether an object is missing, wants a login or is out of reach.

namespace mlem::artifact {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_headers = 64;
constexpr std::size_t longest_message = 200;

[[noreturn]] void throw_not_lfs(const std::string& why) {
  throw Error(ErrorKind::invalid, "not an answer of Git LFS", why);
}

Json parse_lfs_json(std::string_view text) {
  // The parser does not recurse.
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw_not_lfs("it is not JSON");
  if (!json.is_object()) throw_not_lfs("it is not an object");
  return json;
}

/// Returns a field; null if it is absent.
const Json* find_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// The same of a type; servers in Go write null for what they have not.
const Json* find_member(const Json& object, const char* name, Json::value_t type) {
  const Json* const member = find_member(object, name);
  if (member != nullptr && member->type() != type) throw_not_lfs(std::string("'") + name + "' is of another type");
  return member;
}

std::string text_member(const Json& object, const char* name) {
  const Json* const member = find_member(object, name, Json::value_t::string);
  return member == nullptr ? std::string() : member->get<std::string>();
}

std::optional<std::int64_t> number_member(const Json& object, const char* name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_number_integer()) throw_not_lfs(std::string("'") + name + "' is not a whole number");
  if (member->is_number_unsigned() && member->get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    throw_not_lfs(std::string("'") + name + "' is too large");
  }
  return member->get<std::int64_t>();
}

/// A token of RFC 9110, 5.6.2.
bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

/// Whether a header is about the request itself, which is not for a server to say.
bool is_ours(std::string_view name) {
  constexpr std::string_view ours[] = {"host",    "content-length", "transfer-encoding", "connection", "te",
                                       "upgrade", "range",          "if-range"};
  return std::find(std::begin(ours), std::end(ours), to_lower_ascii(name)) != std::end(ours);
}

std::vector<HttpHeader> read_headers(const Json& object) {
  std::vector<HttpHeader> headers;
  const Json* const member = find_member(object, "header", Json::value_t::object);
  if (member == nullptr) return headers;
  if (member->size() > most_headers) throw_not_lfs("it has too many headers");
  for (const auto& [name, value] : member->items()) {
    if (!is_header_name(name) || !value.is_string() || has_control_character(value.get<std::string>()))
      throw_not_lfs("a header is malformed");
    if (!is_ours(name)) headers.push_back({name, value.get<std::string>()});
  }
  return headers;
}

/// Reads a time of RFC 3339 as far as its seconds, in UTC or with an offset.
std::optional<std::time_t> parse_rfc3339(const std::string& text) {
  std::tm time{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (rest == nullptr) return std::nullopt;
  if (*rest == '.') {
    ++rest;
    while (*rest >= '0' && *rest <= '9') ++rest;
  }
  std::time_t seconds = timegm(&time);
  if (*rest == '+' || *rest == '-') {
    std::tm offset{};
    const char* const end = strptime(rest + 1, "%H:%M", &offset);
    if (end == nullptr || *end != '\0') return std::nullopt;
    const std::time_t ahead = (offset.tm_hour * 60 + offset.tm_min) * 60;
    return *rest == '+' ? seconds - ahead : seconds + ahead;
  }
  return *rest == 'Z' && rest[1] == '\0' ? std::optional(seconds) : std::nullopt;
}

/// `expires_in` counts before `expires_at`; a server in Go that knows neither writes 0 and the year 1.
std::optional<Transfer::Clock::time_point> read_expiry(const Json& object) {
  constexpr std::int64_t a_year = 366LL * 24 * 3600;
  // Before the server's end, so that a request does not come too late.
  constexpr std::int64_t margin = 5;
  std::optional<std::int64_t> left;
  if (const auto in = number_member(object, "expires_in"); in && *in != 0) left = *in;
  if (const std::string at = text_member(object, "expires_at"); !left && !at.empty()) {
    const auto time = parse_rfc3339(at);
    if (!time) throw_not_lfs("'expires_at' is not a time");
    if (*time > 0) left = *time - std::time(nullptr);
  }
  if (!left) return std::nullopt;
  return Transfer::Clock::now() + std::chrono::seconds(std::clamp<std::int64_t>(*left - margin, 0, a_year));
}

LfsAction read_action(const Json& object) {
  LfsAction action{
      .href = text_member(object, "href"), .headers = read_headers(object), .expires = read_expiry(object)};
  if (has_control_character(action.href)) throw_not_lfs("an address has control characters");
  return action;
}

std::string read_message(const Json& object) {
  const Json* const message = find_member(object, "message");
  if (message == nullptr || !message->is_string()) return {};
  std::string text = message->get<std::string>();
  if (text.size() > longest_message) text = text.substr(0, longest_message) + "...";
  return escape_for_terminal(redact(text));
}

std::string object_words(const LfsPointer& pointer, const std::string& what) {
  return "Git LFS object " + pointer.oid + ": " + what;
}

ObjectAnswer read_error(const Json& error, const LfsPointer& pointer) {
  const std::int64_t code = number_member(error, "code").value_or(0);
  const std::string message = read_message(error);
  const std::string words =
      object_words(pointer, "the server answered " + std::to_string(code) + (message.empty() ? "" : ": " + message));
  switch (code) {
    case 404:
    case 410:
      return ObjectAnswer::of({Verdict::artifact_missing, words, "or this account may not see it"});
    case 401:
    case 403:
      return ObjectAnswer::of({Verdict::auth_required, words, {}});
    default:
      return ObjectAnswer::of({Verdict::unreachable, words, {}});
  }
}

LfsObjectAnswer read_object(const Json& object, const LfsPointer& pointer) {
  LfsObjectAnswer read;
  if (const Json* const error = find_member(object, "error", Json::value_t::object)) {
    read.answer = read_error(*error, pointer);
    return read;
  }
  const Json* const actions = find_member(object, "actions", Json::value_t::object);
  const Json* const download = actions == nullptr ? nullptr : find_member(*actions, "download", Json::value_t::object);
  if (download == nullptr) {
    read.answer =
        ObjectAnswer::of({Verdict::artifact_missing, object_words(pointer, "the server does not say where it is"), {}});
    return read;
  }
  const auto size = number_member(object, "size");
  if (!size || *size < 0) throw_not_lfs("an object has no size");
  read.answer = ObjectAnswer::exists(static_cast<std::uint64_t>(*size));
  read.download = read_action(*download);
  if (read.download.href.empty()) throw_not_lfs("an object has no address");
  const Json* const authenticated = find_member(object, "authenticated", Json::value_t::boolean);
  read.is_authenticated = authenticated != nullptr && authenticated->get<bool>();
  return read;
}

}  // namespace

std::string lfs_batch_request(const std::vector<LfsPointer>& pointers) {
  Json objects = Json::array();
  for (const LfsPointer& pointer : pointers) objects.push_back({{"oid", pointer.oid}, {"size", pointer.size}});
  return Json({{"operation", "download"}, {"transfers", {"basic"}}, {"objects", objects}, {"hash_algo", "sha256"}})
      .dump();
}

std::vector<LfsObjectAnswer> parse_lfs_batch(std::string_view json, const std::vector<LfsPointer>& pointers) {
  const Json answer = parse_lfs_json(json);
  const std::string transfer = text_member(answer, "transfer");
  if (!transfer.empty() && transfer != "basic") throw_not_lfs("it wants a transfer that was not offered");
  const std::string algorithm = text_member(answer, "hash_algo");
  if (!algorithm.empty() && algorithm != "sha256") throw_not_lfs("its objects have another hash than SHA-256");
  const Json* const objects = find_member(answer, "objects", Json::value_t::array);
  if (objects == nullptr) throw_not_lfs("it has no objects");
  std::map<std::string, const Json*, std::less<>> by_oid;
  for (const Json& object : *objects) {
    if (!object.is_object()) throw_not_lfs("an object is of another type");
    by_oid.emplace(text_member(object, "oid"), &object);
  }
  std::vector<LfsObjectAnswer> answers;
  answers.reserve(pointers.size());
  for (const LfsPointer& pointer : pointers) {
    const auto object = by_oid.find(pointer.oid);
    if (object == by_oid.end()) {
      answers.push_back({.answer = ObjectAnswer::of(
                             {Verdict::unreachable, object_words(pointer, "the server did not answer for it"), {}}),
                         .download = {}});
    } else {
      answers.push_back(read_object(*object->second, pointer));
    }
  }
  return answers;
}

LfsAction parse_lfs_authentication(std::string_view json) { return read_action(parse_lfs_json(json)); }

std::string parse_lfs_message(std::string_view json) {
  const Json answer = Json::parse(json, nullptr, false);
  return answer.is_object() ? read_message(answer) : std::string();
}

}  // namespace mlem::artifact
