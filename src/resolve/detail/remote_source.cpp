// Reading a source through the cache.
//
// It costs at most three git network commands: the refs (only if a rev is a name), the commits with the trees on the
// way to the paths (`combine:tree:<depth>+blob:none`), and the metafiles by id. Each is followed by a look at the cache
// with the code that reads local repositories, which tells what is still lacking. A server that does not allow one of
// these is asked for more at once, down to all its branches and tags.

#include "resolve/detail/remote_source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/transport.hpp"
#include "resolve/detail/answer.hpp"
#include "resolve/detail/rev_lookup.hpp"

#include "source/cache.hpp"
#include "source/cache_entry.hpp"
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <utility>

namespace mlem::resolve::detail {
namespace {

constexpr std::size_t max_refs_file = std::size_t{1} << 30;

class RemoteSource {
 public:
  RemoteSource(const RepoUrl& url, const std::string& rewritten, const source::Settings& settings)
      : url_(url),
        settings_(settings),
        cache_(settings.cache_directory, settings.cache_fallback),
        key_(source::Cache::key(url.normalized(), rewritten)),
        transport_(settings.environment, {.idle = settings.timeout,
                                          .deadline = settings.deadline,
                                          .max_growth = settings.max_fetch,
                                          .interactive = settings.interactive,
                                          .interrupt = settings.interrupt,
                                          .notice = [this](const std::string& text) { notice(text); }}) {
    if (cache_.is_fallback()) notice("using the cache in '" + cache_.directory().string() + "'");
  }

  void answer(const std::vector<Target*>& targets) {
    std::vector<Target> asked;
    for (const Target* target : targets) asked.push_back(*target);
    const auto ask = [&] {
      for (std::size_t i = 0; i < targets.size(); ++i) *targets[i] = asked[i];
      answer_from_entry(targets);
    };
    use_entry(cache_, key_, url_, settings_, [&] {
      try {
        ask();
      } catch (const git::TransportError& error) {
        if (asks_for_format_ || error.why().find("mismatched algorithms") == std::string::npos) throw;
        asks_for_format_ = true;
        ask();
      }
    });
  }

 private:
  using Wanted = std::map<Target*, Oid>;

  void notice(const std::string& text) const { source::notice(settings_, url_, text); }

  void answer_from_entry(const std::vector<Target*>& targets) {
    all_is_here_ = false;
    find_refs(targets);
    is_new_ = cache_.find(key_).empty();
    entry_ = cache_.open(key_, object_format(targets));
    const Wanted wanted = find_revs(targets);
    if (!settings_.offline) {
      fetch_commits(wanted);
      find_lost(wanted);
    }
    Wanted open = wanted;
    // First the metafiles; then, for a path deeper than was asked for, its trees and at last its metafile.
    constexpr int most_rounds = 4;
    for (int round = 0;; ++round) {
      std::map<Target*, std::vector<Oid>> lacking = look(open);
      if (lacking.empty()) return;
      if (settings_.offline || all_is_here_ || round == most_rounds) {
        for (const auto& [target, objects] : lacking) fail_lacking(*target, objects.front());
        return;
      }
      fetch_objects(lacking, wanted);
      std::erase_if(open, [&](const auto& item) { return !lacking.contains(item.first); });
    }
  }

  void fail_lacking(Target& target, const Oid& object) const {
    if (settings_.offline) {
      target.fail(Verdict::unreachable, "the cache lacks object " + object.hex(), "run the command without --offline");
      return;
    }
    if (!is_new_) throw source::BrokenEntry{"object " + object.hex() + " cannot be read there"};
    target.fail(Verdict::unreachable, "the server did not send object " + object.hex());
  }

  /// Looks for commits that are lacking though no fetch failed. A pack that lost its end is not written again: git
  /// takes a file of the same name for the same.
  void find_lost(const Wanted& wanted) const {
    const auto repository = open_entry();
    for (const auto& [target, object] : wanted) {
      if (target->failed() || repository->find_commit(object) || is_here(*repository, object)) continue;
      // What is in none of all branches and tags does not exist.
      if (!is_new_ || !all_is_here_) fail_lacking(*target, object);
    }
  }

