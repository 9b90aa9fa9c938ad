#include "yaml/detail/placed_node.hpp"

#include <algorithm>

namespace mlem::yaml::detail {

PlacedNode::Member* PlacedNode::find(std::string_view key) {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.key == key; });
  return found == members.end() ? nullptr : &*found;
}

bool PlacedNode::says_what(PlacedNode& other) {
  if (kind != other.kind || value != other.value || plain != other.plain) return false;
  if (members.size() != other.members.size() || items.size() != other.items.size()) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i]->says_what(*other.items[i])) return false;
  }
  return std::all_of(members.begin(), members.end(), [&](const Member& each) {
    const Member* const match = other.find(each.key);
    return match != nullptr && each.value->says_what(*match->value);
  });
}

void PlacedNode::change(std::vector<std::string_view> path, const std::optional<std::string>& text) {
  Member* member = find(path.front());
  if (member == nullptr) {
    if (!text) return;
    members.push_back({.key = std::string(path.front()), .value = std::make_unique<PlacedNode>()});
    member = &members.back();
  }
  PlacedNode& node = *member->value;
  if (path.size() > 1) {
    node.kind = Event::Kind::map_start;
    node.plain = false;
    path.erase(path.begin());
    node.change(path, text);
    const bool were_there = node.flow && !flow && path.size() > 1;  // braces, as LinkText::remove() has it
    if (!text && node.members.empty() && !were_there) members.erase(members.begin() + (member - members.data()));
  } else if (text) {
    node = PlacedNode();
    node.kind = Event::Kind::scalar;
    node.value = *text;
  } else {
    members.erase(members.begin() + (member - members.data()));
  }
}

}  // namespace mlem::yaml::detail
