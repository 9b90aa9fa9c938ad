#include "resolve/source_reader.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "resolve/detail/answer.hpp"
#include "resolve/detail/hints.hpp"
#include "resolve/detail/remote_source.hpp"
#include "resolve/detail/rev_lookup.hpp"
#include "yaml/metafile.hpp"

#include "source/visit.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace mlem::resolve {
namespace {

void fail_missing_path(TreeView& view, const std::string& path, Target& target) {
  const auto near = target.hints != nullptr ? target.hints->near_paths(view, path, target.pinned_blob)
                                            : detail::Hints().near_paths(view, path, target.pinned_blob);
  target.fail(Verdict::missing_path, "nothing at '" + path + "'", near.empty() ? "" : "there is " + quoted_list(near));
}

/// What a metafile says of itself, or why it says nothing.
struct Content {
  yaml::Metafile metafile{};
  std::string flaw{};
};

Content parse_content(std::string_view text) {
  try {
    return {.metafile = yaml::read_metafile(text)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return {.flaw = yaml::flaw_of(error)};
  }
}

/// Whether `answer` gave one. What cannot be read of a repository is an answer about the one link that wants it.
bool answer_or_fail(Target& target, const std::function<bool()>& answer) {
  try {
    return answer();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::invalid) throw;
    target.fail(Verdict::unreachable, error.what(), error.hint());
    return false;
  }
}

/// Gives the answer for what was found at `target.path`.
void answer_with(TreeView& view, const Content& content, Target& target) {
  if (!content.flaw.empty()) {
    target.reject_file(content.flaw);
    return;
  }
  switch (content.metafile.kind) {
    case yaml::Metafile::Kind::link:
      target.link = content.metafile.link;
      if (target.link->is_alias()) target.link_base = alias_base(view, target.path);
      break;
    case yaml::Metafile::Kind::object:
      target.object_type = content.metafile.object_type;
      if (!target.object_type.empty()) break;
      target.fail(Verdict::not_an_object, "'" + target.path + "' has an empty object_type");
      break;
    case yaml::Metafile::Kind::neither:
      target.fail(Verdict::not_an_object, "'" + target.path + "' has no object_type");
      break;
  }
}

/// A large object takes seconds to read, and there may be many: the contract's `mlem.hookTimeout`.
bool fail_for_time(Target& target) {
  const std::string& path = target.path.empty() ? target.source.path : target.path;
  target.fail(Verdict::timeout, "cannot read '" + path + "': there was no time left");
  return true;
}

/// read_object(), where what cannot be read is an answer.
bool read_or_fail(TreeView& view, const git::Entry& entry, Target& target) {
  bool is_there = true;
  answer_or_fail(target, [&] { return is_there = read_object(view, entry, target); });
  return is_there;
}

/// Takes a rev for what it leads to. Returns false, the target failed, if that is no commit.
bool take_commit(git::Repository& repository, const Oid& object, Target& target) {
  const auto commit = repository.find_commit(object);
  if (!commit) {
    target.fail(Verdict::missing_rev, "'" + target.rev + "' names no commit");
    return false;
  }
  if (target.source.rev->kind() == Rev::Kind::oid && *commit != object) {
    target.fail(Verdict::missing_rev, "'" + target.rev + "' is no commit", "the tag is for " + commit->hex());
    return false;
  }
  target.commit = commit;
  if (target.stored_rev.empty()) target.stored_rev = commit->hex();
  target.commit_time = repository.commit_time(*commit);
  return true;
}

/// The path in the tree of the source; nothing, the target failed, if it is malformed.
std::optional<std::string> path_of(Target& target) {
  try {
    return target.source.tree_path().text();
  } catch (const Error& error) {
    target.fail(Verdict::invalid_link, error.what());
    return std::nullopt;
  }
}

/// What is special about the registry as a source.
struct Own {
  std::string space;  ///< what all names of refs begin with: a namespace's prefix
  std::map<std::string, std::optional<Oid>> pushed_refs;
  std::function<void(const std::vector<Oid>& blobs)> prepare;  ///< told which blobs will be read
};

/// Remembers what it was asked: many links name the same few refs.
detail::Refs refs_of(git::Repository& repository, const Own& own) {
  const std::string& space = own.space;
  const auto without_space = [&](std::optional<std::string> name) {
    return name ? std::optional(name->substr(name->starts_with(space) ? space.size() : 0)) : std::nullopt;
  };
  using Ids = std::unordered_map<std::string, std::optional<Oid>>;
  const auto known = std::make_shared<Ids>();
  const auto pushed = std::make_shared<Ids>();  // by where the names lead
  for (const auto& [name, tip] : own.pushed_refs) pushed->insert_or_assign(repository.final_ref(space + name), tip);
  return {.find =
              [&repository, known, pushed, space](const std::string& name) {
                const auto [found, is_new] = known->try_emplace(name);
                if (!is_new) return found->second;
                const auto tip = pushed->empty() ? pushed->end() : pushed->find(repository.final_ref(space + name));
                found->second = tip != pushed->end() ? tip->second : repository.find_ref(space + name);
                return found->second;
              },
          .names =
              [&repository, space] {
                std::vector<std::string> names;
                for (const char* prefix : {"refs/heads/", "refs/tags/"}) {
                  for (const git::Ref& ref : repository.refs(space + prefix)) {
                    names.push_back(detail::short_name(ref.name.substr(space.size())));
                  }
                }
                return names;
              },
          .head_branch = without_space(repository.symbolic_target(space + "HEAD"))};
}

/// Moves what an address has behind the repository to where paths begin: what is found is what is recorded.
void name_repository(const source::LocalRepository& found, const std::vector<Target*>& targets) {
  const RepoUrl repo = RepoUrl::parse(file_url(found.root.string()));
  for (Target* target : targets) {
    target->source.repo = repo;
    target->source.path = found.inner + "/" + target->source.path;
  }
}

}  // namespace

