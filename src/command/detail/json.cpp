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

// A line about a link is written key by key, and no tree of values is built first, for there may be a hundred thousand
// lines. Most texts are plain ASCII and are copied; only for others the library is asked. What the finished line still
// has that a terminal would obey is escaped in a last pass, which is over at once for most lines. What is read is taken
// strictly: a key that is not known, is there twice or has a value of another type is refused.

namespace mlem::command {
namespace {

using Json = nlohmann::ordered_json;

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

/// Writes one line as Json::dump() would. Of what there may be a hundred thousand, no tree is built first.
class Writer {
 public:
  Writer() {
    constexpr std::size_t usual_size = 1024;
    text_.reserve(usual_size);
    open('{');
  }

  /// `name` has nothing to escape.
  void key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    is_first_ = true;  // no comma before its value
  }
  /// `value` is UTF-8.
  void string(std::string_view value) {
    if (string_if_plain(value)) return;
    separate();
    text_ += Json(value).dump();
  }
  /// Writes `value` if it has nothing to escape, and is ASCII. Returns whether that is so.
  bool string_if_plain(std::string_view value) {
    const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
    });
    if (!is_plain) return false;
    separate();
    quote(value);
    return true;
  }
  void number(std::size_t value) {
    separate();
    text_ += std::to_string(value);
  }
  void open(char bracket) {
    separate();
    text_ += bracket;
    is_first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    is_first_ = false;
  }
  /// Returns the line, which is ended by that.
  std::string take() {
    close('}');
    return made_harmless(std::move(text_));
  }

 private:
  void quote(std::string_view text) {
    text_ += '"';
    text_ += text;
    text_ += '"';
  }
  void separate() {
    if (!std::exchange(is_first_, false)) text_ += ',';
  }

  std::string text_;
  bool is_first_ = true;  ///< in what is open
};

void set(Writer& json, std::string_view key, const std::string& value) {
  json.key(key);
  if (json.string_if_plain(value)) return;
  if (is_utf8(value)) {
    json.string(value);
    return;
  }
  json.string(replace_bad_utf8(value));
  json.key(std::string(key) + "_base64");
  json.string(base64(value));
}

/// What has no value has no key.
void put(Writer& json, std::string_view key, const std::string& value) {
  if (!value.empty()) set(json, key, value);
}
void put(Writer& json, std::string_view key, const std::optional<Oid>& value) {
  if (value) set(json, key, value->hex());
}

void put_number(Writer& json, std::string_view key, std::size_t value) {
  json.key(key);
  json.number(value);
}

/// Writes a list of what `write` writes for each, in an object of its own.
template <typename List, typename Write>
void put_list(Writer& json, std::string_view key, const List& list, const Write& write) {
  json.key(key);
  json.open('[');
  for (const auto& item : list) {
    json.open('{');
    write(item);
    json.close('}');
  }
  json.close(']');
}

void put_names(Writer& json, std::string_view key, const std::vector<std::string>& names) {
  if (names.empty()) return;
  json.key(key);
  json.open('[');
  for (const std::string& name : names) json.string(replace_bad_utf8(name));
  json.close(']');
}

/// Puts the keys of a finding up to `at` into what is empty yet.
void put(Writer& json, const Finding& finding, bool is_judged) {
  put_number(json, "schema", 1);
  put(json, "link", finding.link);
  if (is_judged) set(json, "verdict", std::string(name(finding.verdict)));
  put(json, "message", finding.message);
  put(json, "hint", finding.hint);
  if (!finding.warnings.empty()) {
    put_list(json, "warnings", finding.warnings, [&](const Warning& warning) {
      put(json, "code", warning.code);
      put(json, "message", warning.message);
    });
  }
  put(json, "link_type", finding.link_type);
  put(json, "object_type", finding.object_type);
  put(json, "repo", finding.repo);
  put(json, "rev", finding.rev);
  put(json, "ref", finding.ref);
  put(json, "commit", finding.commit);
  put(json, "path", finding.path);
  put(json, "blob", finding.blob);
  if (!finding.hops.empty()) {
    put_list(json, "hops", finding.hops, [&](const Hop& hop) {
      put(json, "repo", hop.repo);
      put(json, "rev", hop.rev);
      put(json, "commit", hop.commit);
      put(json, "path", hop.path);
    });
  }
  put(json, "at", finding.at);
}

