#include "command/detail/json.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/changed_links.hpp"
#include "model/oid.hpp"
#include "model/point.hpp"
#include "model/repo_url.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

namespace mlem::command {
namespace {

using Json = nlohmann::ordered_json;

void set(Json& json, const std::string& key, const std::string& value) {
  if (is_utf8(value)) {
    json[key] = value;
    return;
  }
  json[key] = replace_bad_utf8(value);
  json[key + "_base64"] = base64(value);
}

/// What has no value has no key.
void put(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) set(json, key, value);
}

/// Returns JSON that is ASCII where a terminal would obey it: the control characters that JSON itself allows, and what
/// changes the direction of text. The meaning is the same.
std::string made_harmless(std::string json) {
  // One after the other, for each is found many bytes at a time.
  std::size_t i = std::min({json.find('\x7f'), json.find('\xc2'), json.find('\xe2')});
  if (i == std::string::npos) return json;
  std::string text = json.substr(0, i);
  for (; i < json.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return i + at < json.size() ? static_cast<unsigned char>(json[i + at]) : 0U;
    };
    unsigned code = 0;
    std::size_t length = 1;
    if (byte(0) == 0x7f) {
      code = 0x7f;
    } else if (byte(0) == 0xc2 && byte(1) < 0xa0) {
      code = byte(1);
      length = 2;
    } else if (byte(0) == 0xe2 && (byte(1) == 0x80 || byte(1) == 0x81)) {
      const unsigned point = 0x2000U + ((byte(1) - 0x80U) << 6U) + (byte(2) - 0x80U);
      const bool turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
      if (turns) code = point;
      if (turns) length = 3;
    }
    if (code == 0)
      text += json[i];
    else
      text += fmt::format("\\u{:04x}", code);
    i += length - 1;
  }
  return text;
}

/// Appends what Json::dump() gives. Most texts have nothing to escape, which that finds out byte by byte.
void write(const Json& json, std::string& text) {
  const auto write_string = [&](const std::string& string, const auto& dump) {
    const bool is_plain = std::all_of(string.begin(), string.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
    });
    if (!is_plain) {
      text += dump();
      return;
    }
    text += '"';
    text += string;
    text += '"';
  };
  if (json.is_string()) {
    write_string(json.get_ref<const std::string&>(), [&] { return json.dump(); });
  } else if (json.is_object() && !json.empty()) {
    char before = '{';
    for (const auto& [key, value] : json.get_ref<const Json::object_t&>()) {
      text += std::exchange(before, ',');
      write_string(key, [&, &key = key] { return Json(key).dump(); });
      text += ':';
      write(value, text);
    }
    text += '}';
  } else if (json.is_array() && !json.empty()) {
    char before = '[';
    for (const Json& value : json) {
      text += std::exchange(before, ',');
      write(value, text);
    }
    text += ']';
  } else {
    text += json.dump();
  }
}

std::string text_of(const Json& json) {
  constexpr std::size_t usual_size = 1024;
  std::string text;
  text.reserve(usual_size);
  write(json, text);
  return made_harmless(std::move(text));
}

Json hops_to_json(const std::vector<Hop>& hops) {
  Json list = Json::array();
  for (const Hop& hop : hops) {
    Json entry = Json::object();
    put(entry, "repo", hop.repo);
    put(entry, "rev", hop.rev);
    if (hop.commit) entry["commit"] = hop.commit->hex();
    put(entry, "path", hop.path);
    list.push_back(std::move(entry));
  }
  return list;
}

/// Puts the keys of a finding up to `at` into what is empty yet.
void put(Json& json, const Finding& finding, bool is_judged) {
  constexpr std::size_t usual_keys = 24;
  json = Json::object();
  json.get_ref<Json::object_t&>().reserve(usual_keys);
  json["schema"] = 1;
  put(json, "link", finding.link);
  if (is_judged) json["verdict"] = std::string(name(finding.verdict));
  put(json, "message", finding.message);
  put(json, "hint", finding.hint);
  if (!finding.warnings.empty()) {
    Json& warnings = json["warnings"] = Json::array();
    for (const Warning& warning : finding.warnings) {
      Json entry;
      put(entry, "code", warning.code);
      put(entry, "message", warning.message);
      warnings.push_back(std::move(entry));
    }
  }
  put(json, "link_type", finding.link_type);
  put(json, "object_type", finding.object_type);
  put(json, "repo", finding.repo);
  put(json, "rev", finding.rev);
  put(json, "ref", finding.ref);
  if (finding.commit) json["commit"] = finding.commit->hex();
  put(json, "path", finding.path);
  if (finding.blob) json["blob"] = finding.blob->hex();
  if (!finding.hops.empty()) json["hops"] = hops_to_json(finding.hops);
  put(json, "at", finding.at);
}

