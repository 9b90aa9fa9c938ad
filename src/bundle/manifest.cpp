#include "bundle/manifest.hpp"

#include "artifact/strict_json.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "model/rev.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace mlem::bundle {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

constexpr const char* format_name = "git-mlem bundle";
constexpr int format_version = 1;

[[noreturn]] void refuse_manifest(const std::string& why) {
  throw Error(ErrorKind::invalid, "not a bundle of git mlem", why);
}

Ordered to_json(const Part& part) { return {{"sha256", part.sha256}, {"size", part.size}}; }

Ordered to_json(const std::map<std::string, Oid>& refs) {
  Ordered json = Ordered::object();
  for (const auto& [name, oid] : refs) json[name] = oid.hex();
  return json;
}

Ordered to_json(const std::vector<Oid>& oids) {
  Ordered json = Ordered::array();
  for (const Oid& oid : oids) json.push_back(oid.hex());
  return json;
}

Ordered to_json(const BundledRegistry& registry) {
  Ordered json{{"object_format", registry.object_format}};
  if (!registry.head.empty()) json["head"] = registry.head;
  json["commit"] = registry.commit.hex();
  json["time"] = registry.time;
  json["refs"] = to_json(registry.refs);
  if (!registry.prerequisites.empty()) json["prerequisites"] = to_json(registry.prerequisites);
  if (registry.pack) json["pack"] = to_json(*registry.pack);
  return json;
}

Ordered to_json(const BundledLink& link) {
  Ordered json{{"link", replace_bad_utf8(link.link)}};
  for (const auto& [key, value] :
       {std::pair("repo", &link.repo), {"rev", &link.rev}, {"commit", &link.commit}, {"path", &link.path}}) {
    if (!value->empty()) json[key] = replace_bad_utf8(*value);
  }
  return json;
}

Ordered to_json(const BundledSource& source) {
  Ordered json = Ordered::object();
  if (source.repo) json["repo"] = source.repo->text();
  json["object_format"] = source.object_format;
  if (source.refs) {
    if (source.refs->head_branch) json["head"] = *source.refs->head_branch;
    json["refs"] = to_json(source.refs->oids);
  }
  if (!source.commits.empty()) json["commits"] = to_json(source.commits);
  if (source.pack) json["pack"] = to_json(*source.pack);
  if (!source.lfs.empty()) json["lfs"] = source.lfs;
  for (const BundledDvcFile& file : source.dvc) {
    json["dvc"].push_back(
        {{"md5", file.md5}, {"layout", file.layout == dvc::Layout::v3 ? 3 : 2}, {"sha256", file.sha256}});
  }
  return json;
}

/// A mapping of the manifest, of which every key has to be known.
class Mapping {
 public:
  Mapping(const Json& json, const char* what) : json_(json), what_(what) {
    if (!json.is_object()) bad("is not a mapping");
  }

  /// Returns the value of a key; null if it is not there.
  const Json* find(const char* key) {
    known_.insert(key);
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  const Json& get(const char* key) {
    const Json* const value = find(key);
    if (value == nullptr) bad(std::string("has no '") + key + "'");
    return *value;
  }
  std::string text(const char* key) {
    const Json& value = get(key);
    if (!value.is_string()) bad(std::string("has another '") + key + "' than a text");
    return value.get<std::string>();
  }
  std::string text_if_any(const char* key) { return find(key) == nullptr ? std::string() : text(key); }
  std::uint64_t number(const char* key) {
    const Json& value = get(key);
    if (!value.is_number_unsigned()) bad(std::string("has another '") + key + "' than a number");
    return value.get<std::uint64_t>();
  }
  /// Returns a list; empty if the key is not there.
  const Json& list_if_any(const char* key) {
    static const Json none = Json::array();
    const Json* const value = find(key);
    if (value == nullptr) return none;
    if (!value->is_array()) bad(std::string("has another '") + key + "' than a list");
    return *value;
  }
  std::string digest(const char* key) {
    std::string value = text(key);
    if (!is_sha256(value)) bad(std::string("has another '") + key + "' than a SHA-256");
    return value;
  }
  Oid oid(const char* key) { return to_oid(get(key)); }
  Oid to_oid(const Json& value) const {
    const auto oid = value.is_string() ? Oid::parse(value.get<std::string>()) : std::nullopt;
    if (!oid) bad("has something else than an id of an object");
    return *oid;
  }
  std::string to_digest(const Json& value) const {
    if (!value.is_string() || !is_sha256(value.get<std::string>())) bad("has something else than a SHA-256");
    return value.get<std::string>();
  }
  std::vector<Oid> oids_if_any(const char* key) {
    std::vector<Oid> oids;
    for (const Json& value : list_if_any(key)) oids.push_back(to_oid(value));
    return oids;
  }
  std::string object_format() {
    std::string format = text("object_format");
    if (format != "sha1" && format != "sha256") bad("has an unknown 'object_format'");
    return format;
  }
  /// To be called when all keys have been asked for.
  void end() const {
    for (const auto& [key, value] : json_.items()) {
      if (!known_.contains(key)) bad("has an unknown key");
    }
  }
  [[noreturn]] void bad(const std::string& why) const {
    refuse_manifest(std::string(what_) + " of its manifest " + why);
  }

 private:
  static bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }
  const Json& json_;
  const char* what_;
  std::set<std::string> known_;
};

