#include "yaml/edit_object.hpp"

#include "base/error.hpp"
#include "yaml/detail/events.hpp"
#include "yaml/detail/placed_node.hpp"
#include "yaml/detail/spelling.hpp"
#include "yaml/detail/text_lines.hpp"
#include "yaml/read_object.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace mlem::yaml {
namespace {

using detail::Event;
using detail::PlacedNode;
using detail::Spelling;

/// The mappings that are artifacts, in the order of the text.
std::vector<PlacedNode*> artifacts_of(PlacedNode& root) {
  std::vector<PlacedNode*> artifacts;
  const PlacedNode::Member* const all = root.is_map() ? root.find("artifacts") : nullptr;
  if (all == nullptr) return artifacts;
  for (const PlacedNode::Member& member : all->value->members) artifacts.push_back(member.value.get());
  for (const auto& item : all->value->items) artifacts.push_back(item.get());
  std::erase_if(artifacts, [](const PlacedNode* artifact) { return !artifact->is_map(); });
  return artifacts;
}

PlacedNode* scalar_at(PlacedNode& map, std::string_view key) {
  const PlacedNode::Member* const member = map.find(key);
  return member != nullptr && member->value->kind == Event::Kind::scalar ? member->value.get() : nullptr;
}

bool is_of_dvc(PlacedNode& artifact) {
  const PlacedNode* const type = scalar_at(artifact, "type");
  return type != nullptr && type->value == "dvc";
}

/// Makes the change in the tree alone.
void change(PlacedNode& root, PlacedNode& changed, const std::function<std::string(const std::string&)>& rename) {
  const std::vector<PlacedNode*> before = artifacts_of(root);
  const std::vector<PlacedNode*> after = artifacts_of(changed);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (PlacedNode* const uri = scalar_at(*before[i], "uri")) {
      uri->value = rename(uri->value);
      // Whether it has quotes is nothing that was meant.
      const PlacedNode* const written = i < after.size() ? scalar_at(*after[i], "uri") : nullptr;
      if (written != nullptr) uri->plain = written->plain;
    }
    if (is_of_dvc(*before[i]))
      std::erase_if(before[i]->members, [](const PlacedNode::Member& member) { return member.key == "type"; });
  }
}

std::string without_types_of_dvc(std::string text) {
  const std::unique_ptr<PlacedNode> root = detail::read_placed(text);
  const std::vector<PlacedNode*> artifacts = artifacts_of(*root);
  // From the end, so that what is before keeps its place.
  for (auto artifact = artifacts.rbegin(); artifact != artifacts.rend(); ++artifact) {
    if (!is_of_dvc(**artifact)) continue;
    const auto number = static_cast<std::size_t>((*artifact)->find("type") - (*artifact)->members.data());
    text = Spelling{.text = text}.without(**artifact, number);
  }
  return text;
}

std::string with_uris(std::string text, const std::function<std::string(const std::string&)>& rename) {
  const std::unique_ptr<PlacedNode> root = detail::read_placed(text);
  const std::vector<PlacedNode*> artifacts = artifacts_of(*root);
  for (auto artifact = artifacts.rbegin(); artifact != artifacts.rend(); ++artifact) {
    const PlacedNode* const uri = scalar_at(**artifact, "uri");
    if (uri == nullptr) continue;
    const std::string value = rename(uri->value);
    if (value == uri->value) continue;
    const bool is_json = text[(*artifact)->find("uri")->begin] == '"';
    const Spelling spelling{.text = text, .is_json = is_json};
    const std::string written = spelling.scalar(value, **artifact, detail::column_of(text, uri->start), uri);
    text = std::string(text).replace(uri->start, uri->end - uri->start, written);
  }
  return text;
}

}  // namespace

std::string edit_artifacts(std::string_view text, const std::function<std::string(const std::string& uri)>& rename) {
  const auto not_editable = [] {
    return Error(ErrorKind::invalid, "cannot change the artifacts in the metafile",
                 "they are written in a way that leaves nothing else alone");
  };
  std::string edited;
  std::unique_ptr<PlacedNode> changed;
  try {
    edited = without_types_of_dvc(with_uris(std::string(text), rename));
    changed = detail::read_placed(edited);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    throw not_editable();
  }
  const std::unique_ptr<PlacedNode> meant = detail::read_placed(text);
  change(*meant, *changed, rename);
  if (!meant->says_what(*changed)) throw not_editable();
  // What stands elsewhere and is repeated among the artifacts has not been looked at.
  const object::Description before = read_object(text);
  const object::Description after = read_object(edited);
  const bool is_meant =
      std::equal(before.artifacts.begin(), before.artifacts.end(), after.artifacts.begin(), after.artifacts.end(),
                 [&](const auto& was, const auto& is) { return is.uri == rename(was.uri) && is.type != "dvc"; });
  if (!is_meant) throw not_editable();
  return edited;
}

}  // namespace mlem::yaml
