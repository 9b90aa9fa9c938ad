// Reading one source.
//
// A remote source costs at most three git network commands: its refs (only if a rev is a name), the commits with the
// trees on the way to the paths (`combine:tree:<depth>+blob:none`), and the metafiles by id. Each is followed by a
// look at the cache with the code that reads local repositories, which tells what is still lacking.

#include "resolve/source_reader.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/transport.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace mlem::resolve {
namespace {

/// What a rev may be looked up in: the refs of a local repository, or those that a server has just listed.
struct Refs {
  std::function<std::optional<Oid>(const std::string& full_name)> find;
  std::function<std::vector<std::string>()> names;  ///< short names of branches and tags, for hints
  std::optional<std::string> head_branch;
};

struct Match {
  std::string ref;
  Oid oid;
};

std::string short_name(std::string_view ref) {
  for (const std::string_view prefix : {std::string_view("refs/heads/"), std::string_view("refs/tags/")}) {
    if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
  }
  return std::string(ref);
}

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

/// Finds where the rev ends in `<rev>/<directory>`: the longest beginning that is a ref or a full id.
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

/// Returns the object that the rev names, unpeeled, and notes the ref; nothing if the answer is negative.
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

void fail_missing_path(TreeView& view, const std::string& path, Target& target) {
  // The object may have moved to another directory, or lost its place in the layout of MLEM 0.2.
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.ends_with(mlem_suffix)) name += mlem_suffix;
  std::vector<std::string> same_name;
  std::vector<std::string> all;
  constexpr std::size_t most_names = 20'000;
  view.walk([&](const std::string& candidate, const git::Entry& entry) {
    if (!candidate.ends_with(mlem_suffix) || !git::is_regular(entry)) return true;
    if (candidate == name || candidate.ends_with("/" + name)) same_name.push_back(candidate);
    all.push_back(candidate);
    return all.size() < most_names;
  });
  std::vector<std::string> near = same_name.empty() ? nearest(path, all, 3) : same_name;
  if (near.size() > 3) near.resize(3);
  target.fail(Verdict::missing_path, "nothing at '" + path + "'", near.empty() ? "" : "there is " + quoted_list(near));
}

}  // namespace

