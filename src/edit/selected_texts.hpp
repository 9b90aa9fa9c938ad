#pragma once

#include "edit/link_rule.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace mlem::edit {

/// A file that is to be read.
struct SelectedText {
  const git::File* file = nullptr;
  bool is_in_work_tree = false;  ///< the work tree may have it otherwise than the index: then that is what is read
};

/// What is done with what was read.
struct TextVisitor {
  /// Takes the text of a file, which is read from the work tree or not. Throws Error(invalid) for what is not valid.
  std::function<void(std::size_t i, std::string_view text, bool is_in_work_tree)> take;
  /// Takes the decision about a file that cannot be read, or of which take() has thrown.
  std::function<void(std::size_t i, LinkDecision decision)> settle;
};

/// Reads files of the index in bulk, those of the work tree one by one. A commit's files have no work tree.
void read_selected(const git::Registry& registry, const source::Settings& settings,
                   const std::vector<SelectedText>& files, const TextVisitor& visitor);

}  // namespace mlem::edit
