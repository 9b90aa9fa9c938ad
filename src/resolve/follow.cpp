#include "base/text.hpp"
#include "resolve/resolver.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

// The chains of a resolver are put together from its answers once all are there, for many links share them.

namespace mlem::resolve {
namespace {

/// Whether a link leads to an object of its own tree.
bool is_by_alias(const Link& link) { return link.is_alias() && !is_surely_url(link.path); }

/// Whether the alias that `chain` has come to is followed elsewhere by MLEM, which starts it at `start`. Then that is
/// the chain's end.
bool end_elsewhere(Chain& chain, const std::optional<std::string>& start) {
  Answer& alias = chain.answers.back();
  const std::string own(parent_of(alias.path));
  const std::string for_mlem = start.value_or(own);
  // A link that was named is the first one, in a project of its own.
  if (alias.link_base == for_mlem || (chain.is_named && (chain.answers.size() == 1 || alias.link_base == own))) {
    return false;
  }
  alias.fail(Verdict::invalid_link, "git-mlem and MLEM start the alias '" + alias.path + "' at different directories",
             "git-mlem starts at " + quoted_directory(alias.link_base) + ", MLEM at " + quoted_directory(for_mlem) +
                 ", as the link that leads there; link to the object itself");
  return true;
}

}  // namespace

std::size_t Resolver::most_hops_of(std::size_t number) const {
  // The object that was named may be a link, and it is no hop from itself.
  return named_.contains(number) ? most_hops + 1 : most_hops;
}

Answer Resolver::answer_after(QueryNumber number, const Answer& before) const {
  Answer answer = answers_.get(number);
  // It was looked up at the commit; what was asked for, and what a link to it has to say, is the rev that led there.
  if (before.link && is_by_alias(*before.link) && before.commit && answer.commit == before.commit) {
    answer.rev = before.rev;
    answer.stored_rev = before.stored_rev;
    answer.ref = before.ref;
  }
  return answer;
}

std::optional<std::string> Resolver::start_of_chain(QueryNumber number, const Answer& first) const {
  TreeView* const view = answers_.view(number);
  if (view == nullptr) return first.source.directory;
  const std::string& base = answers_.base(number);
  return find_project(*view, base) == base ? std::optional(base) : std::nullopt;
}

Chain Resolver::chain(std::size_t number) const {
  Chain chain;
  chain.is_named = named_.contains(number);
  if (const auto pinned = pins_.find(number); pinned != pins_.end()) chain.pin = pinned->second;
  const QueryNumber first = first_[number];
  if (first < 0) {
    chain.malformed = malformed_[static_cast<std::size_t>(-first - 1)];
    return chain;
  }
  chain.answers.reserve(2);         // most are as long as that, or shorter
  std::vector<QueryNumber> seen;    // the query of each answer
  std::optional<std::size_t> root;  // the last answer that no alias led to
  for (QueryNumber at = first; at >= 0; at = steps_[static_cast<std::size_t>(at)].next) {
    if (const auto before = std::find(seen.begin(), seen.end(), at); before != seen.end()) {
      chain.end = Chain::End::cycle;
      chain.back_to = static_cast<std::size_t>(before - seen.begin());
      break;
    }
    // Counted here, and not by what run() has read: that depends on which other links were added.
    if (seen.size() > most_hops_of(number) || !steps_[static_cast<std::size_t>(at)].done) {
      chain.end = Chain::End::too_deep;
      break;
    }
    const bool is_alias = !seen.empty() && is_by_alias(*chain.answers.back().link);
    // What a user named is a link in a project of its own.
    if (is_alias && end_elsewhere(chain, chain.is_named && *root == 0 && seen.size() > 1
                                             ? chain.answers.front().link_base
                                             : start_of_chain(seen[*root], chain.answers[*root]))) {
      break;
    }
    if (!is_alias) root = seen.size();
    chain.answers.push_back(seen.empty() ? answers_.get(at) : answer_after(at, chain.answers.back()));
    seen.push_back(at);
  }
  return chain;
}

}  // namespace mlem::resolve