void put(Writer& json, std::string_view key, const std::vector<FoundArtifact>& artifacts) {
  json.key(key);
  json.open('[');
  for (const FoundArtifact& artifact : artifacts) {
    json.open('{');
    put(json, "name", artifact.name);
    put(json, "path", artifact.path);
    if (artifact.size) put_number(json, "size", *artifact.size);
    put(json, "hash", artifact.hash);
    set(json, "state", std::string(name(artifact.state)));
    json.close('}');
  }
  json.close(']');
}

void put(Writer& json, std::string_view key, const Point& point) {
  json.key(key);
  json.open('{');
  put(json, "rev", point.rev);
  put(json, "ref", point.ref);
  put(json, "commit", point.commit);
  put(json, "path", point.path);
  put(json, "repo", point.repo);
  put(json, "blob", point.blob);
  json.close('}');
}

/// Puts what became of a link.
void put(Writer& json, const history::LinkChange& change, const Point& from, const Point& to) {
  set(json, "change", std::string(name(change.kind)));
  put(json, "former_link", change.former_name);
  if (change.before) put(json, "from", from);
  if (change.after) put(json, "to", to);
}

void put(Writer& json, const source::Between::Commits& commits) {
  put_list(json, "commits", commits, [&](const auto& commit) {
    set(json, "commit", commit->oid.hex());
    set(json, "date", format_time(commit->time));
    put(json, "author", commit->author);
    put(json, "subject", commit->subject);
  });
}

void put(Writer& json, const std::vector<Detail>& details) {
  put_list(json, "details", details, [&](const Detail& detail) {
    put(json, "what", detail.what);
    if (detail.from) set(json, "from", *detail.from);
    if (detail.to) set(json, "to", *detail.to);
  });
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
  Writer json;
  put(json, finding, true);
  put(json, "pushed_ref", finding.pushed_ref);
  put_names(json, "rules", finding.rules);
  if (finding.line != 0) put_number(json, "line", finding.line);
  if (proof_time) set(json, "proved_at", format_time(*proof_time));
  if (finding.artifacts) put(json, "artifacts", *finding.artifacts);
  return json.take();
}

std::string to_json(const Finding& finding, const artifact::ClonePlan& plan) {
  Writer json;
  put(json, finding, true);
  if (finding.verdict == Verdict::ok) {
    put_list(json, "files", plan.items, [&](const artifact::CloneItem& item) {
      using Kind = artifact::CloneItem::Kind;
      const bool is_directory = item.kind == Kind::directory;
      put(json, "file", (plan.root / item.path).string() + (is_directory ? "/" : ""));
      if (const auto size = item.size(); size && item.kind != Kind::symlink && !is_directory)
        put_number(json, "size", *size);
      put(json, "hash", item.hash_text());
      set(json, "action", std::string(name(item.state)));
    });
  }
  return json.take();
}

std::string to_json(const bundle::BundleContent& content) {
  const bundle::Manifest& manifest = content.manifest;
  Writer json;
  put_number(json, "schema", 1);
  set(json, "id", content.id);
  put(json, "head", manifest.registry.head);
  put(json, "commit", std::optional(manifest.registry.commit));
  put_names(json, "since", manifest.since);
  std::vector<std::string> prerequisites;
  for (const Oid& commit : manifest.registry.prerequisites) prerequisites.push_back(commit.hex());
  put_names(json, "prerequisites", prerequisites);
  put_list(json, "links", manifest.links, [&](const bundle::BundledLink& link) {
    put(json, "link", link.link);
    put(json, "repo", link.repo);
    put(json, "rev", link.rev);
    put(json, "commit", link.commit);
    put(json, "path", link.path);
  });
  put_list(json, "sources", manifest.sources, [&](const bundle::BundledSource& source) {
    if (source.repo) put(json, "repo", source.repo->text());
  });
  put_list(json, "artifacts", manifest.artifacts, [&](const bundle::Part& artifact) {
    set(json, "sha256", artifact.sha256);
    put_number(json, "size", artifact.size);
  });
  return json.take();
}

