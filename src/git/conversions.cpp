#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/registry.hpp"
#include "model/repo_path.hpp"

#include <utility>

// gitattributes(5) has no option that reads the attributes of a tree before git 2.40. An index that holds nothing but
// the tree's `.gitattributes` files gives the same answer, in a bare repository too.

namespace mlem::git {
namespace {

using detail::git_program;
using detail::output_of;
using detail::records;

/// Returns whether an attribute makes git check out other bytes than the blob has. The end of lines is none of its
/// matter: YAML takes either.
bool converts(std::string_view attribute, std::string_view value) {
  const bool is_text = value != "unspecified" && value != "unset" && value != "set";
  if (attribute == "filter") return is_text;
  if (attribute == "working-tree-encoding") {
    const std::string encoding = to_lower_ascii(value);
    return value == "set" || (is_text && encoding != "utf-8" && encoding != "utf8");
  }
  return is_text || value == "set";
}

/// Reads what `check-attr -z` prints: name, attribute and value, each with a NUL.
Conversions parse_attributes(std::string_view output) {
  const std::vector<std::string_view> fields = records(output);
  Conversions conversions;
  for (std::size_t i = 0; i + 2 < fields.size(); i += 3) {
    if (converts(fields[i + 1], fields[i + 2])) conversions.try_emplace(std::string(fields[i]), fields[i + 1]);
  }
  return conversions;
}

std::string lines_of(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) lines.append(name).push_back('\0');
  return lines;
}

/// Whether a name can be in an index; a tree may hold others, which nobody can check out.
bool is_checked_out(const std::string& name) {
  try {
    return RepoPath::parse(name).text() == name;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::string describe_conversion(const std::string& attribute) {
  return "'.gitattributes' gives it '" + attribute + "', so a checkout may have another content than is judged";
}

std::string conversion_remedy(const std::string& attribute) {
  // An encoding can only be unspecified: git refuses one that is unset.
  const char* const sign = attribute == "working-tree-encoding" ? "!" : "-";
  return "add '*.mlem " + (sign + attribute) + "' at the end of '.gitattributes'";
}

Conversions Registry::conversions(const std::vector<File>& attributes, const std::vector<std::string>& names) const {
  if (attributes.empty() || names.empty()) return {};
  std::string entries;
  for (const File& file : attributes) {
    if (!is_regular(file.entry) || !is_checked_out(file.name)) continue;
    entries += "100644 " + file.entry.oid.hex() + "\t" + file.name;
    entries.push_back('\0');
  }
  Environment environment = at_root();
  // Of its own, for git puts a lock beside the index.
  const TemporaryDirectory directory(environment.find("TMPDIR").value_or("/tmp"), "git-mlem-index.");
  environment.set("GIT_INDEX_FILE", (directory.path() / "index").string());
  environment.set("GIT_ATTR_NOSYSTEM", "1");
  const std::string what_failed = "cannot read the attributes of files";
  // A split index would leave its other part in the repository.
  output_of(run(git_program(
                    {"-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "update-index", "-z", "--index-info"},
                    environment, root()),
                entries),
            what_failed);
  return parse_attributes(output_of(run(git_program({"-c", "core.attributesFile=", "check-attr", "--cached", "--stdin",
                                                     "-z", "filter", "ident", "working-tree-encoding", "export-subst"},
                                                    environment, root()),
                                        lines_of(names)),
                                    what_failed));
}

Conversions Registry::work_tree_conversions(const std::vector<std::string>& names) const {
  return parse_attributes(output_of(
      run(git_program({"check-attr", "--stdin", "-z", "filter", "ident", "working-tree-encoding", "export-subst"},
                      at_root(), root()),
          lines_of(names)),
      "cannot read the attributes of files"));
}

}  // namespace mlem::git
