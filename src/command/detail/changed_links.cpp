#include "command/detail/changed_links.hpp"

#include "base/text.hpp"
#include "command/detail/edited_links.hpp"
#include "command/output.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace mlem::command {
namespace {

/// Where the object is: the address without the rev.
std::string place_of(const Point& point) { return escape_for_terminal(point.repo + point.path); }

/// The rev, with what it follows if it is an id.
std::string rev_of(const Point& point) {
  if (point.rev.empty()) return point.repo.empty() ? "this tree" : "HEAD";
  const auto oid = Oid::parse(point.rev);
  std::string text = oid ? oid->short_hex() : escape_for_terminal(point.rev);
  if (point.ref.empty()) return text;
  std::string_view ref = point.ref;
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/"}) {
    if (ref.starts_with(prefix)) ref.remove_prefix(prefix.size());
  }
  return text + " (" + escape_for_terminal(ref) + ")";
}

std::string between(const Point& from, const Point& to) {
  if (from.repo == to.repo && from.path == to.path) return place_of(to) + " from " + rev_of(from) + " to " + rev_of(to);
  return "from " + described(from) + " to " + described(to);
}

/// What there is to say behind the names.
std::string details_of(const history::LinkChange& change) {
  if (!change.flaw.empty()) return "invalid-link: " + escape_for_terminal(change.flaw);
  if (!change.before && !change.after) return {};
  if (!change.before) return described(point_of(*change.after));
  if (!change.after) return "was " + described(point_of(*change.before));
  const Point from = point_of(*change.before);
  const Point to = point_of(*change.after);
  if (from != to) return between(from, to);
  const std::string difference = difference_of(*change.before, *change.after);
  if (!difference.empty()) return difference;
  return change.kind == history::ChangeKind::edited ? "says the same in other words" : "";
}

}  // namespace

std::string described(const Point& point) {
  if (point.rev.empty() && point.repo.empty()) return place_of(point);
  return place_of(point) + " at " + rev_of(point);
}

std::string described(const history::LinkChange& change, const std::string& prefix) {
  const auto shown = [&](const std::string& name) { return escape_for_terminal(relative_to(name, prefix)); };
  std::string line = fmt::format("{:<11} ", name(change.kind));
  if (!change.former_name.empty()) line += shown(change.former_name) + " -> ";
  line += shown(change.name);
  const std::string details = details_of(change);
  return details.empty() ? line : line + ": " + details;
}

Finding finding_of(const std::string& name, const Link& link) {
  const Point point = point_of(link);
  Finding finding;
  finding.link = name;
  finding.link_type = link.link_type;
  finding.repo = point.repo;
  finding.rev = point.rev;
  finding.ref = point.ref;
  finding.commit = Oid::parse(point.commit);
  finding.path = point.path;
  finding.blob = Oid::parse(point.blob);
  return finding;
}

Finding finding_of(const history::LinkChange& change) {
  const std::optional<Link>& link = change.kind == history::ChangeKind::removed ? change.before : change.after;
  Finding finding = link ? finding_of(change.name, *link) : Finding();
  finding.link = change.name;
  if (!change.flaw.empty()) finding.message = change.flaw;
  return finding;
}

}  // namespace mlem::command
