#include "history/in_force.hpp"

#include "model/oid.hpp"
#include "model/point.hpp"
#include "model/repo_path.hpp"

#include <memory>
#include <string>
#include <utility>

namespace mlem::history {
namespace {

bool names_commit(const Link& link) { return link.rev && Oid::parse(*link.rev); }

/// Whether a link that was followed names another repository or commit by a ref.
bool floats(const resolve::Chain& chain) {
  for (std::size_t i = 0; i + 1 < chain.answers.size(); ++i) {
    const auto& link = chain.answers[i].link;
    if (link && !link->is_alias() && !names_commit(*link)) return true;
  }
  return false;
}

/// What a pinned link says of the object that could not be asked for.
std::optional<Finding> recorded_by(const resolve::Chain& chain) {
  const std::size_t count = chain.answers.size();
  if (count < 2) return std::nullopt;
  const Verdict verdict = chain.answers.back().verdict;
  if (decision(verdict) != Decision::undecided && verdict != Verdict::missing_repo) return std::nullopt;
  const auto& link = chain.answers[count - 2].link;
  if (!link || !names_commit(*link)) return std::nullopt;
  Finding finding = resolve::finding_of(chain, "");
  const Point point = point_of(*link);
  finding.verdict = Verdict::ok;
  finding.message.clear();
  finding.hint.clear();
  finding.object_type = link->link_type;
  finding.repo = point.repo;
  finding.rev = point.rev;
  finding.ref = point.ref;
  finding.commit = Oid::parse(point.commit);
  finding.path = point.path.ends_with(mlem_suffix) ? point.path : point.path + std::string(mlem_suffix);
  finding.blob = Oid::parse(point.blob);
  return finding;
}

}  // namespace

std::vector<InForce> resolve_in_force(const git::Registry& registry, const source::Settings& settings,
                                      std::size_t count,
                                      const std::function<std::size_t(resolve::Resolver&, std::size_t i)>& add) {
  source::Settings offline = settings;
  offline.offline = true;
  resolve::Resolver at_hand(registry, offline);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(add(at_hand, i));
  at_hand.run();
  std::vector<InForce> found;
  std::vector<std::pair<std::size_t, std::size_t>> asked;  // places in `found`, and numbers
  resolve::Resolver online(registry, settings);
  for (std::size_t i = 0; i < count; ++i) {
    InForce& one = found.emplace_back(InForce{.chain = at_hand.chain(numbers[i])});
    one.floats = floats(one.chain);
    if (one.floats)
      asked.emplace_back(i, add(online, i));
    else
      one.recorded = recorded_by(one.chain);
  }
  online.run();
  for (const auto& [i, number] : asked) found[i].chain = online.chain(number);
  return found;
}

Warning floating_warning(const std::string& ref) {
  return {floating_code, (ref.empty() ? "the commit is that of its ref" : "the commit is that of '" + ref + "'") +
                             std::string(" now, not of then")};
}

}  // namespace mlem::history
