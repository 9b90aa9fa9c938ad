#include "base/error.hpp"
#include "base/text.hpp"
#include "yaml/metafile.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <string>

// Lets compare_with_pyyaml.py ask the functions of src/yaml: each line of stdin is a JSON value, each line of stdout
// the JSON value that the function named by the only argument makes of it.

namespace {

using nlohmann::json;
using namespace mlem::yaml;  // NOLINT(google-build-using-namespace): one test program

json write_fields(const json& fields) {
  const auto optional = [&](const char* key) {
    return fields.contains(key) ? std::optional<std::string>(fields[key].get<std::string>()) : std::nullopt;
  };
  mlem::Link link;
  link.link_type = fields.at("link_type").get<std::string>();
  link.path = fields.at("path").get<std::string>();
  link.rev = optional("rev");
  link.pinned_blob = optional("blob");
  link.pinned_ref = optional("ref");
  link.repo = optional("repo");
  link.dialect = mlem::Dialect::repo;
  if (fields.contains("project")) {
    link.repo = optional("project");
    link.dialect = mlem::Dialect::project;
  }
  return write_link(link);
}

/// What is read of a link, under its keys; only the type of an object; nothing of a mapping without one.
json read_fields(const json& text) {
  const Metafile metafile = read_metafile(text.get<std::string>());
  json fields = json::object();
  if (metafile.kind == Metafile::Kind::neither) return fields;
  fields["object_type"] = metafile.object_type;
  if (metafile.kind == Metafile::Kind::object) return fields;
  const auto add = [&](const char* key, const std::optional<std::string>& value) {
    if (value) fields[key] = *value;
  };
  const mlem::Link& link = metafile.link;
  fields["link_type"] = link.link_type;
  fields["path"] = link.path;
  add(link.dialect == mlem::Dialect::project ? "project" : "repo", link.repo);
  add("rev", link.rev);
  add("blob", link.pinned_blob);
  add("ref", link.pinned_ref);
  for (const mlem::Warning& warning : metafile.warnings) fields["warnings"].push_back(warning.code);
  return fields;
}

/// The same for a file's bytes, given as hex digits; `kind` says what kind of file it is.
json read_bytes(const json& digits) {
  const auto& hex = digits.get_ref<const std::string&>();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(mlem::hex_value(hex[i]) * 16 + mlem::hex_value(hex[i + 1]));
  }
  const Metafile metafile = read_metafile(bytes);
  json fields = read_fields(bytes);
  fields["kind"] = metafile.kind == Metafile::Kind::link ? "link" : "other";
  return fields;
}

json show(const json& text) { return json::parse(to_json(text.get<std::string>())); }

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<json(const json&)>> functions = {
      {"write", write_fields}, {"read", read_fields}, {"bytes", read_bytes}, {"show", show}};
  const auto function = functions.find(argc == 2 ? argv[1] : "");
  if (function == functions.end()) {
    std::cerr << "usage: yaml_probe write|read|bytes|show\n";
    return 129;
  }
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << function->second(json::parse(line)).dump() << '\n';
    } catch (const mlem::Error& error) {
      std::cout << json{{"error", error.why()}}.dump() << '\n';
    }
  }
  return 0;
}
