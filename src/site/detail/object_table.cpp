#include "site/detail/object_table.hpp"

#include "model/repo_url.hpp"

#include <algorithm>
#include <cstddef>

namespace mlem::site::detail {
namespace {

class ObjectTable {
 public:
  explicit ObjectTable(Markup& page) : page_(page) {}

  void begin(std::string_view group) { group_ = group; }
  void put(std::string_view label, std::string_view text) {
    if (text.empty()) return;
    // MLEM 0.1.10 has addresses for names.
    const std::string name = public_text(label);
    if (!group_.empty() && group_ != shown_group_) {
      page_ << "<tr class=\"group\"><th colspan=\"2\" scope=\"colgroup\">" << group_ << "</th></tr>\n";
      shown_group_ = group_;
    }
    page_ << "<tr data-key=\"" << group_ << ": " << name << "\"><th scope=\"row\">" << name << "</th><td>"
          << public_text(text) << "</td></tr>\n";
  }

 private:
  Markup& page_;
  std::string group_;
  std::string shown_group_;
};

std::string columns_of(const object::DataType& type) {
  std::string text;
  for (const object::Column& column : type.columns) {
    text += (text.empty() ? "" : ", ") + column.name + ": " + column.dtype + (column.is_index ? " (index)" : "");
  }
  return text;
}

void put_method(ObjectTable& table, const object::Method& method) {
  table.put(method.name, method.unread.empty() ? object::text_of(method) : method.unread);
  for (const object::Argument& argument : method.arguments) {
    table.put(method.name + ", columns of " + argument.name, columns_of(argument.type));
  }
  table.put(method.name + ", columns returned", columns_of(method.returns));
  table.put(method.name + ", steps", method.steps);
}

void put_artifact(ObjectTable& table, const object::Artifact& artifact) {
  std::string text = artifact.uri;
  for (const std::string& part :
       {artifact.size.empty() ? "" : artifact.size + " bytes", artifact.hash, artifact.type}) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  }
  table.put(artifact.name, text);
}

void put_fields(ObjectTable& table, std::string_view group, const std::vector<object::Field>& fields) {
  table.begin(group);
  for (const object::Field& field : fields) table.put(field.name, field.text);
}

}  // namespace

std::string public_text(std::string_view whole) {
  constexpr std::size_t most = 2000;
  const bool may_be_address = whole.find_first_of("@?:") != std::string_view::npos;
  std::string text = may_be_address ? redact(whole) : std::string(whole);
  if (text.size() <= most) return text;
  const auto is_inside = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U; };
  std::size_t head = most / 2;
  std::size_t tail = text.size() - most / 2;
  while (head > 0 && is_inside(head)) --head;
  while (tail < text.size() && is_inside(tail)) ++tail;
  return text.substr(0, head) + " … " + text.substr(tail);
}

void put_object_table(Markup& page, const Oid& blob, const object::Description& description) {
  page << "<div class=\"scroll\"><table class=\"object\" data-object=\"" << blob.hex()
       << "\">\n<caption class=\"hidden\">Metadata of object " << blob.short_hex() << "</caption>\n<tbody>\n";
  ObjectTable table(page);
  table.begin("General");
  table.put("type", description.object_type);
  table.put("format", description.format);
  table.put("metafile", "blob " + blob.hex());
  table.put("cannot be read", description.unread);
  if (description.data) {
    table.put("data", object::text_of(*description.data));
    table.put("columns", columns_of(*description.data));
  }
  table.begin("Methods");
  for (const object::Method& method : description.methods) put_method(table, method);
  table.begin("Requirements");
  for (const object::Requirement& requirement : description.requirements) {
    const std::string version = requirement.version.empty() ? "any version" : requirement.version;
    table.put(requirement.name, version + (requirement.kind == "installable" ? "" : ", " + requirement.kind) +
                                    (requirement.origin.empty() ? "" : ", " + requirement.origin));
  }
  table.begin("Artifacts");
  for (const object::Artifact& artifact : description.artifacts) put_artifact(table, artifact);
  put_fields(table, "Notes", description.notes);
  put_fields(table, "Other keys", description.others);
  page << "</tbody>\n</table></div>\n";
}

}  // namespace mlem::site::detail