Part parse_part(const Json& json) {
  Mapping mapping(json, "a file");
  Part part{mapping.digest("sha256"), mapping.number("size")};
  mapping.end();
  return part;
}

std::optional<Part> parse_pack(Mapping& mapping) {
  const Json* const pack = mapping.find("pack");
  return pack == nullptr ? std::nullopt : std::optional(parse_part(*pack));
}

std::map<std::string, Oid> parse_refs(const Json& json, const Mapping& of) {
  if (!json.is_object()) of.bad("has other 'refs' than a mapping");
  std::map<std::string, Oid> refs;
  for (const auto& [name, value] : json.items()) {
    // No option, and no branch that git would not make.
    if (!is_ref_name(name) || name.starts_with('-') || name.starts_with("refs/heads/-"))
      of.bad("has a ref of a name that git does not allow");
    refs.emplace(name, of.to_oid(value));
  }
  return refs;
}

/// A name of a ref is no directory of another one.
void require_distinct_refs(const std::map<std::string, Oid>& refs, const Mapping& of) {
  for (const auto& [name, oid] : refs) {
    const auto below = refs.lower_bound(name + "/");
    if (below != refs.end() && below->first.starts_with(name + "/")) of.bad("has a ref that is a directory of others");
  }
}

BundledRegistry parse_registry(const Json& json) {
  Mapping mapping(json, "the registry");
  BundledRegistry registry;
  registry.object_format = mapping.object_format();
  registry.head = mapping.text_if_any("head");
  registry.commit = mapping.oid("commit");
  constexpr std::uint64_t last_time = 0'77'777'777'777;  // of a header of the archive
  registry.time = static_cast<std::int64_t>(std::min(mapping.number("time"), last_time));
  registry.refs = parse_refs(mapping.get("refs"), mapping);
  registry.prerequisites = mapping.oids_if_any("prerequisites");
  registry.pack = parse_pack(mapping);
  mapping.end();
  for (const auto& [name, oid] : registry.refs) {
    const bool is_ours = name.starts_with("refs/heads/") || name.starts_with("refs/tags/") || name == commit_ref(oid);
    if (!is_ours) mapping.bad("has a ref that is no branch and no tag");
  }
  require_distinct_refs(registry.refs, mapping);
  if (!registry.head.empty() && (!registry.head.starts_with("refs/heads/") || !registry.refs.contains(registry.head))) {
    mapping.bad("has a 'head' that is no branch of its own");
  }
  return registry;
}

/// Every artifact is one of a source's, and a source's are here, unless another bundle has them.
void require_one_use_each(const Manifest& manifest) {
  std::set<std::string_view> here;
  for (const Part& artifact : manifest.artifacts) here.insert(artifact.sha256);
  std::set<std::string_view> used;
  for (const BundledSource& source : manifest.sources) {
    used.insert(source.lfs.begin(), source.lfs.end());
    for (const BundledDvcFile& file : source.dvc) used.insert(file.sha256);
  }
  if (used != here) refuse_manifest("its artifacts are not those of its sources");
}

BundledLink parse_link(const Json& json) {
  Mapping mapping(json, "a link");
  BundledLink link{.link = mapping.text("link"),
                   .repo = mapping.text_if_any("repo"),
                   .rev = mapping.text_if_any("rev"),
                   .commit = mapping.text_if_any("commit"),
                   .path = mapping.text_if_any("path")};
  mapping.end();
  return link;
}