  /// Returns whether there is an object of any type.
  static bool is_here(git::Repository& repository, const Oid& object) {
    try {
      return repository.find_blob(object, 0).has_value();
    } catch (const Error&) {
      return true;  // it is too large, or no blob
    }
  }

  /// Answers what can be; returns what is lacking for the others.
  std::map<Target*, std::vector<Oid>> look(const Wanted& wanted) const {
    std::map<Target*, std::vector<Oid>> lacking;
    const auto repository = open_entry();
    for (const auto& [target, object] : wanted) {
      if (target->failed()) continue;
      if (settings_.offline && !repository->find_commit(object)) {
        lacking[target] = {object};
      } else if (auto objects = answer_at(*repository, object, *target, settings_); !objects.empty()) {
        lacking.emplace(target, std::move(objects));
      }
    }
    return lacking;
  }

  std::unique_ptr<git::Repository> open_entry() const { return git::open_repository(entry_, settings_.environment); }

  /// Asks for the refs if a rev is a name, or if ids alone do not tell the object format of the source.
  void find_refs(const std::vector<Target*>& targets) {
    refs_.clear();
    head_branch_.reset();
    std::set<std::string> formats;
    if (const std::string known = cache_.object_format(key_); !known.empty()) formats.insert(known);
    bool needs_refs = asks_for_format_;
    for (const Target* target : targets) {
      if (!target->source.undivided.empty() || target->source.rev->kind() != Rev::Kind::oid)
        needs_refs = true;
      else
        formats.insert(format_of(*target->source.rev->oid()));
    }
    if (!needs_refs && (formats.size() < 2 || settings_.offline)) return;
    if (settings_.offline) {
      recall(targets);
      return;
    }
    const git::RemoteRefs remote = transport_.list_refs(url_.fetch_text(), url_.printable());
    for (const git::Ref& ref : remote.refs) refs_.emplace(ref.name, ref.oid);
    head_branch_ = remote.head_branch;
  }

  static std::string format_of(const Oid& oid) {
    constexpr std::size_t sha256_size = 32;
    return oid.bytes().size() == sha256_size ? "sha256" : "sha1";
  }

  /// The entry's, that is the source's: told by the ids it lists, or by those that were fetched or are asked for.
  std::string object_format(const std::vector<Target*>& targets) const {
    if (!refs_.empty()) return format_of(refs_.begin()->second);
    if (std::string known = cache_.object_format(key_); !known.empty()) return known;
    const auto& rev = targets.front()->source.rev;
    return rev && rev->kind() == Rev::Kind::oid ? format_of(*rev->oid()) : "sha1";
  }

  /// Answers for ids that are none in this source: to ask for them would fail the others.
  bool has_other_format(Target& target) const {
    const Rev& rev = *target.source.rev;
    if (refs_.empty() || rev.kind() != Rev::Kind::oid) return false;
    const Oid& own = refs_.begin()->second;
    if (format_of(*rev.oid()) == format_of(own)) return false;
    target.rev = rev.text();
    target.fail(Verdict::missing_rev, "no commit '" + rev.text() + "'",
                "the source has ids of " + std::to_string(own.hex().size()) + " digits");
    return true;
  }

