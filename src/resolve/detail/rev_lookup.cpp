#include "resolve/detail/rev_lookup.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/version.hpp"
#include "resolve/detail/hints.hpp"

#include <algorithm>

namespace mlem::resolve::detail {
namespace {

constexpr std::string_view heads = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

struct Match {
  std::string ref;
  Oid oid;
};

bool allows(UrlParts::RevKind kind, UrlParts::RevKind wanted) {
  return kind == wanted || kind == UrlParts::RevKind::any || kind == UrlParts::RevKind::none;
}

/// Where the refs of a kind are that an address names: `/src/branch/<name>/`; empty if it names no such kind.
std::string_view prefix_of(UrlParts::RevKind kind) {
  if (kind == UrlParts::RevKind::branch) return heads;
  if (kind == UrlParts::RevKind::tag) return tags;
  return {};
}

/// The refs that a name can mean, in the order of mlem-link(5).
std::vector<Match> matches(const source::Refs& refs, const std::string& name, UrlParts::RevKind kind) {
  std::vector<Match> found;
  const auto add = [&](const std::string& ref) {
    if (const auto oid = refs.find(ref)) found.push_back({ref, *oid});
  };
  if (allows(kind, UrlParts::RevKind::any) && kind != UrlParts::RevKind::commit) add("refs/" + name);
  if (allows(kind, UrlParts::RevKind::tag)) add("refs/tags/" + name);
  if (allows(kind, UrlParts::RevKind::branch)) add("refs/heads/" + name);
  return found;
}

/// Returns how a link says `ref`: its short name if that means this ref and no other, else its full name; empty if no
/// rev can say it.
std::string spelling_of(const source::Refs& refs, const std::string& ref) {
  try {
    const std::string name = source::short_name(ref);
    if (is_ref_name(name) && !name.starts_with('-')) {
      const Rev rev = Rev::parse(name);
      const auto found =
          rev.kind() == Rev::Kind::name ? matches(refs, name, UrlParts::RevKind::any) : std::vector<Match>();
      if (found.size() == 1 && found.front().ref == ref) return name;
    }
    return Rev::parse(ref).text();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return {};
  }
}

std::vector<Oid> tips(const source::Refs& refs) {
  std::vector<Oid> tips;
  for (const std::string& name : refs.names()) {
    for (const std::string_view prefix : {heads, tags}) {
      if (const auto oid = refs.find(std::string(prefix) + name)) tips.push_back(*oid);
    }
  }
  return tips;
}

std::string near_revs_hint(const source::Refs& refs, const std::string& rev, Hints& hints) {
  const auto near = hints.near_revs(rev, refs.names);
  if (near.empty()) return {};
  return near.size() == 1 ? "the nearest name is " + quoted_list(near) : "the nearest names are " + quoted_list(near);
}

/// What there is instead of the branch that HEAD is for.
std::string branches_hint(const source::Refs& refs) {
  constexpr std::size_t most = 3;
  std::vector<std::string> branches;
  for (std::string& name : refs.names()) {
    if (branches.size() <= most && refs.find(std::string(heads) + name)) branches.push_back(std::move(name));
  }
  if (branches.empty()) return {};
  const bool are_more = branches.size() > most;
  if (are_more) branches.pop_back();
  return (branches.size() == 1 ? "its branch is "
          : are_more           ? "its first branches are "
                               : "its branches are ") +
         quoted_list(branches);
}

std::string missing_rev_hint(const source::Refs& refs, const std::string& rev, Hints& hints) {
  if (!is_abbreviated_oid(rev)) return near_revs_hint(refs, source::short_name(rev), hints);
  const auto tip = hints.whole_id(rev, [&] { return tips(refs); });
  return "an abbreviated commit id is not a rev; write the full id" + (tip ? ", '" + tip->hex() + "'" : std::string());
}

/// Finds the newest version tag of what the rev is a version of.
std::optional<Oid> find_newest(const source::Refs& refs, Answer& answer) {
  std::vector<std::string> names = refs.names();
  while (const auto newest = newest_version(names, source::short_name(answer.rev))) {
    answer.ref = std::string(tags) + *newest;
    if (const auto oid = refs.find(answer.ref)) {
      answer.rev = *newest;
      return oid;
    }
    names.erase(std::find(names.begin(), names.end(), *newest));  // it is a branch
  }
  answer.ref.clear();
  answer.fail(Verdict::missing_rev, "no tag is a version");
  return std::nullopt;
}

}  // namespace

bool divide(const source::Refs& refs, Answer& answer) {
  if (answer.source.undivided.empty()) return true;
  std::optional<std::string> chosen;
  for (const std::string_view candidate : answer.source.possible_revs()) {
    const std::string text(candidate);
    const bool is_id = Oid::parse(text) && allows(answer.source.rev_kind, UrlParts::RevKind::commit);
    const bool is_full_name =
        text.starts_with("refs/") && allows(answer.source.rev_kind, UrlParts::RevKind::any) && refs.find(text);
    if (is_id || is_full_name || text == "HEAD" || !matches(refs, text, answer.source.rev_kind).empty()) chosen = text;
  }
  if (!chosen) {
    const std::string text = answer.source.undivided;
    Hints none;
    answer.fail(Verdict::missing_rev, "no branch or tag of that name begins '" + text + "'",
                near_revs_hint(refs, text.substr(0, text.find('/')), answer.hints != nullptr ? *answer.hints : none));
    return false;
  }
  try {
    answer.source = answer.source.divided_at(*chosen);
  } catch (const Error& error) {
    answer.fail(Verdict::invalid_link, error.what());
    return false;
  }
  return true;
}

std::optional<Oid> find_rev(const source::Refs& refs, Answer& answer, const Peel& peel) {
  const Rev& rev = *answer.source.rev;
  answer.rev = rev.text();
  answer.stored_rev = rev.text();
  if (answer.source.rev_kind == UrlParts::RevKind::newest_version) return find_newest(refs, answer);
  const std::string_view prefix = prefix_of(answer.source.rev_kind);
  switch (prefix.empty() || rev.kind() == Rev::Kind::oid ? rev.kind() : Rev::Kind::name) {
    case Rev::Kind::oid:
      return rev.oid();
    case Rev::Kind::head:
      answer.ref = refs.head_branch.value_or("HEAD");
      if (const auto oid = refs.find("HEAD")) {
        answer.stored_rev = refs.head_branch ? spelling_of(refs, *refs.head_branch) : "";
        return oid;
      }
      answer.fail(Verdict::missing_rev, "the source has no commit at its HEAD", branches_hint(refs));
      return std::nullopt;
    case Rev::Kind::ref:
      answer.ref = rev.text();
      if (const auto oid = refs.find(rev.text())) return oid;
      break;
    case Rev::Kind::name: {
      const auto found = matches(refs, rev.text(), answer.source.rev_kind);
      if (found.empty()) break;
      for (const Match& other : found) {
        if (other.oid != found.front().oid && peel(other.oid) != peel(found.front().oid)) {
          answer.fail(Verdict::ambiguous_rev,
                      "'" + found.front().ref + "' and '" + other.ref + "' are different commits",
                      "use one of the full names, '" + found.front().ref + "' or '" + other.ref + "'");
          return std::nullopt;
        }
      }
      answer.ref = found.front().ref;
      // The address says whether it is a branch; a link to it has to say so too where its name does not.
      if (!prefix.empty()) answer.stored_rev = spelling_of(refs, answer.ref);
      return found.front().oid;
    }
  }
  answer.ref.clear();
  Hints none;
  Hints& hints = answer.hints != nullptr ? *answer.hints : none;
  answer.fail(Verdict::missing_rev, "no branch, tag or commit '" + rev.text() + "'",
              hints.about_rev(rev.text(), [&] { return missing_rev_hint(refs, rev.text(), hints); }));
  return std::nullopt;
}

}  // namespace mlem::resolve::detail
