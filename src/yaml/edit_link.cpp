#include "yaml/edit_link.hpp"

#include "base/error.hpp"
#include "yaml/detail/events.hpp"
#include "yaml/detail/placed_node.hpp"
#include "yaml/detail/spelling.hpp"
#include "yaml/detail/text_lines.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

// A change in three steps. The events of the reader become a tree that knows where each node stands in the text; the
// change is made on the text, with as few bytes as it takes; the new text is read again and its tree compared with the
// old one, but for that change. So the middle step may trust in the usual layouts: where it is wrong, nothing is
// changed and that is told.

namespace mlem::yaml {
namespace {

using detail::column_of;
using detail::Event;
using detail::PlacedNode;
using detail::read_placed;
using detail::Spelling;

constexpr std::string_view own_prefix = "params.git-mlem.";

Error not_editable(std::string_view key) {
  return {ErrorKind::invalid, "cannot change '" + std::string(key) + "' in the link",
          "it is written in a way that leaves no other field alone",
          "edit the file, or remove it to have it written anew"};
}

std::vector<std::string_view> path_of(std::string_view key) {
  if (!key.starts_with(own_prefix)) return {key};
  return {"params", "git-mlem", key.substr(own_prefix.size())};
}

}  // namespace

LinkText::LinkText(std::string text) : text_(std::move(text)) {
  if (read_metafile(text_).kind != Metafile::Kind::link) throw Error(ErrorKind::invalid, "the file is not a link");
  root_ = read_placed(text_);
}

LinkText::~LinkText() = default;
LinkText::LinkText(LinkText&&) noexcept = default;
LinkText& LinkText::operator=(LinkText&&) noexcept = default;

std::optional<std::string> LinkText::find(std::string_view key) const {
  PlacedNode* node = root_.get();
  for (const std::string_view name : path_of(key)) {
    PlacedNode::Member* const member = node->is_map() ? node->find(name) : nullptr;
    if (member == nullptr) return std::nullopt;
    node = member->value.get();
  }
  return node->kind == Event::Kind::scalar ? std::optional(node->value) : std::nullopt;
}

bool LinkText::is_json() const {
  return root_->flow && !root_->members.empty() &&
         std::all_of(root_->members.begin(), root_->members.end(),
                     [&](const PlacedNode::Member& member) { return text_[member.begin] == '"'; });
}

void LinkText::set(std::string_view key, std::string_view value) {
  const Spelling spelling{.text = text_, .is_json = is_json()};
  std::vector<std::string_view> path = path_of(key);
  PlacedNode* map = root_.get();
  for (;;) {
    PlacedNode::Member* const member = map->find(path.front());
    if (member == nullptr) {
      replace(spelling.with(*map, path, value), key, std::string(value));
      return;
    }
    PlacedNode& node = *member->value;
    if (path.size() > 1 && node.is_map()) {
      map = &node;
      path.erase(path.begin());
      continue;
    }
    std::string written;
    if (path.size() > 1) {
      // A null in the place of a mapping: braces have room there.
      PlacedNode braces;
      braces.flow = true;
      path.erase(path.begin());
      written = "{" + spelling.nested(path, value, braces) + "}";
    } else {
      written = spelling.scalar(value, *map, column_of(text_, node.start), &node);
    }
    if (node.kind != Event::Kind::scalar && node.kind != Event::Kind::null) throw not_editable(key);
    if (node.start == node.end) written.insert(0, " ");
    replace(std::string(text_).replace(node.start, node.end - node.start, written), key, std::string(value));
    return;
  }
}

void LinkText::rename(std::string_view key, std::string_view name) {
  const PlacedNode::Member* const member = root_->find(key);
  const std::size_t place = member == nullptr ? std::string::npos : text_.find(key, member->begin);
  if (place == std::string::npos || place + key.size() > member->colon || root_->find(name) != nullptr) {
    throw not_editable(key);
  }
  std::string text = text_;
  std::unique_ptr<PlacedNode> changed = read_placed(text.replace(place, key.size(), name));
  const std::unique_ptr<PlacedNode> meant = read_placed(text_);
  meant->find(key)->key = name;
  if (!meant->says_what(*changed)) throw not_editable(key);
  text_ = std::move(text);
  root_ = std::move(changed);
}

void LinkText::remove(std::string_view key) {
  // The highest node that has nothing but this field in it goes with it. Braces among lines stay, though: what we write
  // there ourselves has none, so they were there before.
  const PlacedNode* from = nullptr;
  std::size_t number = 0;
  PlacedNode* map = root_.get();
  for (const std::string_view name : path_of(key)) {
    const bool were_there = map->flow && !root_->flow && name == "git-mlem";
    PlacedNode::Member* const member = map->is_map() ? map->find(name) : nullptr;
    if (member == nullptr) return;
    if (from == nullptr || were_there || map->members.size() > 1) {
      from = map;
      number = static_cast<std::size_t>(member - map->members.data());
    }
    map = member->value.get();
  }
  replace(Spelling{.text = text_}.without(*from, number), key, std::nullopt);
}

void LinkText::replace(std::string text, std::string_view key, const std::optional<std::string>& value) {
  std::unique_ptr<PlacedNode> changed;
  try {
    changed = read_placed(text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    throw not_editable(key);
  }
  const std::vector<std::string_view> path = path_of(key);
  const std::unique_ptr<PlacedNode> meant = read_placed(text_);
  meant->change(path, value);
  // Whether the value has quotes is the one thing that the tree of what was meant does not know.
  PlacedNode* in_meant = meant.get();
  PlacedNode* in_changed = changed.get();
  for (const std::string_view name : path) {
    PlacedNode::Member* const a = value ? in_meant->find(name) : nullptr;
    PlacedNode::Member* const b = value ? in_changed->find(name) : nullptr;
    if (a == nullptr || b == nullptr) break;
    in_meant = a->value.get();
    in_changed = b->value.get();
    in_meant->plain = in_changed->plain;
  }
  if (!meant->says_what(*changed)) throw not_editable(key);
  text_ = std::move(text);
  root_ = std::move(changed);
}

std::string edit_link(std::string_view text, const Link& link) {
  LinkText file{std::string(text)};
  const Link before = read_metafile(text).link;
  const auto update = [&](std::string_view key, const std::optional<std::string>& value) {
    if (file.find(key) == value) return;
    if (value) {
      file.set(key, *value);
    } else if (file.find(key)) {
      file.remove(key);
    }
  };
  if (before.link_type != link.link_type) {
    // `object_type: link_model` has it too, and needs no `link_type`.
    const bool typed = file.find("object_type")->starts_with("link_");
    if (typed) file.set("object_type", "link_" + link.link_type);
    if (!typed || file.find("link_type")) file.set("link_type", link.link_type);
  }
  update("path", link.path);
  if (before.repo != link.repo || before.dialect != link.dialect) {
    const bool in_project = link.dialect == Dialect::project;
    // Where both keys are there, they have to agree.
    const bool both = link.repo && file.find("repo") && file.find("project");
    const char* const key = in_project ? "project" : "repo";
    const char* const other = in_project ? "repo" : "project";
    if (link.repo && file.find(other) && !both) file.rename(other, key);
    update(key, link.repo);
    update(other, both ? link.repo : std::nullopt);
  }
  update("rev", link.rev);
  const auto pin_if = [&](bool has_this_name) { return has_this_name ? link.pinned_blob : std::nullopt; };
  update("params.git-mlem.blob", pin_if(!link.plain));
  update("params.git-mlem.object", pin_if(link.plain.has_value()));
  update("params.git-mlem.plain", link.plain ? std::optional<std::string>(name(*link.plain)) : std::nullopt);
  update("params.git-mlem.ref", link.pinned_ref);
  update("params.git-mlem.hold", link.hold);
  update("params.git-mlem.until", link.until);
  if (read_metafile(file.text()).link != link) {
    throw Error(ErrorKind::invalid, "cannot change the link", "it would not be read as what is meant",
                "edit the file, or remove it to have it written anew");
  }
  return file.text();
}

}  // namespace mlem::yaml
