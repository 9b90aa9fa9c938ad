#include "resolve/source_reader.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "resolve/detail/answer.hpp"
#include "resolve/detail/place.hpp"
#include "resolve/detail/remote_source.hpp"
#include "resolve/detail/rev_lookup.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

namespace mlem::resolve {
namespace {

void fail_missing_path(TreeView& view, const std::string& path, Target& target) {
  // The object may have moved to another directory, or lost its place in the layout of MLEM 0.2.
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.ends_with(mlem_suffix)) name += mlem_suffix;
  std::vector<std::string> same_blob;
  std::vector<std::string> same_name;
  std::vector<std::string> all;
  constexpr std::size_t most_names = 20'000;
  view.walk([&](const std::string& candidate, const git::Entry& entry) {
    if (!candidate.ends_with(mlem_suffix) || !git::is_regular(entry)) return true;
    if (entry.oid == target.pinned_blob) same_blob.push_back(candidate);
    if (candidate == name || candidate.ends_with("/" + name)) same_name.push_back(candidate);
    all.push_back(candidate);
    return all.size() < most_names;
  });
  constexpr std::size_t most_hints = 3;
  std::vector<std::string> near = !same_blob.empty()   ? same_blob
                                  : !same_name.empty() ? same_name
                                                       : nearest(path, all, most_hints);
  if (near.size() > most_hints) near.resize(most_hints);
  target.fail(Verdict::missing_path, "nothing at '" + path + "'", near.empty() ? "" : "there is " + quoted_list(near));
}

}  // namespace

std::vector<Oid> read_object(TreeView& view, const std::string& path, const std::string& base, Target& target) {
  target.path = path;
  const Located located = locate(view, path, base);
  switch (located.state) {
    case Located::State::missing_object:
      return located.missing;
    case Located::State::absent:
      fail_missing_path(view, path, target);
      return {};
    case Located::State::not_an_object:
      target.fail(Verdict::not_an_object, "'" + path + "' is no MLEM object",
                  path.ends_with(mlem_suffix) ? "" : "there is no '" + path + std::string(mlem_suffix) + "' beside it");
      return {};
    case Located::State::several:
      target.fail(Verdict::invalid_link, "'" + path + "' may be " + located.path, "write the whole path");
      return {};
    case Located::State::found:
      break;
  }
  target.path = located.path;
  try {
    const auto text = view.read(located.path, located.entry, yaml::max_object_size);
    if (!text) return {located.entry.oid};
    if (target.keeps_text) target.text = *text;
    if (located.entry.oid != Oid()) target.blob = located.entry.oid;
    if (const auto scanned = text->size() <= yaml::max_link_size ? yaml::scan_link(*text) : std::nullopt) {
      target.link = scanned->link;
    } else if (const auto type = yaml::find_object_type(*text); !type) {
      target.fail(Verdict::not_an_object, "'" + located.path + "' has no object_type");
    } else if (*type == "link" || type->starts_with("link_")) {
      target.link = yaml::read_metafile(*text).link;
    } else {
      target.object_type = *type;
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    target.fail(Verdict::not_an_object, "'" + located.path + "' is no MLEM object: " + error.what());
  }
  if (target.link && target.link->is_alias()) target.link_base = alias_base(view, located.path);
  return {};
}

std::vector<Oid> detail::answer_at(git::Repository& repository, const Oid& object, Target& target) {
  const auto commit = repository.find_commit(object);
  if (!commit) {
    target.fail(Verdict::missing_rev, "'" + target.rev + "' names no commit");
    return {};
  }
  if (target.source.rev->kind() == Rev::Kind::oid && *commit != object) {
    target.fail(Verdict::missing_rev, "'" + target.rev + "' is no commit", "the tag is for " + commit->hex());
    return {};
  }
  target.commit = commit;
  if (target.stored_rev.empty()) target.stored_rev = commit->hex();
  target.commit_time = repository.commit_time(*commit);
  const auto view = view_commit(repository, *commit);
  std::string path;
  try {
    path = target.source.tree_path().text();
  } catch (const Error& error) {
    target.fail(Verdict::invalid_link, error.what());
    return {};
  }
  return read_object(*view, path, "", target);
}

namespace {

/// Remembers what it was asked: many links name the same few refs.
detail::Refs refs_of(git::Repository& repository) {
  const auto known = std::make_shared<std::unordered_map<std::string, std::optional<Oid>>>();
  return {.find =
              [&repository, known](const std::string& name) {
                const auto [found, is_new] = known->try_emplace(name);
                if (is_new) found->second = repository.find_ref(name);
                return found->second;
              },
          .names =
              [&repository] {
                std::vector<std::string> names;
                for (const char* prefix : {"refs/heads/", "refs/tags/"}) {
                  for (const git::Ref& ref : repository.refs(prefix)) names.push_back(detail::short_name(ref.name));
                }
                return names;
              },
          .head_branch = repository.head_branch()};
}

}  // namespace

void read_repository(git::Repository& repository, const std::vector<Target*>& targets) {
  const detail::Refs refs = refs_of(repository);
  const auto peel = [&](const Oid& oid) { return repository.find_commit(oid); };
  std::vector<std::pair<Oid, Target*>> wanted;
  for (Target* target : targets) {
    if (!detail::divide(refs, *target)) continue;
    if (const auto object = detail::find_rev(refs, *target, peel)) wanted.emplace_back(*object, target);
  }
  // The repository remembers what it read last: the trees of one commit, one directory after the other.
  std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->source.path < b.second->source.path;
  });
  for (const auto& [object, target] : wanted) {
    if (const auto missing = detail::answer_at(repository, object, *target); !missing.empty()) {
      target->fail(Verdict::unreachable, "the repository lacks object " + missing.front().hex(),
                   "it is a partial clone; fetch the object there");
    }
  }
}

void read_source(const RepoUrl& url, const std::vector<Target*>& targets, const Settings& settings) {
  const auto refusal = detail::visit_source(
      url, settings,
      [&](const fs::path& git_dir) { read_repository(*git::open_repository(git_dir, settings.environment), targets); },
      [&](const std::string& rewritten) { detail::read_remote(url, rewritten, targets, settings); });
  if (!refusal) return;
  for (Target* target : targets) {
    if (!target->failed()) target->fail(refusal->verdict, refusal->message, refusal->hint);
  }
}

}  // namespace mlem::resolve