std::optional<Oid> read_object(TreeView& view, const std::string& path, const std::string& base, Target& target) {
  target.path = path;
  const Located located = locate(view, path, base);
  switch (located.state) {
    case Located::State::missing_object:
      return located.missing;
    case Located::State::absent:
      fail_missing_path(view, path, target);
      return std::nullopt;
    case Located::State::not_an_object:
      target.fail(Verdict::not_an_object, "'" + path + "' is no MLEM object",
                  path.ends_with(mlem_suffix) ? "" : "there is no '" + path + std::string(mlem_suffix) + "' beside it");
      return std::nullopt;
    case Located::State::several:
      target.fail(Verdict::invalid_link, "'" + path + "' may be " + located.path, "write the whole path");
      return std::nullopt;
    case Located::State::found:
      break;
  }
  target.path = located.path;
  try {
    const auto text = view.read(located.path, located.entry, yaml::max_object_size);
    if (!text) return located.entry.oid;
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
  if (target.link) target.link_base = alias_base(view, located.path);
  return std::nullopt;
}

namespace {

/// Answers a question whose commit is known; returns what the repository lacks.
std::optional<Oid> answer_at(git::Repository& repository, const Oid& object, Target& target) {
  const auto commit = repository.find_commit(object);
  if (!commit) {
    target.fail(Verdict::missing_rev, "'" + target.rev + "' names no commit");
    return std::nullopt;
  }
  if (target.source.rev->kind() == Rev::Kind::oid && *commit != object) {
    target.fail(Verdict::missing_rev, "'" + target.rev + "' is no commit", "the tag is for " + commit->hex());
    return std::nullopt;
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
    return std::nullopt;
  }
  return read_object(*view, path, "", target);
}

Refs refs_of(git::Repository& repository) {
  return {.find = [&repository](const std::string& name) { return repository.find_ref(name); },
          .names =
              [&repository] {
                std::vector<std::string> names;
                for (const char* prefix : {"refs/heads/", "refs/tags/"}) {
                  for (const git::Ref& ref : repository.refs(prefix)) names.push_back(short_name(ref.name));
                }
                return names;
              },
          .head_branch = repository.head_branch()};
}

Verdict verdict_of(git::TransportFailure failure) {
  switch (failure) {
    case git::TransportFailure::missing_repo:
      return Verdict::missing_repo;
    case git::TransportFailure::missing_ref:
    case git::TransportFailure::missing_object:
      return Verdict::missing_rev;
    case git::TransportFailure::auth_required:
      return Verdict::auth_required;
    case git::TransportFailure::timeout:
      return Verdict::timeout;
    case git::TransportFailure::too_large:
      return Verdict::too_large;
    case git::TransportFailure::unreachable:
      break;
  }
  return Verdict::unreachable;
}

/// A source behind the network and its entry in the cache.
class RemoteSource {
 public:
  RemoteSource(const RepoUrl& url, std::string rewritten, const Settings& settings)
      : url_(url),
        rewritten_(std::move(rewritten)),
        settings_(settings),
        cache_(settings.cache_directory, settings.cache_fallback),
        key_(Cache::key(url.normalized(), rewritten_)),
        transport_(settings.environment, {.idle = settings.timeout,
                                          .deadline = settings.deadline,
                                          .max_growth = settings.max_fetch,
                                          .interactive = settings.interactive,
                                          .interrupt = settings.interrupt}) {}

  void answer(const std::vector<Target*>& targets) {
    const FileLock lock(cache_.lock_file(key_), lock_deadline());
    entry_ = cache_.open(key_, "sha1");
    std::map<Target*, Oid> wanted = find_revs(targets);
    if (!settings_.offline) fetch_commits(wanted);
    const auto repository = git::open_repository(entry_, settings_.environment);
    std::map<Target*, Oid> lacking;
    for (const auto& [target, object] : wanted) {
      if (target->failed()) continue;
      if (const auto missing = answer_at(*repository, object, *target)) lacking.emplace(target, *missing);
    }
    // First the metafiles; then, for a path deeper than was asked for, its trees and at last its metafile.
    for (int round = 0; round < 3 && !lacking.empty(); ++round) {
      if (settings_.offline) break;
      fetch_objects(lacking);
      const auto again = git::open_repository(entry_, settings_.environment);
      std::map<Target*, Oid> still;
      for (const auto& [target, object] : lacking) {
        if (target->failed()) continue;
        if (const auto missing = answer_at(*again, wanted.at(target), *target)) still.emplace(target, *missing);
      }
      lacking = std::move(still);
    }
    for (const auto& [target, object] : lacking) {
      target->fail(Verdict::unreachable, settings_.offline ? "the cache lacks object " + object.hex()
                                                           : "the server did not send object " + object.hex());
    }
  }

 private:
  std::chrono::steady_clock::time_point lock_deadline() const {
    const auto now = std::chrono::steady_clock::now();
    // Whoever holds the lock runs a few bounded commands; without a time limit an hour is as good as for ever.
    const auto patience = settings_.timeout.count() > 0 ? 4 * settings_.timeout : std::chrono::hours(1);
    return settings_.deadline ? std::min(*settings_.deadline, now + patience) : now + patience;
  }

  /// Finds the object that each rev names, asking for the refs only if one is a name.
  std::map<Target*, Oid> find_revs(const std::vector<Target*>& targets) {
    const bool needs_refs = std::any_of(targets.begin(), targets.end(), [](const Target* target) {
      return !target->source.undivided.empty() || target->source.rev->kind() != Rev::Kind::oid;
    });
    std::map<std::string, Oid> listed;
    Refs refs;
    if (needs_refs && !settings_.offline) {
      const git::RemoteRefs remote = transport_.list_refs(url_.fetch_text(), url_.printable());
      for (const git::Ref& ref : remote.refs) listed.emplace(ref.name, ref.oid);
      refs.head_branch = remote.head_branch;
      remember(listed, remote.head_branch);
    } else if (needs_refs) {
      recall(listed, refs.head_branch);
    }
    refs.find = [&listed](const std::string& name) -> std::optional<Oid> {
      const auto found = listed.find(name);
      if (found == listed.end()) return std::nullopt;
      return found->second;
    };
    refs.names = [&listed] {
      std::vector<std::string> names;
      for (const auto& [name, oid] : listed) {
        if (name.starts_with("refs/heads/") || name.starts_with("refs/tags/")) names.push_back(short_name(name));
      }
      return names;
    };
    std::map<Target*, Oid> wanted;
    for (Target* target : targets) {
      if (!divide(refs, *target)) continue;
      // Whether a tag and a branch of one name agree needs their commits; before they are fetched, two ids that
      // differ may still be an annotated tag and its commit, so both are asked for.
      const auto peel = [&](const Oid& oid) { return peel_remote(oid); };
      if (const auto object = find_rev(refs, *target, peel)) wanted.emplace(target, *object);
    }
    return wanted;
  }

  std::optional<Oid> peel_remote(const Oid& oid) {
    auto repository = git::open_repository(entry_, settings_.environment);
    if (auto commit = repository->find_commit(oid)) return commit;
    if (settings_.offline) return std::nullopt;
    transport_.fetch(entry_, url_.fetch_text(), url_.printable(), {.refspecs = {oid.hex()}, .filter = "tree:0"});
    return git::open_repository(entry_, settings_.environment)->find_commit(oid);
  }

  /// Fetches the commits that the cache lacks, with the trees on the way to the paths.
  void fetch_commits(const std::map<Target*, Oid>& wanted) {
    const auto repository = git::open_repository(entry_, settings_.environment);
    std::set<Oid> objects;
    std::size_t depth = 1;
    for (const auto& [target, object] : wanted) {
      if (repository->find_commit(object)) continue;
      objects.insert(object);
      const auto slashes = std::count(target->source.path.begin(), target->source.path.end(), '/');
      depth = std::max(depth, static_cast<std::size_t>(slashes) + 1);
    }
    constexpr std::size_t deepest = 16;
    const std::string trees = "combine:tree:" + std::to_string(std::min(depth, deepest)) + "+blob:none";
    while (!objects.empty()) {
      try {
        fetch_filtered(objects, {trees, "blob:none", ""}, true);
        return;
      } catch (const git::TransportError& error) {
        // One id that the server does not have fails the whole command; the others deserve their answer.
        const auto missing = Oid::parse(error.missing());
        if (error.failure() != git::TransportFailure::missing_object || !missing || objects.erase(*missing) == 0) throw;
        for (const auto& [target, object] : wanted) {
          if (object == *missing) target->fail(Verdict::missing_rev, "no commit '" + missing->hex() + "'");
        }
      }
    }
  }

  void fetch_objects(const std::map<Target*, Oid>& lacking) {
    std::set<Oid> objects;
    for (const auto& [target, object] : lacking) objects.insert(object);
    fetch_filtered(objects, {"blob:none", ""}, false);
  }

  /// Tries one filter after the other: a server may refuse any of them.
  void fetch_filtered(const std::set<Oid>& objects, const std::vector<std::string>& filters, bool shallow) {
    git::Transport::Fetch fetch{.refspecs = {}, .filter = {}, .shallow = shallow};
    for (const Oid& object : objects) fetch.refspecs.push_back(object.hex());
    for (const std::string& filter : filters) {
      fetch.filter = filter;
      try {
        transport_.fetch(entry_, url_.fetch_text(), url_.printable(), fetch);
        return;
      } catch (const git::TransportError& error) {
        const bool refused = error.why().find("filter") != std::string::npos;
        if (!refused || &filter == &filters.back()) throw;
      }
    }
  }

  /// The refs as they were last seen: they prove nothing but to `--offline`.
  void remember(const std::map<std::string, Oid>& refs, const std::optional<std::string>& head_branch) const {
    std::string text = "# pack-refs with: sorted \n";
    for (const auto& [name, oid] : refs) {
      if (name.starts_with("refs/")) text += oid.hex() + " " + name + "\n";
    }
    if (const auto head = refs.find("HEAD"); head != refs.end()) {
      text = "# HEAD " + head->second.hex() + " " + head_branch.value_or("") + "\n" + text;
    }
    const fs::path file = entry_ / "source-refs";
    if (load_file(file, std::size_t{1} << 30) != text) AtomicFile(file, text).commit();
  }

  void recall(std::map<std::string, Oid>& refs, std::optional<std::string>& head_branch) const {
    const auto text = load_file(entry_ / "source-refs", std::size_t{1} << 30);
    if (!text) {
      throw git::TransportError(git::TransportFailure::unreachable, "cannot read '" + url_.printable() + "'",
                                "it is not in the cache", "run the command without --offline");
    }
    for (const std::string_view line : split(*text, '\n')) {
      const auto words = split(line, ' ');
      if (words.size() >= 3 && words[0] == "#" && words[1] == "HEAD") {
        if (const auto oid = Oid::parse(words[2])) refs.insert_or_assign("HEAD", *oid);
        if (words.size() == 4 && !words[3].empty()) head_branch = std::string(words[3]);
      } else if (words.size() == 2) {
        if (const auto oid = Oid::parse(words[0])) refs.insert_or_assign(std::string(words[1]), *oid);
      }
    }
  }

  const RepoUrl& url_;
  std::string rewritten_;
  const Settings& settings_;
  Cache cache_;
  std::string key_;
  git::Transport transport_;
  fs::path entry_;
};

void fail_all(const std::vector<Target*>& targets, Verdict verdict, const Error& error) {
  for (Target* target : targets) {
    if (!target->failed()) target->fail(verdict, error.what(), error.hint());
  }
}

/// Returns the directory that `rewritten`, an address after insteadOf, names; nothing if it is none.
std::optional<std::string> directory_of(const std::string& rewritten) {
  if (rewritten.starts_with("/")) return rewritten;
  if (!rewritten.starts_with("file://")) return std::nullopt;
  try {
    return RepoUrl::parse(rewritten).local_path();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

void read_repository(git::Repository& repository, const std::vector<Target*>& targets) {
  const Refs refs = refs_of(repository);
  const auto peel = [&](const Oid& oid) { return repository.find_commit(oid); };
  for (Target* target : targets) {
    if (!divide(refs, *target)) continue;
    const auto object = find_rev(refs, *target, peel);
    if (!object) continue;
    if (const auto missing = answer_at(repository, *object, *target)) {
      target->fail(Verdict::unreachable, "the repository lacks object " + missing->hex(),
                   "it is a partial clone; fetch the object there");
    }
  }
}

void read_source(const RepoUrl& url, const std::vector<Target*>& targets, const Settings& settings) {
  if (const auto why = why_forbidden(url, settings.url_policy)) {
    for (Target* target : targets)
      target->fail(Verdict::forbidden, "'" + url.printable() + "' may not be used: " + *why);
    return;
  }
  const std::string rewritten = git::rewrite_url(url.fetch_text(), settings.config);
  try {
    const auto directory = directory_of(rewritten);
    if (!directory) {
      RemoteSource(url, rewritten, settings).answer(targets);
      return;
    }
    const auto git_dir = git::find_git_dir(*directory);
    if (!git_dir) {
      for (Target* target : targets) {
        target->fail(Verdict::missing_repo, "no repository at '" + url.printable() + "'",
                     "or this account may not see it");
      }
      return;
    }
    if (git::is_foreign(*git_dir, settings.environment)) {
      for (Target* target : targets) {
        target->fail(Verdict::auth_required, "'" + url.printable() + "' belongs to another user",
                     "git config --global --add safe.directory " + *directory);
      }
      return;
    }
    read_repository(*git::open_repository(*git_dir, settings.environment), targets);
  } catch (const git::TransportError& error) {
    fail_all(targets, verdict_of(error.failure()), error);
  } catch (const Error& error) {
    // A repository that cannot be read is an answer about its links; a full disk is not.
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::not_found) throw;
    fail_all(targets, Verdict::unreachable, error);
  }
}

}  // namespace mlem::resolve
