#include "history/range.hpp"

#include "base/error.hpp"
#include "git/history.hpp"
#include "model/repo_url.hpp"

namespace mlem::history {
namespace {

std::optional<Oid> find_side(const git::Registry& registry, const std::string& rev) {
  return registry.find_commit(rev.empty() ? "HEAD" : rev);
}

Oid resolve_side(const git::Registry& registry, const std::string& rev) {
  return resolve_commit(registry, rev.empty() ? "HEAD" : rev);
}

}  // namespace

std::optional<Range> Range::parse(std::string_view text) {
  constexpr std::string_view two = "..";
  constexpr std::string_view three = "...";
  const std::size_t dots = text.find(two);
  if (dots == std::string_view::npos || text == two) return std::nullopt;
  const bool is_symmetric = text.substr(dots).starts_with(three);
  return Range{std::string(text.substr(0, dots)), std::string(text.substr(dots + (is_symmetric ? three : two).size())),
               is_symmetric};
}

Oid resolve_commit(const git::Registry& registry, const std::string& rev) {
  if (const auto commit = registry.find_commit(rev)) return *commit;
  throw Error(ErrorKind::not_found, "bad revision '" + redact(rev) + "'", "it names no commit", "paths follow '--'");
}

bool names_commits(const git::Registry& registry, const Range& range) {
  return find_side(registry, range.from) && find_side(registry, range.to);
}

Commits resolve(const git::Registry& registry, const Range& range) {
  const Commits sides{resolve_side(registry, range.from), resolve_side(registry, range.to)};
  if (!range.is_symmetric) return sides;
  const auto base = git::find_merge_base(registry, sides.before, sides.after);
  if (!base) throw Error(ErrorKind::not_found, "bad revision '" + range.text() + "'", "the two have no merge base");
  return {*base, sides.after};
}

}  // namespace mlem::history