std::optional<git::Entry> find_object(TreeView& view, const std::string& path, const std::string& base, Target& target,
                                      std::vector<Oid>& missing) {
  target.path = path;
  Located located = locate(view, path, base);
  switch (located.state) {
    case Located::State::missing_object:
      missing = std::move(located.missing);
      return std::nullopt;
    case Located::State::absent:
      fail_missing_path(view, path, target);
      return std::nullopt;
    case Located::State::not_an_object:
      target.fail(Verdict::not_an_object, "'" + path + "' is no MLEM object",
                  path.ends_with(mlem_suffix) ? "" : "there is no '" + path + std::string(mlem_suffix) + "' beside it");
      return std::nullopt;
    case Located::State::not_a_file:
      target.path = std::move(located.path);
      target.reject_file("not a regular file");
      return std::nullopt;
    case Located::State::unmerged:
      target.path = std::move(located.path);
      target.reject_file("unmerged", "resolve the conflict and 'git add' the file");
      return std::nullopt;
    case Located::State::several:
      target.fail(Verdict::invalid_link, "'" + path + "' may be " + located.path, "write the whole path");
      return std::nullopt;
    case Located::State::found:
      break;
  }
  target.path = std::move(located.path);
  if (located.entry.oid != Oid()) target.blob = located.entry.oid;
  return located.entry;
}

bool read_object(TreeView& view, const git::Entry& entry, Target& target) {
  std::optional<std::string> text;
  try {
    text = view.read(target.path, entry, yaml::max_object_size);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    target.reject_file(yaml::flaw_of(error));
    return true;
  }
  if (!text) return false;
  answer_with(view, parse_content(*text), target);
  if (target.keeps_text) target.text = std::move(*text);
  return true;
}

void read_objects(git::Repository& repository, const std::vector<Found>& found, const source::Settings& settings,
                  const TakeAnswer& take) {
  // Many names lead to one blob where an object does not change from rev to rev.
  std::vector<Oid> blobs;
  std::vector<std::pair<std::size_t, std::size_t>> by_blob;  // place in `blobs`, place in `found`
  std::unordered_map<Oid, std::size_t> places;
  by_blob.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [place, is_new] = places.try_emplace(found[i].entry.oid, blobs.size());
    if (is_new) blobs.push_back(found[i].entry.oid);
    by_blob.emplace_back(place->second, i);
  }
  std::sort(by_blob.begin(), by_blob.end());
  auto next = by_blob.begin();
  const auto answer_all = [&](std::size_t blob, const std::optional<std::string_view>& text) {
    if (!settings.has_time()) return false;
    std::optional<Content> content;
    if (text) content = parse_content(*text);
    for (; next != by_blob.end() && next->first == blob; ++next) {
      const Found& one = found[next->second];
      take(next->second, [&](Target& target) {
        if (!content) return read_or_fail(*one.view, one.entry, target);
        answer_with(*one.view, *content, target);
        if (target.keeps_text) target.text = *text;
        return true;
      });
    }
    return true;
  };
  repository.read_blobs(blobs, yaml::max_object_size, answer_all);
  for (; next != by_blob.end(); ++next) take(next->second, fail_for_time);
}

