#include "resolve/detail/rev_lookup.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace mlem::resolve::detail {
namespace {

struct Match {
  std::string ref;
  Oid oid;
};

bool allows(UrlParts::RevKind kind, UrlParts::RevKind wanted) {
  return kind == wanted || kind == UrlParts::RevKind::any || kind == UrlParts::RevKind::none;
}

/// The refs that a name can mean, in the order of the contract's section 4.
std::vector<Match> matches(const Refs& refs, const std::string& name, UrlParts::RevKind kind) {
  std::vector<Match> found;
  const auto add = [&](const std::string& ref) {
    if (const auto oid = refs.find(ref)) found.push_back({ref, *oid});
  };
  if (allows(kind, UrlParts::RevKind::any) && kind != UrlParts::RevKind::commit) add("refs/" + name);
  if (allows(kind, UrlParts::RevKind::tag)) add("refs/tags/" + name);
  if (allows(kind, UrlParts::RevKind::branch)) add("refs/heads/" + name);
  return found;
}

std::string missing_rev_hint(const Refs& refs, const std::string& rev) {
  const auto near = nearest(rev, refs.names(), 3);
  if (near.empty()) return {};
  return near.size() == 1 ? "the nearest name is " + quoted_list(near) : "the nearest names are " + quoted_list(near);
}

}  // namespace

std::string short_name(std::string_view ref) {
  for (const std::string_view prefix : {std::string_view("refs/heads/"), std::string_view("refs/tags/")}) {
    if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
  }
  return std::string(ref);
}

bool divide(const Refs& refs, Target& target) {
  if (target.source.undivided.empty()) return true;
  std::optional<std::string> chosen;
  for (const std::string_view candidate : target.source.possible_revs()) {
    const std::string text(candidate);
    const bool is_id = Oid::parse(text) && allows(target.source.rev_kind, UrlParts::RevKind::commit);
    if (is_id || text == "HEAD" || !matches(refs, text, target.source.rev_kind).empty()) chosen = text;
  }
  if (!chosen) {
    const std::string text = target.source.undivided;
    target.fail(Verdict::missing_rev, "no branch or tag of that name begins '" + text + "'",
                missing_rev_hint(refs, text.substr(0, text.find('/'))));
    return false;
  }
  try {
    target.source = target.source.divided_at(*chosen);
  } catch (const Error& error) {
    target.fail(Verdict::invalid_link, error.what());
    return false;
  }
  return true;
}

std::optional<Oid> find_rev(const Refs& refs, Target& target,
                            const std::function<std::optional<Oid>(const Oid&)>& peel) {
  const Rev& rev = *target.source.rev;
  target.rev = rev.text();
  target.stored_rev = rev.text();
  switch (rev.kind()) {
    case Rev::Kind::oid:
      return rev.oid();
    case Rev::Kind::head:
      target.ref = refs.head_branch.value_or("HEAD");
      if (const auto oid = refs.find("HEAD")) {
        // The short name of the branch would mean a tag of the same name.
        const std::string branch = refs.head_branch ? short_name(*refs.head_branch) : "";
        const bool has_tag = !branch.empty() && refs.find("refs/tags/" + branch);
        target.stored_rev = has_tag ? *refs.head_branch : branch;
        return oid;
      }
      target.fail(Verdict::missing_rev, "the source has no commit at its HEAD");
      return std::nullopt;
    case Rev::Kind::ref:
      target.ref = rev.text();
      if (const auto oid = refs.find(rev.text())) return oid;
      break;
    case Rev::Kind::name: {
      const auto found = matches(refs, rev.text(), target.source.rev_kind);
      if (found.empty()) break;
      for (const Match& other : found) {
        if (other.oid != found.front().oid && peel(other.oid) != peel(found.front().oid)) {
          target.fail(Verdict::ambiguous_rev,
                      "'" + found.front().ref + "' and '" + other.ref + "' are different commits",
                      "write the full name, 'rev: " + found.front().ref + "'");
          return std::nullopt;
        }
      }
      target.ref = found.front().ref;
      return found.front().oid;
    }
  }
  target.ref.clear();
  std::string hint = missing_rev_hint(refs, short_name(rev.text()));
  if (is_abbreviated_oid(rev.text())) hint = "an abbreviated commit id is no rev; write the full id";
  target.fail(Verdict::missing_rev, "no branch, tag or commit '" + rev.text() + "'", hint);
  return std::nullopt;
}

}  // namespace mlem::resolve::detail