  /// Finds the object that each rev names.
  Wanted find_revs(const std::vector<Target*>& targets) {
    if (!refs_.empty() && !settings_.offline) remember();
    Refs refs{.find = [this](const std::string& name) -> std::optional<Oid> {
                const auto found = refs_.find(name);
                if (found == refs_.end()) return std::nullopt;
                return found->second;
              },
              .names =
                  [this] {
                    std::vector<std::string> names;
                    for (const auto& [name, oid] : refs_) {
                      if (name.starts_with("refs/heads/") || name.starts_with("refs/tags/")) {
                        names.push_back(short_name(name));
                      }
                    }
                    return names;
                  },
              .head_branch = head_branch_};
    std::vector<Target*> divided;
    for (Target* target : targets) {
      if (divide(refs, *target) && !has_other_format(*target)) divided.push_back(target);
    }
    if (!settings_.offline) fetch_ambiguous(refs, divided);
    const auto repository = open_entry();
    Wanted wanted;
    for (Target* target : divided) {
      const auto object = find_rev(refs, *target, [&](const Oid& oid) { return repository->find_commit(oid); });
      if (object) wanted.emplace(target, *object);
    }
    return wanted;
  }

  /// Fetches the ids that a tag and a branch of one name have: if they differ, one may still be an annotated tag and
  /// the other its commit.
  void fetch_ambiguous(Refs refs, const std::vector<Target*>& targets) const {
    refs.names = [] { return std::vector<std::string>(); };  // no hints are wanted
    std::set<Oid> objects;
    const auto repository = open_entry();
    for (const Target* target : targets) {
      Target attempt = *target;
      find_rev(refs, attempt, [&](const Oid& oid) -> std::optional<Oid> {
        if (!repository->find_commit(oid)) objects.insert(oid);
        return std::nullopt;  // as if they were the same, to be asked for all
      });
    }
    if (objects.empty()) return;
    fetch_filtered(objects, {"tree:0", "blob:none", ""}, true);
    const auto fetched = open_entry();
    for (const Oid& object : objects) {
      if (!is_new_ && !is_here(*fetched, object))
        throw source::BrokenEntry{"object " + object.hex() + " cannot be read there"};
    }
  }

  void fetch(const git::Transport::Fetch& what) const {
    transport_.fetch(entry_, url_.fetch_text(), url_.printable(), what);
  }

  /// Fetches the commits that the cache lacks, with the trees on the way to the paths.
  void fetch_commits(const Wanted& wanted) {
    const auto repository = open_entry();
    std::set<Oid> objects;
    std::size_t depth = 1;
    for (const auto& [target, object] : wanted) {
      if (!settings_.fresh && repository->find_commit(object)) continue;
      objects.insert(object);
      const auto slashes = std::count(target->source.path.begin(), target->source.path.end(), '/');
      depth = std::max(depth, static_cast<std::size_t>(slashes) + 1);
    }
    constexpr std::size_t deepest = 16;
    constexpr int most_missing = 16;
    const std::string trees = "combine:tree:" + std::to_string(std::min(depth, deepest)) + "+blob:none";
    for (int missing_count = 0; !objects.empty(); ++missing_count) {
      try {
        fetch_filtered(objects, {trees, "blob:none", ""}, true);
        return;
      } catch (const git::TransportError& error) {
        if (error.failure() == git::TransportFailure::not_allowed) {
          fetch_all();
          return;
        }
        // One id that the server does not have fails the whole command; the others deserve their answer.
        const auto missing = Oid::parse(error.missing());
        if (error.failure() != git::TransportFailure::missing_object || !missing || objects.erase(*missing) == 0) throw;
        const bool is_last = missing_count + 1 == most_missing;
        for (const auto& [target, object] : wanted) {
          if (object == *missing) {
            target->fail(Verdict::missing_rev, "no commit '" + missing->hex() + "'");
          } else if (is_last && objects.contains(object)) {
            target->fail(Verdict::unreachable, "the source was not asked for more commits, for it lacks too many");
          }
        }
        if (is_last) return;
      }
    }
  }

