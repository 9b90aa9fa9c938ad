#include "source/local_repository.hpp"

#include "git/repository.hpp"

namespace mlem::source {

std::optional<LocalRepository> find_repository_above(const fs::path& path, Spelling spelling) {
  for (fs::path at = path; !at.empty(); at = at.parent_path()) {
    if (const auto git_dir = spelling == Spelling::address ? git::find_addressed_git_dir(at) : git::find_git_dir(at)) {
      return LocalRepository{*git_dir, at, at == path ? std::string() : path.lexically_relative(at).generic_string()};
    }
    if (git::is_closed(at)) break;
  }
  return std::nullopt;
}

}  // namespace mlem::source
