#include "check/check.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/detail/artifacts.hpp"
#include "check/detail/breaking_changes.hpp"
#include "check/detail/commits_on_refs.hpp"
#include "check/detail/findings.hpp"
#include "check/detail/former_state.hpp"
#include "check/detail/judged_scope.hpp"
#include "check/detail/own_refs.hpp"
#include "check/detail/scope_reader.hpp"
#include "history/link_name.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <set>
#include <string_view>

namespace mlem::check {
namespace {

/// Whether unchanged aliases of a scope of changes are to be judged too.
bool can_break_aliases(const detail::JudgedScope& judged) {
  return judged.touches_aliases || std::any_of(judged.files.begin(), judged.files.end(), [](const auto& entry) {
           return check::can_break_aliases(*entry.second.finding, entry.second.is_changed);
         });
}

/// Reads those links that a change could have broken though it left them as they are.
void read_unchanged(detail::JudgedScope& judged, detail::ScopeReader& reader, resolve::Resolver& resolver) {
  using Unchanged = detail::ScopeReader::Unchanged;
  if (can_break_aliases(judged))
    reader.read_unchanged(judged, Unchanged::aliases, resolver);
  else if (!judged.lost_blobs.empty() || !judged.new_attributes.empty())
    reader.read_unchanged(judged, Unchanged::pinned, resolver);
}

/// Returns the name by which git lists the file that a pathspec without magic names.
std::string as_git_lists(std::string_view pathspec) {
  constexpr std::string_view here = "./";
  while (pathspec.starts_with(here)) pathspec.remove_prefix(here.size());  // Boost keeps the first
  return fs::path(pathspec.begin(), pathspec.end()).lexically_normal().string();
}

/// Takes out of the scopes what was no better before their changes. Returns how many links were broken before.
std::size_t forgive_old_faults(const git::Registry& registry, const source::Settings& settings,
                               std::deque<detail::JudgedScope>& all, detail::ScopeReader& reader,
                               resolve::Resolver& resolver, const source::PushedRefs& pushed_refs,
                               std::deque<detail::FormerState>& former_states, std::pmr::memory_resource* memory) {
  // What has been asked already is not asked again, but of a registry whose refs the push moves.
  resolve::Resolver of_old_refs(registry, settings);
  resolve::Resolver& of_former = pushed_refs.empty() ? resolver : of_old_refs;
  for (detail::JudgedScope& judged : all) {
    if (judged.scope.kind != Scope::Kind::changes) continue;
    former_states.emplace_back(registry, judged, judged.scope.before, memory).read(reader, of_former);
    for (const Oid& merged : judged.scope.merged) {
      former_states.emplace_back(registry, judged, merged, memory).read(reader, of_former);
    }
  }
  of_former.run();
  detail::CommitsOnRefs commits;
  for (detail::FormerState& former : former_states) former.settle(commits);
  commits.settle(registry, settings, {});
  for (detail::FormerState& former : former_states) former.require_artifact_signers(registry, settings);
  std::size_t broken = 0;
  for (detail::FormerState& former : former_states) broken += former.forgive();
  return broken;
}

}  // namespace

// The same on every machine, and even if names are alike (FNV-1a).
bool Shard::has(std::string_view name) const noexcept {
  if (count == 1) return true;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash % count == number - 1;
}

Scope whole_registry(const git::Registry& registry) {
  Scope scope;
  if (registry.has_work_tree()) return scope;
  scope.kind = Scope::Kind::commit;
  scope.commit = registry.find_commit("HEAD");
  if (!scope.commit) {
    throw Error(ErrorKind::not_found, "there is nothing to judge",
                "'" + escape_for_terminal(registry.objects().final_ref("HEAD")) + "', which HEAD means, has no commit",
                "'git symbolic-ref HEAD refs/heads/<branch>' sets the branch that is meant");
  }
  return scope;
}

void settle_pathspecs(const git::Registry& registry, const source::Settings& settings, Scope& scope) {
  if (scope.pathspecs.empty()) return;
  using Listing = git::Registry::Listing;
  std::vector<Listing> listings{Listing{scope.commit, scope.kind == Scope::Kind::work_tree}};
  if (scope.kind == Scope::Kind::changes && scope.before) listings.push_back(Listing{scope.before});
  const auto match = [&](const std::vector<std::string>& pathspecs) {
    std::optional<std::set<std::string>> files;
    for (const Listing& listing : listings) {
      auto matched = source::match_all(registry, pathspecs, listing, settings);
      if (!matched) continue;
      if (!files) files.emplace();
      files->insert(matched->begin(), matched->end());
    }
    return files;
  };
  auto files = match(scope.pathspecs);
  const bool all_match = files.has_value();
  std::vector<std::string> links;
  for (const std::string& pathspec : scope.pathspecs) {
    if (!all_match) files = match({pathspec});
    // What has the name of a link but for its `.mlem` may be there too, as a model's file or directory is beside its
    // metafile: both are meant, and it does no harm if there is no such link.
    auto link = history::with_ending(registry, pathspec);
    const bool may_be_link = !files || link || files->contains(as_git_lists(pathspec));
    if (!may_be_link || (files && pathspec.ends_with(mlem_suffix))) continue;
    const bool is_certain = files && link;
    if (!link) link = pathspec + std::string(mlem_suffix);
    if (is_certain || match({*link})) {
      links.push_back(std::move(*link));
    } else if (!files) {
      throw Error(ErrorKind::not_found, "pathspec '" + redact(pathspec) + "' did not match any files");
    }
  }
  scope.pathspecs.insert(scope.pathspecs.end(), links.begin(), links.end());
}

void Summary::count(const Finding& finding) {
  constexpr std::size_t most_names = 3;
  const bool is_broken = decision(finding.verdict) == Decision::no;
  if (is_broken && finding.link.empty()) {
    if (refs == 0 || finding.pushed_ref != last_ref) ++refs;
    last_ref = finding.pushed_ref;
  } else if (is_broken && !finding.rules.empty() && !finding.link.ends_with(mlem_suffix)) {
    ++others;
    if (other_names.size() < most_names) other_names.push_back(finding.link);
  } else if (finding.verdict == Verdict::ok) {
    ++ok;
  } else {
    ++(is_broken || !finding.rules.empty() ? broken : undecided);
  }
  warnings += finding.warnings.size();
  if (finding.proof_time != 0 && (proof_time == 0 || finding.proof_time < proof_time)) proof_time = finding.proof_time;
}

Summary judge(const git::Registry& registry, const source::Settings& settings, const std::vector<Scope>& scopes,
              const std::function<void(const Finding&)>& report, const source::PushedRefs& pushed_refs,
              const resolve::TakeText& take_text) {
  std::pmr::monotonic_buffer_resource memory;  // of the files: it is given back as a whole
  detail::ScopeReader reader(registry, settings);
  std::deque<detail::JudgedScope> all;
  for (const Scope& scope : scopes) all.emplace_back(registry, scope, &memory);
  resolve::Resolver resolver(registry, settings, {.take_text = take_text, .pushed_refs = pushed_refs});
  for (detail::JudgedScope& judged : all) reader.read(judged, resolver);
  registry.objects().release();
  resolver.run();
  // Only now it is known which changed links lead nowhere.
  detail::CommitsOnRefs commits;
  for (detail::JudgedScope& judged : all) {
    if (judged.scope.kind != Scope::Kind::changes) continue;
    detail::settle(judged, commits);
    read_unchanged(judged, reader, resolver);
  }
  resolver.run();
  for (detail::JudgedScope& judged : all) {
    if (!judged.scope.rules.empty() || judged.scope.reachable) detail::settle(judged, commits);
  }
  commits.settle(registry, settings, pushed_refs);
  detail::forbid_breaking(registry, settings, all, pushed_refs);
  for (detail::JudgedScope& judged : all) {
    if (judged.scope.depth || judged.scope.signer) detail::inspect_artifacts(registry, settings, judged);
  }
  for (detail::JudgedScope& judged : all) detail::require_artifact_signers(registry, settings, judged);
  Summary summary;
  summary.old_files = reader.old_files();
  std::deque<detail::FormerState> former_states;  // the resolver looks into their trees
  summary.broken_before =
      forgive_old_faults(registry, settings, all, reader, resolver, pushed_refs, former_states, &memory);
  for (detail::JudgedScope& judged : all) {
    detail::require_without_other_refs(registry, settings, reader, judged, pushed_refs, &memory);
  }
  for (detail::JudgedScope& judged : all) detail::report_findings(judged, summary, report);
  return summary;
}

}  // namespace mlem::check