std::vector<Oid> detail::answer_at(git::Repository& repository, const Oid& object, Target& target,
                                   const source::Settings& settings) {
  if (!settings.has_time()) {
    fail_for_time(target);
    return {};
  }
  if (!take_commit(repository, object, target)) return {};
  const auto path = path_of(target);
  if (!path) return {};
  const auto view = view_commit(repository, *target.commit);
  std::vector<Oid> missing;
  const auto entry = find_object(*view, *path, "", target, missing);
  if (entry && !read_object(*view, *entry, target)) missing = {entry->oid};
  return missing;
}

namespace {

void read_repository(git::Repository& repository, const std::vector<Target*>& targets, const source::Settings& settings,
                     const Own& own = {}) {
  const detail::Refs refs = refs_of(repository, own);
  const auto peel = [&](const Oid& oid) { return repository.find_commit(oid); };
  const auto lack = [](Target& target, const Oid& missing) {
    target.fail(Verdict::unreachable, "the repository lacks object " + missing.hex(),
                "it is a partial clone; fetch the object there");
  };
  std::vector<Target*> asked;
  for (Target* target : targets) {
    if (detail::divide(refs, *target)) asked.push_back(target);
  }
  // One rev after the other, and one directory: the repository remembers the trees that it read last.
  const auto question = [](const Target* target) {
    return std::tuple(std::string_view(target->source.rev->text()), target->source.rev_kind);
  };
  std::sort(asked.begin(), asked.end(), [&](const Target* a, const Target* b) {
    return std::tuple(question(a), std::string_view(a->source.path)) <
           std::tuple(question(b), std::string_view(b->source.path));
  });
  std::vector<Found> found;
  std::vector<Target*> found_for;
  std::vector<std::unique_ptr<TreeView>> views;
  const Target* first = nullptr;
  for (Target* target : asked) {
    if (!settings.has_time()) {
      fail_for_time(*target);
      continue;
    }
    if (first != nullptr && question(first) == question(target)) {
      target->take_rev_of(*first);
    } else {
      first = target;
      const bool is_found = answer_or_fail(*target, [&] {
        const auto object = detail::find_rev(refs, *target, peel);
        return object && take_commit(repository, *object, *target);
      });
      if (is_found)
        views.push_back(view_commit(repository, *target->commit));
      else
        target->commit.reset();
    }
    if (!target->commit) continue;
    answer_or_fail(*target, [&] {
      const auto path = path_of(*target);
      if (!path) return false;
      std::vector<Oid> missing;
      const auto entry = find_object(*views.back(), *path, "", *target, missing);
      if (entry) {
        found.push_back({views.back().get(), *entry});
        found_for.push_back(target);
      }
      if (!missing.empty()) lack(*target, missing.front());
      return entry.has_value();
    });
  }
  if (own.prepare) {
    std::vector<Oid> blobs;
    for (const Found& each : found) blobs.push_back(each.entry.oid);
    own.prepare(blobs);
  }
  read_objects(repository, found, settings, [&](std::size_t i, const std::function<bool(Target&)>& answer) {
    if (!answer(*found_for[i])) lack(*found_for[i], found[i].entry.oid);
  });
}

}  // namespace

void read_registry(const git::Registry& registry, const std::vector<Target*>& targets,
                   const source::Settings& settings) {
  read_repository(
      registry.objects(), targets, settings,
      {.space = git::namespace_prefix(registry.environment()),
       .pushed_refs = settings.pushed_refs,
       .prepare = [&](const std::vector<Oid>& blobs) { source::fetch_missing(registry, blobs, settings); }});
}

void read_source(const RepoUrl& url, const std::vector<Target*>& targets, const source::Settings& settings) {
  const auto refusal = source::visit_source(
      url, settings,
      [&](const source::LocalRepository& found) {
        if (!found.inner.empty()) name_repository(found, targets);
        read_repository(*git::open_repository(found.git_dir, settings.environment), targets, settings);
      },
      [&](const std::string& rewritten) { detail::read_remote(url, rewritten, targets, settings); });
  if (!refusal) return;
  for (Target* target : targets) {
    if (!target->failed()) target->fail(refusal->verdict, refusal->message, refusal->hint);
  }
}

std::optional<std::string> find_directory(const RepoUrl& url,
                                          const std::vector<std::pair<std::string, std::string>>& config) {
  return source::directory_of(git::rewrite_url(url.fetch_text(), config));
}

}  // namespace mlem::resolve