Json artifacts_to_json(const std::vector<FoundArtifact>& artifacts) {
  Json list = Json::array();
  for (const FoundArtifact& artifact : artifacts) {
    Json entry = Json::object();
    put(entry, "name", artifact.name);
    put(entry, "path", artifact.path);
    if (artifact.size) entry["size"] = *artifact.size;
    put(entry, "hash", artifact.hash);
    entry["state"] = std::string(name(artifact.state));
    list.push_back(std::move(entry));
  }
  return list;
}

Json point_to_json(const Point& point) {
  constexpr std::size_t keys = 6;
  Json json = Json::object();
  json.get_ref<Json::object_t&>().reserve(keys);
  put(json, "rev", point.rev);
  put(json, "ref", point.ref);
  put(json, "commit", point.commit);
  put(json, "path", point.path);
  put(json, "repo", point.repo);
  put(json, "blob", point.blob);
  return json;
}

/// Puts what became of a link.
void put(Json& json, const history::LinkChange& change, const Point& from, const Point& to) {
  json["change"] = std::string(name(change.kind));
  put(json, "former_link", change.former_name);
  if (change.before) json["from"] = point_to_json(from);
  if (change.after) json["to"] = point_to_json(to);
}

Json commits_to_json(const std::vector<git::DescribedCommit>& commits) {
  Json list = Json::array();
  for (const git::DescribedCommit& commit : commits) {
    Json entry;
    entry["commit"] = commit.oid.hex();
    entry["date"] = format_time(commit.time);
    put(entry, "author", commit.author);
    put(entry, "subject", commit.subject);
    list.push_back(std::move(entry));
  }
  return list;
}

Json details_to_json(const std::vector<Detail>& details) {
  Json list = Json::array();
  for (const Detail& detail : details) {
    Json entry;
    put(entry, "what", detail.what);
    if (detail.from) set(entry, "from", *detail.from);
    if (detail.to) set(entry, "to", *detail.to);
    list.push_back(std::move(entry));
  }
  return list;
}

/// What a link names, by its own words and, where those leave it open, by what it led to.
Point point_of(const Link& link, const Finding& finding) {
  Point point = mlem::point_of(link);
  if (!point.commit.empty()) return point;
  if (point.ref.empty()) point.ref = finding.ref;
  if (finding.commit) point.commit = finding.commit->hex();
  return point;
}

}  // namespace

std::string to_json(const Finding& finding, std::optional<std::int64_t> proof_time) {
  Json json;
  put(json, finding, true);
  put(json, "pushed_ref", finding.pushed_ref);
  if (!finding.rules.empty()) json["rules"] = finding.rules;
  if (finding.line != 0) json["line"] = finding.line;
  if (proof_time) json["proved_at"] = format_time(*proof_time);
  if (finding.artifacts) json["artifacts"] = artifacts_to_json(*finding.artifacts);
  return text_of(json);
}

std::string to_json(const Finding& finding, const artifact::ClonePlan& plan) {
  Json json;
  put(json, finding, true);
  if (finding.verdict == Verdict::ok) {
    Json& files = json["files"] = Json::array();
    for (const artifact::CloneItem& item : plan.items) {
      Json entry = Json::object();
      put(entry, "file", (plan.root / item.path).string());
      if (const auto size = item.size(); size && item.kind != artifact::CloneItem::Kind::symlink) entry["size"] = *size;
      put(entry, "hash", item.hash_text());
      entry["action"] = std::string(name(item.state));
      files.push_back(std::move(entry));
    }
  }
  return text_of(json);
}

std::string to_json(const edit::LinkEdit& edit) {
  const edit::LinkDecision& decision = edit.decision;
  Json json;
  put(json, decision.finding, decision.is_judged);
  json["action"] = std::string(name(decision.action));
  if (decision.after) {
    const Point from = edit.before ? point_of(*edit.before, decision.finding) : Point();
    const Point to = point_of(*decision.after, decision.finding);
    if (edit.before && from != to) json["from"] = point_to_json(from);
    if (from != to) json["to"] = point_to_json(to);
  }
  put(json, "branch", decision.branch);
  put(json, "hold", decision.hold.value_or(""));
  put(json, "until", decision.until.value_or(""));
  if (decision.finding.line != 0) json["line"] = decision.finding.line;
  return text_of(json);
}

std::string to_json(const history::LogEntry& entry) {
  Json json;
  Finding finding = finding_of(entry.change);
  finding.at = entry.registry_commit.hex();
  put(json, finding, false);
  put(json, entry.change, entry.change.before ? mlem::point_of(*entry.change.before) : Point(),
      entry.change.after ? mlem::point_of(*entry.change.after) : Point());
  json["registry_commit"] = entry.registry_commit.hex();
  json["date"] = format_time(entry.time);
  put(json, "merged_by", entry.merged_by);
  if (entry.changed_in) json["changed_in"] = entry.changed_in->hex();
  put(json, "author", entry.author);
  if (entry.until) json["until"] = format_time(*entry.until);
  return text_of(json);
}