std::string to_json(const edit::LinkEdit& edit) {
  const edit::LinkDecision& decision = edit.decision;
  Writer json;
  put(json, decision.finding, decision.is_judged);
  set(json, "action", std::string(name(decision.action)));
  if (decision.after) {
    const Point from = edit.before ? point_of(*edit.before, decision.finding) : Point();
    const Point to = point_of(*decision.after, decision.finding);
    if (edit.before && from != to) put(json, "from", from);
    if (from != to) put(json, "to", to);
  }
  put(json, "branch", decision.branch);
  put(json, "hold", decision.hold.value_or(""));
  put(json, "until", decision.until.value_or(""));
  if (decision.finding.line != 0) put_number(json, "line", decision.finding.line);
  return json.take();
}

std::string to_json(const history::LogEntry& entry) {
  Writer json;
  Finding finding = finding_of(entry.change);
  finding.at = entry.registry_commit.hex();
  put(json, finding, false);
  put(json, entry.change, entry.change.before ? mlem::point_of(*entry.change.before) : Point(),
      entry.change.after ? mlem::point_of(*entry.change.after) : Point());
  set(json, "registry_commit", entry.registry_commit.hex());
  set(json, "date", format_time(entry.time));
  put(json, "merged_by", entry.merged_by);
  put(json, "changed_in", entry.changed_in);
  put(json, "author", entry.author);
  if (entry.until) set(json, "until", format_time(*entry.until));
  return json.take();
}

std::string to_json(const history::LinkDifference& difference) {
  Writer json;
  Finding finding = finding_of(difference.change);
  for (const std::string& reason : difference.unknown) {
    finding.message += (finding.message.empty() ? "" : "; ") + reason;
  }
  put(json, finding, false);
  put(json, difference.change, difference.from, difference.to);
  if (difference.commits) put(json, difference.commits->ahead);
  if (difference.comparison) {
    set(json, "compatibility", std::string(name(difference.comparison->compatibility)));
    put(json, difference.comparison->details);
  }
  return json.take();
}

std::string to_json(const history::Standing& standing, std::optional<std::int64_t> proof_time) {
  const Finding& finding = standing.finding;
  Writer json;
  put(json, finding, finding.verdict != Verdict::ok);
  if (standing.state) set(json, "state", std::string(name(*standing.state)));
  if (standing.behind) put_number(json, "behind", *standing.behind);
  if (standing.touching) put_number(json, "touching", *standing.touching);
  if (standing.tip) put(json, "tip", *standing.tip);
  if (standing.newest) put(json, "newest", *standing.newest);
  put(json, "hold", standing.hold.value_or(""));
  put(json, "until", standing.until.value_or(""));
  if (finding.line != 0) put_number(json, "line", finding.line);
  if (proof_time) set(json, "proved_at", format_time(*proof_time));
  return json.take();
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
  Writer json;
  Finding finding = finding_of(found.name, found.link);
  finding.warnings = warnings;
  put(json, finding, false);
  put_names(json, "refs", found.refs);
  put_names(json, "via", found.via);
  put(json, "registry", found.registry);
  return json.take();
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
    if (!content.is_discarded() && !is_deep) {
      json[file.path] = content;
    } else if (is_utf8(*file.content)) {
      json[file.path] = *file.content;
    } else {
      json[file.path] = replace_bad_utf8(*file.content);
      json[file.path + "_base64"] = base64(*file.content);
    }
  }
  return made_harmless(json.dump());
}

std::string to_json(const std::vector<std::pair<std::string, std::string>>& fields) {
  Writer json;
  put_number(json, "schema", 1);
  for (const auto& [key, value] : fields) set(json, key, value);
  return json.take();
}

}  // namespace mlem::command
