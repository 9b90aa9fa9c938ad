#include "check/detail/artifacts.hpp"

#include "artifact/inspect.hpp"
#include "artifact/verify_objects.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "check/detail/findings.hpp"
#include "git/index_tree.hpp"
#include "model/repo_path.hpp"

#include <cstddef>
#include <ctime>
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
      finding->hint = "the index has its name alone: 'git add " + escape_for_terminal(*path) + "' adds what is in it";
    }
  }
}


/// Finds the objects of those links of a scope that resolve.
class ResolvedObjects {
 public:
  ResolvedObjects(const git::Registry& registry, JudgedScope& judged)
      : registry_(registry), tree_(registry, judged.scope) {}

  void add(Finding& finding) {
    if (finding.verdict != Verdict::ok) return;
    try {
      objects.push_back(artifact::object_of(registry_, finding, [&] { return tree_.get(); }));
      findings.push_back(&finding);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      finding.verdict = Verdict::unreachable;
      finding.message = error.what();
      finding.hint = error.hint();
    }
  }

  std::vector<Finding*> findings;
  std::vector<artifact::ObjectAt> objects;  ///< of the findings, in their order

 private:
  const git::Registry& registry_;
  OwnTree tree_;
};

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
    const auto inspections = artifact::inspect(registry, settings, resolved.objects, *scope.depth);
    for (std::size_t i = 0; i < inspections.size(); ++i) take(inspections[i], *resolved.findings[i]);
    if (!scope.commit) hint_at_intended(registry, resolved.findings);
  }
  for (std::size_t i = 0; i < verifications.size(); ++i) take(verifications[i], *resolved.findings[i]);
}

}  // namespace mlem::check::detail