BundledDvcFile parse_dvc_file(const Json& json) {
  Mapping mapping(json, "a file of DVC");
  BundledDvcFile file{.md5 = mapping.text("md5"), .sha256 = mapping.digest("sha256")};
  const std::uint64_t layout = mapping.number("layout");
  mapping.end();
  std::string_view digits = file.md5;
  constexpr std::string_view directory = ".dir";
  if (digits.ends_with(directory)) digits.remove_suffix(directory.size());
  if (digits.size() != 32 || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    mapping.bad("has another 'md5' than DVC would have");
  }
  if (layout != 2 && layout != 3) mapping.bad("has an unknown 'layout'");
  file.layout = layout == 3 ? dvc::Layout::v3 : dvc::Layout::v2;
  return file;
}

BundledSource parse_source(const Json& json) {
  Mapping mapping(json, "a source");
  BundledSource source;
  if (mapping.find("repo") != nullptr) source.repo = RepoUrl::parse(mapping.text("repo"));
  source.object_format = mapping.object_format();
  const std::string head = mapping.text_if_any("head");
  if (const Json* const refs = mapping.find("refs")) {
    source.refs = source::ListedRefs{.oids = parse_refs(*refs, mapping)};
    if (!head.empty() && !is_ref_name(head)) mapping.bad("has a 'head' that is no branch");
    if (!head.empty()) source.refs->head_branch = head;
  }
  source.commits = mapping.oids_if_any("commits");
  source.pack = parse_pack(mapping);
  for (const Json& value : mapping.list_if_any("lfs")) source.lfs.push_back(mapping.to_digest(value));
  for (const Json& value : mapping.list_if_any("dvc")) source.dvc.push_back(parse_dvc_file(value));
  mapping.end();
  if (source.pack && !source.repo) mapping.bad("has a pack and no 'repo'");
  return source;
}

}  // namespace

std::string commit_ref(const Oid& commit) { return "refs/mlem/imported/commits/" + commit.hex(); }
std::string pack_name(std::size_t source) { return "packs/" + std::to_string(source + 1) + ".pack"; }
std::string artifact_name(const std::string& sha256) { return "artifacts/" + sha256; }

std::string manifest_text(const Manifest& manifest) {
  Ordered json{{"format", format_name}, {"version", format_version}};
  if (!manifest.since.empty()) json["since"] = manifest.since;
  json["registry"] = to_json(manifest.registry);
  for (const char* key : {"links", "sources", "artifacts"}) json[key] = Ordered::array();
  for (const BundledLink& link : manifest.links) json["links"].push_back(to_json(link));
  for (const BundledSource& source : manifest.sources) json["sources"].push_back(to_json(source));
  for (const Part& artifact : manifest.artifacts) json["artifacts"].push_back(to_json(artifact));
  return json.dump(1) + "\n";
}

Manifest parse_manifest(std::string_view text) {
  // Its size bounds it.
  const Json json = artifact::read_strict_json(text, "not a bundle of git mlem", {}, text.size());
  Mapping mapping(json, "the beginning");
  if (mapping.text("format") != format_name) refuse_manifest("its manifest is of another format");
  if (mapping.number("version") != format_version) {
    throw Error(ErrorKind::invalid, "cannot read the bundle",
                "it is of version " + std::to_string(mapping.number("version")) + ", and this program knows version 1",
                "use a newer git mlem");
  }
  Manifest manifest;
  for (const Json& id : mapping.list_if_any("since")) manifest.since.push_back(mapping.to_digest(id));
  manifest.registry = parse_registry(mapping.get("registry"));
  for (const Json& link : mapping.list_if_any("links")) manifest.links.push_back(parse_link(link));
  for (const Json& source : mapping.list_if_any("sources")) manifest.sources.push_back(parse_source(source));
  for (const Json& artifact : mapping.list_if_any("artifacts")) manifest.artifacts.push_back(parse_part(artifact));
  mapping.end();
  const auto is_before = [](const Part& one, const Part& other) { return one.sha256 >= other.sha256; };
  require_one_use_each(manifest);
  if (std::adjacent_find(manifest.artifacts.begin(), manifest.artifacts.end(), is_before) != manifest.artifacts.end()) {
    refuse_manifest("its artifacts are not in order");
  }
  return manifest;
}

}  // namespace mlem::bundle