  void fetch_objects(const std::map<Target*, std::vector<Oid>>& lacking, const Wanted& wanted) {
    std::set<Oid> objects;
    for (const auto& [target, ids] : lacking) objects.insert(ids.begin(), ids.end());
    try {
      fetch_filtered(objects, {"blob:none", ""}, false);
      return;
    } catch (const git::TransportError& error) {
      // A server may hand out what its refs name and nothing else by id.
      if (error.failure() != git::TransportFailure::not_allowed &&
          error.failure() != git::TransportFailure::missing_object) {
        throw;
      }
    }
    notice("it gives no single objects; fetching whole commits");
    std::set<Oid> commits;
    for (const auto& [target, ids] : lacking) commits.insert(wanted.at(target));
    try {
      git::Transport::Fetch whole{.refspecs = {}, .filter = {}, .refetch = true};
      for (const Oid& commit : commits) whole.refspecs.push_back(commit.hex());
      fetch(whole);
    } catch (const git::TransportError& error) {
      if (error.failure() != git::TransportFailure::not_allowed) throw;
      fetch_all();
    }
  }

  /// Tries one filter after the other: a server may refuse any of them.
  void fetch_filtered(const std::set<Oid>& objects, const std::vector<std::string>& filters, bool shallow) const {
    git::Transport::Fetch what{.refspecs = {}, .filter = {}, .shallow = shallow, .refetch = shallow && settings_.fresh};
    for (const Oid& object : objects) what.refspecs.push_back(object.hex());
    source::fetch_filtered(transport_, entry_, url_, settings_, std::move(what), filters);
  }

  /// The last resort: everything that has a name.
  void fetch_all() {
    notice("it gives no commits by id; fetching all branches and tags");
    fetch({.refspecs = {"+refs/heads/*:refs/source/heads/*", "+refs/tags/*:refs/source/tags/*"},
           .filter = {},
           .shallow = false,
           .prune = true,
           .refetch = true});
    all_is_here_ = true;
  }

  fs::path refs_file() const { return cache_.directory() / key_ / "source-refs"; }

  /// The refs as they were last seen: they prove nothing but to `--offline`.
  void remember() const {
    std::string text = "HEAD " + head_branch_.value_or("") + "\n";
    for (const auto& [name, oid] : refs_) text += oid.hex() + " " + name + "\n";
    const fs::path file = refs_file();
    if (load_file(file, max_refs_file) != text) {
      AtomicFile(file, text).commit();
      return;
    }
    boost::system::error_code ignored;  // then the proof looks older than it is
    fs::last_write_time(file, std::time(nullptr), ignored);
  }

  void recall(const std::vector<Target*>& targets) {
    const auto text = load_file(refs_file(), max_refs_file);
    boost::system::error_code failure;  // the cache may be deleted at any time
    const std::time_t seen = fs::last_write_time(refs_file(), failure);
    if (!text || failure)
      throw source::unreachable(url_, "it is not in the cache", "run the command without --offline");
    for (Target* target : targets) target->proof_time = seen;
    for (const std::string_view line : split(*text, '\n')) {
      const std::size_t blank = line.find(' ');
      if (blank == std::string_view::npos) continue;
      const std::string name(line.substr(blank + 1));
      if (line.starts_with("HEAD ")) {
        if (!name.empty()) head_branch_ = name;
      } else if (const auto oid = Oid::parse(line.substr(0, blank))) {
        refs_.insert_or_assign(name, *oid);
      }
    }
  }

  const RepoUrl& url_;
  const source::Settings& settings_;
  source::Cache cache_;
  std::string key_;
  git::Transport transport_;
  fs::path entry_;
  std::map<std::string, Oid> refs_;  ///< by full name, `HEAD` among them, unpeeled
  std::optional<std::string> head_branch_;
  bool asks_for_format_ = false;  ///< it is not that of the ids
  bool is_new_ = false;           ///< all that the entry has was fetched in this run
  bool all_is_here_ = false;      ///< there is nothing more to ask for
};

}  // namespace

void read_remote(const RepoUrl& url, const std::string& rewritten, const std::vector<Target*>& targets,
                 const source::Settings& settings) {
  RemoteSource(url, rewritten, settings).answer(targets);
}

}  // namespace mlem::resolve::detail
