#include "artifact/detail/lfs_program.hpp"

#include "artifact/lfs_store.hpp"
#include "base/find_program.hpp"
#include "base/text.hpp"
#include "git/lfs_smudge.hpp"
#include "model/repo_url.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <string_view>

namespace mlem::artifact::detail {
namespace {

/// Returns the line of git-lfs that says what went wrong, without where it has written more of that, for it is gone.
std::string error_of(std::string_view text) {
  constexpr std::size_t longest = 400;
  constexpr std::string_view prefix = "Smudge error: ";
  std::string_view last;
  for (const std::string_view line : split(text, '\n')) {
    const bool is_about_log = line.starts_with("Errors logged to") || line.starts_with("Use `git lfs logs");
    if (!is_about_log && !trim(line).empty()) last = trim(line);
  }
  if (const std::size_t start = last.find(prefix); start != std::string_view::npos)
    last.remove_prefix(start + prefix.size());
  return escape_for_terminal(redact(last.substr(0, longest)));
}

}  // namespace

bool has_git_lfs(const source::Settings& settings) {
  return find_program("git-lfs", settings.access.environment).has_value();
}

LfsAgent find_lfs_agent(const source::Settings& settings) {
  LfsAgent agent = LfsAgent::none;
  for (const auto& [key, value] : settings.access.config) {
    if (!key.starts_with("lfs.") || value.empty()) continue;
    if (key.ends_with(".standalonetransferagent")) agent = LfsAgent::standalone;
    if (agent == LfsAgent::none && key.starts_with("lfs.customtransfer.") && key.ends_with(".path"))
      agent = LfsAgent::of_servers;
  }
  return agent == LfsAgent::none || has_git_lfs(settings) ? agent : LfsAgent::none;
}

std::optional<source::Refusal> smudge_object(const LfsPointer& pointer, const std::string& remote,
                                             const std::string& endpoint, const fs::path& directory,
                                             const source::Settings& settings) {
  using End = RunResult::End;
  const std::string text =
      fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", pointer.oid, pointer.size);
  const git::TransportOptions options{.idle = settings.budget.timeout,
                                      .deadline = settings.budget.deadline,
                                      .directory = settings.access.directory,
                                      .interrupt = settings.observer.interrupt};
  const RunResult ran = git::smudge_lfs({.pointer = text, .remote = remote, .endpoint = endpoint}, directory,
                                        settings.access.environment, options);
  if (ran.end == End::exceeded) {
    return source::Refusal{
        Verdict::timeout,
        fmt::format("'git lfs smudge' has made no progress for {} seconds", settings.budget.timeout.count() / 1000),
        "mlem.timeout sets how long to wait"};
  }
  if (ran.end == End::deadline) return source::Refusal{Verdict::timeout, "'git lfs smudge' took too long", {}};
  if (ran.end == End::exited && ran.code != 0) {
    return source::Refusal{Verdict::unreachable, "'git lfs smudge' failed: " + error_of(ran.errors), {}};
  }
  const fs::path object = lfs_object_path(directory / "lfs" / "objects", pointer.oid);
  if (load_type(object) != fs::regular_file) {
    return source::Refusal{Verdict::unreachable,
                           ran.output == text ? "'git lfs smudge' has handed back the pointer"
                                              : "'git lfs smudge' has not put it into its store",
                           {}};
  }
  fs::rename(object, directory / "file");
  return std::nullopt;
}

}  // namespace mlem::artifact::detail
