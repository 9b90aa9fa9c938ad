#include "git/config.hpp"
#include "git/program.hpp"
#include "git/registry.hpp"

namespace mlem::git {
namespace {

/// Returns the remote that a partial clone has left objects on; empty for another repository.
std::string promisor_of(const Config& config) {
  constexpr std::string_view section = "remote.";
  constexpr std::string_view variable = ".promisor";
  std::string remote = config.find("extensions.partialclone").value_or("");
  for (const auto& [key, value] : config.entries()) {
    if (!key.starts_with(section) || !key.ends_with(variable) || !config.boolean(key, false)) continue;
    remote = key.substr(section.size(), key.size() - section.size() - variable.size());
  }
  return remote;
}

}  // namespace

bool Registry::is_partial() const { return !promisor_of(config()).empty(); }

void Registry::fetch_missing(const std::vector<Oid>& blobs, const Limits& limits, Interrupt* interrupt) const {
  if (blobs.empty() || environment_.find("GIT_QUARANTINE_PATH")) return;
  const std::string remote = promisor_of(config());
  if (remote.empty() || remote.starts_with('-')) return;
  std::string missing;
  for (const Oid& blob : blobs) {
    if (!objects().has(blob)) missing += blob.hex() + "\n";
  }
  if (missing.empty()) return;
  // The command that git itself runs for a missing object, fetch_objects() in its promisor-remote.c; but for all at
  // once.
  git({"-c", "fetch.negotiationAlgorithm=noop", "fetch", remote, "--quiet", "--no-tags", "--no-write-fetch-head",
       "--recurse-submodules=no", "--filter=blob:none", "--stdin"},
      missing, limits, interrupt);
  objects().release();
}

bool is_partial_clone(const fs::path& git_dir, const Environment& environment) {
  const RunResult listed = run(reading_program(git_dir, {"config", "-z", "--list"}, environment));
  return listed.code == 0 && !promisor_of(Config::parse(listed.output)).empty();
}

}  // namespace mlem::git
