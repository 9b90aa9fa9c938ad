#include "check/detail/artifacts.hpp"

#include "artifact/inspect.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "check/detail/findings.hpp"
#include "git/index_tree.hpp"
#include "model/repo_path.hpp"

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

}  // namespace

void inspect_artifacts(const git::Registry& registry, const source::Settings& settings, JudgedScope& judged) {
  OwnTree tree(registry, judged.scope);
  std::vector<Finding*> findings;
  std::vector<artifact::ObjectAt> objects;
  for (auto& [name, file] : judged.files) {
    take_answer(file);
    Finding& finding = *file.finding;
    if (finding.verdict != Verdict::ok) continue;
    try {
      objects.push_back(artifact::object_of(registry, finding, [&] { return tree.get(); }));
      findings.push_back(&finding);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      finding.verdict = Verdict::unreachable;
      finding.message = error.what();
      finding.hint = error.hint();
    }
  }
  const std::vector<artifact::Inspection> inspections =
      artifact::inspect(registry, settings, objects, *judged.scope.depth);
  for (std::size_t i = 0; i < findings.size(); ++i) take(inspections[i], *findings[i]);
  if (!judged.scope.commit) hint_at_intended(registry, findings);
}

}  // namespace mlem::check::detail
