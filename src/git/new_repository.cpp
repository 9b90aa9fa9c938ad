#include "git/new_repository.hpp"

#include "git/detail/command.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

void make_repository(const fs::path& directory, const std::string& object_format, const std::string& branch,
                     const Environment& environment) {
  std::vector<std::string> arguments{"init", "--quiet", "--object-format=" + object_format};
  constexpr std::string_view heads = "refs/heads/";
  if (branch.starts_with(heads)) arguments.push_back("--initial-branch=" + branch.substr(heads.size()));
  arguments.insert(arguments.end(), {"--", directory.string()});
  detail::output_of(run(detail::git_program(std::move(arguments), environment, {})), "cannot make a repository");
}

void check_out_all(const Registry& registry, const std::optional<Oid>& detached) {
  std::vector<std::string> arguments{"-c", "advice.detachedHead=false"};
  if (detached)
    arguments.insert(arguments.end(), {"checkout", "--quiet", "--detach", detached->hex(), "--"});
  else
    arguments.insert(arguments.end(), {"reset", "--quiet", "--hard"});
  Program program = registry.program(std::move(arguments));
  program.environment.set("GIT_LFS_SKIP_SMUDGE", "1");
  detail::output_of(run(program), "cannot check out the registry");
}

}  // namespace mlem::git
