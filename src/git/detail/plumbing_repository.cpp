// Refs by way of git for-each-ref, where libgit2 does not know the format.

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/object_dirs.hpp"
#include "git/detail/object_repository.hpp"

namespace mlem::git::detail {
namespace {

class PlumbingRepository final : public ObjectRepository {
 public:
  PlumbingRepository(const fs::path& git_dir, Environment environment, std::unique_ptr<Objects> objects)
      : ObjectRepository(std::move(objects)), git_dir_(git_dir), environment_(std::move(environment)) {}

  std::optional<Oid> find_ref(std::string_view full_name) override {
    if (full_name == "HEAD") {
      if (const auto branch = head_branch()) return find_ref(*branch);
      return Oid::parse(trim(git({"rev-parse", "--verify", "--quiet", "HEAD"}).output));
    }
    // As a pattern it is that ref and what is below it, which there is only if there is no such ref.
    for (const Ref& ref : list_refs(std::string(full_name))) {
      if (ref.name == full_name) return ref.oid;
    }
    return std::nullopt;
  }

  std::optional<std::string> symbolic_target(std::string_view full_name) override {
    const RunResult result = git({"symbolic-ref", "--quiet", std::string(full_name)});
    if (result.code == 1) return std::nullopt;
    return std::string(trim(output_of(result, "cannot read '" + std::string(full_name) + "'")));
  }

  std::vector<Ref> refs(std::string_view prefix) override {
    // A pattern of for-each-ref has whole components, and the last one of a prefix may be cut short: git is given what
    // is before it, and what it lists too much is dropped.
    const std::size_t slash = prefix.rfind('/');
    std::vector<Ref> refs = list_refs(std::string(slash == std::string_view::npos ? "" : prefix.substr(0, slash)));
    std::erase_if(refs, [&](const Ref& ref) { return !ref.name.starts_with(prefix); });
    return refs;
  }

 private:
  RunResult git(std::vector<std::string> arguments) const {
    return run(program_on(git_dir_, std::move(arguments), environment_));
  }

  /// Returns the refs that match a pattern of for-each-ref, by name; an empty one matches all.
  std::vector<Ref> list_refs(const std::string& pattern) {
    std::vector<std::string> arguments = {"for-each-ref", "--format=%(objectname) %(refname)"};
    if (!pattern.empty()) arguments.insert(arguments.end(), {"--", pattern});
    const std::string output = output_of(git(std::move(arguments)), "cannot read refs");
    std::vector<Ref> refs;
    for (const std::string_view line : split(output, '\n')) {
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) continue;
      if (const auto oid = Oid::parse(line.substr(0, space)))
        refs.push_back({std::string(line.substr(space + 1)), *oid});
    }
    return refs;
  }

  fs::path git_dir_;
  Environment environment_;
};

}  // namespace

std::unique_ptr<Repository> open_with_plumbing(const fs::path& git_dir, const Environment& environment,
                                               const fs::path& object_dir) {
  Environment reading = for_reading(environment, object_dir);
  const RunResult result =
      run(program_on(git_dir, {"rev-parse", "--show-object-format", "--git-path", "objects"}, reading));
  const std::string output = output_of(result, "cannot read '" + git_dir.string() + "'");
  const std::size_t newline = output.find('\n');
  const std::size_t hex_digits = output.substr(0, newline) == "sha256" ? 64 : 40;
  std::vector<fs::path> object_dirs;
  add_object_dirs(object_dirs, from_current_directory(std::string(trim(output.substr(newline + 1)))));
  auto objects = make_cat_file_objects(git_dir, reading, hex_digits, std::move(object_dirs));
  return std::make_unique<PlumbingRepository>(git_dir, std::move(reading), std::move(objects));
}

}  // namespace mlem::git::detail
