#include "command/detail/cyclonedx.hpp"

#include "artifact/hash.hpp"
#include "artifact/place.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

// What CycloneDX has a field for goes there, and everything else that is known becomes a property of the name
// `mlem:…`. Nothing is there that no link, no metafile and no file's record says. A hash that is not that of a file's
// bytes, such as the id of a blob or what DVC has for a directory, would mislead who compares it with the file, and is
// a property too.

namespace mlem::command {
namespace {

using Json = nlohmann::ordered_json;

/// Names are bytes, JSON is UTF-8.
std::string utf8(const std::string& text) { return is_utf8(text) ? text : replace_bad_utf8(text); }

void add_property(Json& component, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  component["properties"].push_back({{"name", "mlem:" + std::string(name)}, {"value", utf8(value)}});
}

/// Percent-encodes what may not be in an address (RFC 3986).
std::string encoded(std::string_view text) {
  std::string address;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_allowed = byte > 0x20 && byte < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string::npos;
    address += is_allowed ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return address;
}

/// The type of a component, as far as CycloneDX has one for MLEM's.
const char* type_of(const std::string& object_type) {
  if (object_type == "model") return "machine-learning-model";
  return object_type == "data" ? "data" : "file";
}

/// The address of the source; empty for the registry itself.
std::string address_of(const Finding& finding) {
  if (finding.repo.empty()) return {};
  return redact(finding.sources.back().normalized());
}

/// What the object is called: its path without `.mlem`, and if it is all of a repository, the name of that.
std::string name_of(const Finding& finding) {
  if (finding.path != ".") {
    const bool has_suffix = !finding.plain && finding.path.ends_with(mlem_suffix);
    return finding.path.substr(0, finding.path.size() - (has_suffix ? mlem_suffix.size() : 0));
  }
  std::string address = address_of(finding);
  while (address.ends_with('/')) address.pop_back();
  const std::string name = address.substr(address.rfind('/') + 1);
  return name.empty() ? finding.path : name;
}

/// The distinct values of a field of the links, in their order.
std::vector<std::string> distinct(const std::vector<Finding>& findings, std::string Finding::*field) {
  std::vector<std::string> values;
  for (const Finding& finding : findings) {
    const std::string& value = finding.*field;
    if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  return values;
}

/// The tag that links name the object by, if that is one; else the commit.
std::string version_of(const std::vector<Finding>& findings, const Oid& commit) {
  constexpr std::string_view tags = "refs/tags/";
  const std::vector<std::string> refs = distinct(findings, &Finding::ref);
  const bool is_tag = refs.size() == 1 && refs.front().starts_with(tags);
  return is_tag ? refs.front().substr(tags.size()) : commit.hex();
}

/// Says where the bytes of a file are: `git`, `lfs` or `dvc`.
const char* store_of(const artifact::Place& place) {
  if (std::holds_alternative<artifact::GitBlob>(place)) return "git";
  if (std::holds_alternative<artifact::LfsObject>(place)) return "lfs";
  return std::holds_alternative<artifact::DvcObject>(place) ? "dvc" : "";
}

void add_hashes(Json& component, const artifact::PlacedFile& file) {
  using Kind = artifact::Hash::Kind;
  const std::vector<artifact::Hash> hashes = artifact::hashes_of(file);
  const auto is_of_bytes = [](const artifact::Hash& hash) {
    return hash.kind == Kind::sha256 || (hash.kind == Kind::md5 && !hash.value.ends_with(".dir"));
  };
  for (const artifact::Hash& hash : hashes) {
    if (!is_of_bytes(hash)) continue;
    component["hashes"].push_back({{"alg", hash.kind == Kind::md5 ? "MD5" : "SHA-256"}, {"content", hash.value}});
  }
  for (const artifact::Hash& hash : hashes) {
    if (!is_of_bytes(hash)) add_property(component, "hash", text_of(hash));
  }
}

/// Gives components names of their own to be referred to by.
class References {
 public:
  std::string take(const std::string& wanted) {
    std::string reference = wanted;
    for (int i = 2; !taken_.insert(reference).second; ++i) reference = fmt::format("{}~{}", wanted, i);
    return reference;
  }

 private:
  std::set<std::string> taken_;
};

Json file_component(const artifact::PlacedFile& file, const std::string& reference) {
  Json component{{"type", "file"}, {"bom-ref", reference}, {"name", utf8(file.path.empty() ? file.name : file.path)}};
  add_hashes(component, file);
  add_property(component, "artifact", file.name);
  if (file.size) add_property(component, "size", std::to_string(*file.size));
  add_property(component, "store", store_of(file.place));
  return component;
}

Json object_component(const BomObject& object, const Oid& registry, References& references) {
  const Finding& first = object.findings.front();
  const Oid commit = first.commit.value_or(registry);
  const std::string address = address_of(first);
  const std::string reference =
      references.take(encoded(address + (address.empty() ? "" : "@") + commit.hex() + ":" + first.path));
  Json component{{"type", type_of(first.object_type)},
                 {"bom-ref", reference},
                 {"name", utf8(name_of(first))},
                 {"version", utf8(version_of(object.findings, commit))}};
  const bool has_address = !address.empty() && !first.sources.back().is_helper();
  if (has_address) component["externalReferences"].push_back({{"type", "vcs"}, {"url", encoded(address)}});
  for (const Finding& finding : object.findings) add_property(component, "link", finding.link);
  add_property(component, "object_type", first.object_type);
  if (!first.repo.empty()) add_property(component, "repo", redact(first.repo));
  for (const std::string& rev : distinct(object.findings, &Finding::rev)) add_property(component, "rev", rev);
  for (const std::string& ref : distinct(object.findings, &Finding::ref)) add_property(component, "ref", ref);
  add_property(component, "commit", commit.hex());
  add_property(component, "path", first.path);
  if (first.blob) add_property(component, "blob", first.blob->hex());
  for (const artifact::PlacedDirectory& directory : object.files.directories) {
    if (!directory.md5.empty()) add_property(component, "directory", directory.path + " md5:" + directory.md5);
  }
  std::map<std::pair<std::string, std::string>, const artifact::PlacedFile*> files;
  for (const artifact::PlacedFile& file : object.files.files) files.emplace(std::pair(file.path, file.name), &file);
  for (const auto& [names, file] : files) {
    const std::string& name = names.first.empty() ? names.second : names.first;
    component["components"].push_back(file_component(*file, references.take(reference + "#" + encoded(name))));
  }
  return component;
}

/// Returns a UUID that is made of a text: version 8 of RFC 9562.
std::string uuid_of(std::string_view text) {
  std::string digits = sha256_hex(text).substr(0, 32);
  digits[12] = '8';
  digits[16] = "89ab"[static_cast<std::size_t>(digits[16]) % 4];
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                     digits.substr(16, 4), digits.substr(20));
}

}  // namespace

std::string to_cyclonedx(const Bom& bom) {
  Json metadata;
  if (bom.time) metadata["timestamp"] = format_time(*bom.time);
  metadata["tools"]["components"].push_back(
      {{"type", "application"}, {"name", "git-mlem"}, {"version", GIT_MLEM_VERSION}});
  add_property(metadata, bom.time ? "registry_commit" : "registry_tree", bom.registry.hex());
  for (const std::string& pathspec : bom.pathspecs) add_property(metadata, "pathspec", pathspec);
  Json components = Json::array();
  References references;
  for (const BomObject& object : bom.objects) components.push_back(object_component(object, bom.registry, references));
  const Json content{{"metadata", std::move(metadata)}, {"components", std::move(components)}};
  const Json document{{"$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json"},
                      {"bomFormat", "CycloneDX"},
                      {"specVersion", "1.6"},
                      {"serialNumber", "urn:uuid:" + uuid_of(content.dump())},
                      {"version", 1},
                      {"metadata", content["metadata"]},
                      {"components", content["components"]}};
  return document.dump(2, ' ', true);
}

}  // namespace mlem::command
