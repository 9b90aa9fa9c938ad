#include "edit/detail/compose_link.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "edit/hold.hpp"
#include "model/repo_url.hpp"
#include "yaml/edit_link.hpp"

namespace mlem::edit {
namespace {

/// Has a link to `end` name its commit and what is there. Throws Error(invalid) if that was asked for an alias.
void pin(Link& link, const resolve::Answer& end, const LinkRequest& request) {
  if (request.pin == Pin::no) return;
  if (link.is_alias()) {
    if (request.pin == Pin::where_possible) return;
    throw Error(ErrorKind::invalid, "cannot pin the link to '" + redact(request.source) + "'",
                "it is an alias, which goes with the tree that it is in",
                "'--absolute' names the repository and its commit");
  }
  link.rev = end.commit->hex();
  if (!end.ref.empty()) link.pinned_ref = end.ref;
  link.pinned_blob = end.blob->hex();
}

bool is_same_repo(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (!a || !b || *a == *b) return a == b;
  try {
    return RepoUrl::parse(*a) == RepoUrl::parse(*b);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

/// The `link_type` of a link to the end of `chain`. What is plain says nothing of itself, but a link to it does.
std::string type_at_end(const std::vector<resolve::Answer>& chain, const LinkRequest& request) {
  if (!chain.back().plain) return chain.back().object_type;
  return chain.size() > 1 ? chain[chain.size() - 2].link->link_type : request.type.value_or("model");
}

}  // namespace

const resolve::Answer& end_of(const std::vector<resolve::Answer>& chain, const LinkRequest& request) {
  return request.follow_links ? chain.back() : chain.front();
}

Link compose_link(const std::vector<resolve::Answer>& chain, const std::string& base, const std::string& followed,
                  const std::function<Dialect()>& dialect, const LinkRequest& request) {
  const resolve::Answer& end = end_of(chain, request);
  Link link;
  link.link_type = type_at_end(chain, request);
  link.path = end.path;
  link.plain = end.plain;
  if (end.source.repo) {
    link.repo = end.source.repo->text();
    link.rev = end.stored_rev;
    link.dialect = dialect();
  } else if (end.source.rev) {
    link.rev = end.stored_rev;
  } else if (end.plain) {
    throw Error(ErrorKind::invalid, "cannot link to '" + redact(request.source) + "' of this repository",
                "an alias leads to a metafile, and a plain link to what has none", "'--absolute' names the repository");
  } else if (!base.empty()) {
    // From the root, for boost has no answer where the two have nothing in common.
    const fs::path root("/");
    link.path = (root / end.path).lexically_relative(root / base).generic_string();
  }
  pin(link, end, request);
  if (!followed.empty() && &end == &chain.front()) link.pinned_ref = followed;
  return link;
}

std::string rewrite_link(const ExistingLink& before, const resolve::Answer& end, const std::string& target,
                         const LinkRequest& request, Link& link) {
  const bool same_repo = is_same_repo(before.link.repo, link.repo);
  if (same_repo) link.repo = before.link.repo;
  const bool same_rev = same_repo && before.link.rev == link.rev;
  const bool same = same_rev && before.link.path == link.path && before.link.plain == link.plain;
  const bool is_new_pin = link.pinned_blob.has_value();
  if (same_rev && !link.pinned_ref) link.pinned_ref = before.link.pinned_ref;
  if (before.link.pinned_blob && !is_new_pin) {
    const bool is_pinned = end.commit && link.rev == end.commit->hex();
    if (end.blob && (same || is_pinned)) link.pinned_blob = end.blob->hex();
    if (!end.blob && same) link.pinned_blob = before.link.pinned_blob;
  }
  link.hold = before.link.hold;
  link.until = before.link.until;
  if (!same || before.link.link_type != link.link_type) {
    const auto refusal = respect_hold(target, before.link, link, {request.today, request.force});
    if (refusal) throw HoldRefusal(*refusal);
  }
  return yaml::edit_link(before.text, link);
}

}  // namespace mlem::edit