std::string to_json(const history::LinkDifference& difference) {
  Json json;
  Finding finding = finding_of(difference.change);
  for (const std::string& reason : difference.unknown) {
    finding.message += (finding.message.empty() ? "" : "; ") + reason;
  }
  put(json, finding, false);
  put(json, difference.change, difference.from, difference.to);
  if (difference.commits) json["commits"] = commits_to_json(difference.commits->ahead);
  if (difference.comparison) {
    json["compatibility"] = std::string(name(difference.comparison->compatibility));
    json["details"] = details_to_json(difference.comparison->details);
  }
  return text_of(json);
}

std::string to_json(const history::Standing& standing, std::optional<std::int64_t> proof_time) {
  const Finding& finding = standing.finding;
  Json json;
  put(json, finding, finding.verdict != Verdict::ok);
  if (standing.state) json["state"] = std::string(name(*standing.state));
  if (standing.behind) json["behind"] = *standing.behind;
  if (standing.touching) json["touching"] = *standing.touching;
  if (standing.tip) json["tip"] = point_to_json(*standing.tip);
  if (standing.newest) json["newest"] = point_to_json(*standing.newest);
  put(json, "hold", standing.hold.value_or(""));
  put(json, "until", standing.until.value_or(""));
  if (finding.line != 0) json["line"] = finding.line;
  if (proof_time) json["proved_at"] = format_time(*proof_time);
  return text_of(json);
}

edit::LinkRequest parse_link_request(std::string_view line, edit::LinkRequest request) {
  const std::string what = "cannot read '" + escape_for_terminal(redact(std::string(line.substr(0, 100)))) + "'";
  // Of a key that is there twice the library keeps the last.
  std::vector<std::set<std::string>> open;
  std::string twice;
  const auto note = [&](int, Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second) {
      twice = value.get<std::string>();
    }
    return true;
  };
  const Json json = Json::parse(line, note, false);
  if (!json.is_object()) throw Error(ErrorKind::invalid, what, "it is not a JSON object");
  if (!twice.empty()) throw Error(ErrorKind::invalid, what, "'" + twice + "' is there twice");
  for (const auto& [key, value] : json.items()) {
    if (value.is_null()) continue;
    const auto wrong = [&, &name = key](const char* kind) {
      return Error(ErrorKind::invalid, what, "'" + name + "' is not " + kind);
    };
    const auto text = [&] {
      if (!value.is_string()) throw wrong("a text");
      return value.get<std::string>();
    };
    const auto truth = [&] {
      if (!value.is_boolean()) throw wrong("true or false");
      return value.get<bool>();
    };
    if (key == "source")
      request.source = text();
    else if (key == "target")
      request.target = text();
    else if (key == "project")
      request.source_project = text();
    else if (key == "rev")
      request.rev = text();
    else if (key == "pin")
      request.pin = truth() ? edit::Pin::yes : edit::Pin::no;
    else if (key == "plain")
      request.is_plain = truth();
    else if (key == "type")
      request.type = text();
    else if (key == "follow_links")
      request.follow_links = truth();
    else if (key == "absolute")
      request.absolute = truth();
    else
      throw Error(ErrorKind::invalid, what, "'" + escape_for_terminal(key) + "' is not a key",
                  "the keys are 'source', 'target', 'project', 'rev', 'pin', 'plain', 'type', 'follow_links' and "
                  "'absolute'");
  }
  if (request.source.empty() || request.target.empty()) {
    throw Error(ErrorKind::invalid, what, "a source and a target are needed");
  }
  if (request.type && !request.is_plain) throw Error(ErrorKind::invalid, what, "'type' is of a plain link only");
  return request;
}

std::string to_json(const history::LinkToPlace& found, const std::vector<Warning>& warnings) {
  Json json;
  Finding finding = finding_of(found.name, found.link);
  finding.warnings = warnings;
  put(json, finding, false);
  const auto put_names = [&](const char* key, const std::vector<std::string>& names) {
    if (names.empty()) return;
    Json list = Json::array();
    for (const std::string& name : names) list.push_back(replace_bad_utf8(name));
    json[key] = std::move(list);
  };
  put_names("refs", found.refs);
  put_names("via", found.via);
  put(json, "registry", found.registry);
  return text_of(json);
}

std::string files_to_json(const std::vector<source::WantedFile>& files) {
  constexpr int most_depth = 64;  // each level is a call of the writer's
  Json json;
  json["schema"] = 1;
  for (const source::WantedFile& file : files) {
    if (!file.content) continue;
    bool is_deep = false;
    const auto bound = [&](int depth, Json::parse_event_t, const Json&) {
      is_deep = is_deep || depth > most_depth;
      return !is_deep;
    };
    const Json content =
        file.path.ends_with(".json") ? Json::parse(*file.content, bound, false) : Json(Json::value_t::discarded);
    if (content.is_discarded() || is_deep)
      set(json, file.path, *file.content);
    else
      json[file.path] = content;
  }
  return made_harmless(json.dump());
}

std::string to_json(const std::vector<std::pair<std::string, std::string>>& fields) {
  Json json;
  json["schema"] = 1;
  for (const auto& [key, value] : fields) set(json, key, value);
  return text_of(json);
}

}  // namespace mlem::command
