#include "check/detail/artifacts.hpp"

#include "artifact/inspect.hpp"
#include "artifact/verify_objects.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/findings.hpp"
#include "check/detail/policed_file.hpp"
#include "git/index_tree.hpp"
#include "model/repo_path.hpp"

#include <cstddef>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mlem::check::detail {
namespace {

/// The tree that the aliases of a scope lead into, made when the first of them asks for it.
class OwnTree {
 public:
  OwnTree(const git::Registry& registry, const Scope& scope) : registry_(registry), scope_(scope) {}

  const Oid& get() {
    if (!tree_) tree_ = scope_.commit ? *scope_.commit : git::write_index_tree(registry_);
    return *tree_;
  }

 private:
  const git::Registry& registry_;
  const Scope& scope_;
  std::optional<Oid> tree_;
};

void take(const artifact::Inspection& inspection, Finding& finding) {
  finding.artifacts = inspection.artifacts;
  finding.warnings.insert(finding.warnings.end(), inspection.warnings.begin(), inspection.warnings.end());
  if (inspection.verdict == Verdict::ok) return;
  finding.verdict = inspection.verdict;
  finding.message = inspection.message;
  finding.hint = inspection.hint;
}

/// What is known to be wrong is worse than what is not known to be right.
void take(const artifact::Verification& verification, Finding& finding) {
  const Decision known = decision(finding.verdict);
  const bool is_worse = decision(verification.verdict) == Decision::no && known == Decision::undecided;
  if (verification.verdict == Verdict::ok || (known != Decision::yes && !is_worse)) return;
  finding.verdict = verification.verdict;
  finding.message = verification.message;
  finding.hint = verification.hint;
}

/// Returns the path of the first file that nobody has, if it would have to be in the index.
std::optional<std::string> missing_in_index(const Finding& finding) {
  const bool is_own = finding.repo.empty() && finding.verdict == Verdict::artifact_missing && finding.artifacts;
  if (!is_own || finding.plain || !finding.hint.empty()) return std::nullopt;
  for (const FoundArtifact& artifact : *finding.artifacts) {
    if (artifact.state == FoundArtifact::State::missing) return join(parent_of(finding.path), artifact.path);
  }
  return std::nullopt;
}

/// Says what to do where the index has the name of a file that is missing: 'git add -N' does not take its content.
void hint_at_intended(const git::Registry& registry, const std::vector<Finding*>& findings) {
  std::set<std::string> names;
  for (const Finding* finding : findings) {
    if (auto path = missing_in_index(*finding)) names.insert(*std::move(path));
  }
  if (names.empty()) return;
  const std::set<std::string> intended = git::find_intended(registry, names);
  for (Finding* finding : findings) {
    const auto path = missing_in_index(*finding);
    if (path && intended.contains(*path)) {
      const std::string shown = escape_for_terminal(registry.from_here(*path));
      finding->hint = "the index has its name alone: 'git add " + shown + "' adds what is in it";
    }
  }
}

/// Finds the objects of those links of a scope that resolve.
class ResolvedObjects {
 public:
  ResolvedObjects(const git::Registry& registry, JudgedScope& judged)
      : registry_(registry), tree_(registry, judged.scope) {}

  /// Returns whether it was added.
  bool add(Finding& finding) {
    if (finding.verdict != Verdict::ok) return false;
    try {
      objects.push_back(artifact::object_of(registry_, finding, [&] { return tree_.get(); }));
      findings.push_back(&finding);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      finding.verdict = Verdict::unreachable;
      finding.message = error.what();
      finding.hint = error.hint();
      return false;
    }
  }

  std::vector<Finding*> findings;
  std::vector<artifact::ObjectAt> objects;  ///< of the findings, in their order

 private:
  const git::Registry& registry_;
  OwnTree tree_;
};

constexpr const char* rule_of_signer = "artifact-signer";

void hold_to_signer(const Policy& policy, const artifact::Verification& verification, Finding& finding) {
  if (verification.verdict == Verdict::ok) return;
  const bool is_broken = decision(verification.verdict) == Decision::no;
  const bool has_own_verdict = !is_broken || verification.verdict == Verdict::artifact_mismatch;
  if (has_own_verdict && finding.verdict == Verdict::ok) {
    finding.verdict = verification.verdict;
    finding.message = verification.message;
    finding.hint = verification.hint;
  }
  if (is_broken) {
    break_rule(finding, rule_of_signer,
               policy_wants(policy, "wants signed objects" + (has_own_verdict ? "" : ": " + verification.message)),
               hint_of_signer);
  } else {
    leave_unproved(finding, rule_of_signer);
  }
}

}  // namespace

void inspect_artifacts(const git::Registry& registry, const source::Settings& settings, JudgedScope& judged) {
  const Scope& scope = judged.scope;
  ResolvedObjects resolved(registry, judged);
  for (auto& [name, file] : judged.files) {
    take_answer(file);
    resolved.add(*file.finding);
  }
  std::vector<artifact::Verification> verifications;
  if (scope.signer)
    verifications = artifact::verify_objects(registry, settings, resolved.objects, *scope.signer, std::time(nullptr));
  if (scope.depth) {
    std::vector<std::shared_ptr<const artifact::UnprovedFiles>> unproved;
    if (*scope.depth == artifact::Depth::hash) {
      for (const artifact::Verification& verification : verifications) unproved.push_back(verification.unproved);
    }
    const auto inspections = artifact::inspect(registry, settings, resolved.objects, *scope.depth, unproved);
    for (std::size_t i = 0; i < inspections.size(); ++i) {
      take(inspections[i], *resolved.findings[i]);
      const bool is_proved = inspections[i].verdict == Verdict::ok && !unproved.empty() && unproved[i];
      if (is_proved) verifications[i] = artifact::verify_by_bytes(*unproved[i], *inspections[i].artifacts);
    }
    if (!scope.commit) hint_at_intended(registry, resolved.findings);
  }
  for (std::size_t i = 0; i < verifications.size(); ++i) take(verifications[i], *resolved.findings[i]);
}

void require_artifact_signers(const git::Registry& registry, const source::Settings& settings, JudgedScope& judged) {
  struct Held {
    ResolvedObjects resolved;
    std::vector<const Policy*> policies;
  };
  std::map<const artifact::ModelSigner*, Held> by_signer;
  for (auto& [name, file] : judged.files) {
    if (file.link_type == nullptr || !file.finding) continue;
    for (const Rules* rules : rules_for(judged.scope, name)) {
      if (!rules->signer) continue;
      Finding& finding = *file.finding;
      if (decision(finding.verdict) == Decision::undecided) leave_unproved(finding, rule_of_signer);
      if (finding.verdict != Verdict::ok) continue;
      auto [held, is_new] = by_signer.try_emplace(rules->signer.get(), Held{ResolvedObjects(registry, judged), {}});
      if (held->second.resolved.add(finding)) held->second.policies.push_back(&rules->policy);
    }
  }
  for (const auto& [signer, held] : by_signer) {
    const auto verifications =
        artifact::verify_objects(registry, settings, held.resolved.objects, *signer, std::time(nullptr));
    for (std::size_t i = 0; i < verifications.size(); ++i) {
      hold_to_signer(*held.policies[i], verifications[i], *held.resolved.findings[i]);
    }
  }
}

}  // namespace mlem::check::detail
