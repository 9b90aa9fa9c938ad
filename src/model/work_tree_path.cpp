#include "model/work_tree_path.hpp"

#include "model/repo_path.hpp"

#include <algorithm>

namespace mlem {
namespace {

/// Takes the first component off `path`; returns nothing at its end.
std::string_view take_component(std::string_view& path) {
  std::string_view component;
  do {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    component = path.substr(0, path.find('/'));
    path.remove_prefix(component.size());
  } while (component == ".");
  return component;
}

}  // namespace

std::optional<WorkTreePath> WorkTreePath::find(std::string_view path, std::string_view root) {
  if (!path.starts_with('/') || !root.starts_with('/')) return std::nullopt;
  for (auto step = take_component(root); !step.empty(); step = take_component(root)) {
    if (take_component(path) != step) return std::nullopt;
  }
  std::string text;
  for (auto step = take_component(path); !step.empty(); step = take_component(path)) {
    if (step == "..") return std::nullopt;
    if (!text.empty()) text += '/';
    text += step;
  }
  return WorkTreePath(std::move(text));
}

WorkTreePath WorkTreePath::parent() const { return WorkTreePath(std::string(parent_of(text_))); }

}  // namespace mlem
