// Reading a source through the cache.
//
// It costs at most three git network commands: the refs (only if a rev is a name), the commits with the trees on the
// way to the paths (`combine:tree:<depth>+blob:none`), and the metafiles by id. After each, the reader looks at the
// cache with the code that reads repositories of this machine, which tells what is still lacking. A server that does
// not allow one of these is asked for more at once, down to all its branches and tags.

#include "source/detail/remote_conversation.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/transport.hpp"
#include "source/cache.hpp"
#include "source/cache_entry.hpp"
#include "source/detail/entry_refs.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

namespace mlem::source::detail {
namespace {

constexpr std::size_t max_refs_file = std::size_t{1} << 30;
constexpr const char* hint_offline = "run the command without --offline";

std::string format_of(const Oid& oid) {
  constexpr std::size_t sha256_size = 32;
  return oid.bytes().size() == sha256_size ? "sha256" : "sha1";
}

class RemoteConversation final : public Conversation {
 public:
  RemoteConversation(const RepoUrl& url, const Place& place, const Settings& settings, const Cache& cache,
                     std::string key, const git::Transport& transport)
      : url_(url), place_(place), settings_(settings), cache_(cache), key_(std::move(key)), transport_(transport) {
    is_new_ = cache_.find(key_).empty();
  }

  const Refs& refs() override {
    if (!refs_) list_refs();
    return *refs_;
  }

  std::map<Oid, Refusal> need_commits(const std::set<Oid>& objects, std::size_t depth) override {
    std::map<Oid, Refusal> lacks;
    const std::set<Oid> asked = of_own_format(objects, lacks);
    if (asked.empty()) return lacks;
    require_entry(*asked.begin());
    std::set<Oid> wanted;
    for (const Oid& object : asked) {
      if ((settings_.fresh && !settings_.offline) || !repository().find_commit(object)) wanted.insert(object);
    }
    if (settings_.offline) {
      for (const Oid& object : wanted) lacks.emplace(object, lack_of(object));
      return lacks;
    }
    if (wanted.empty()) {
      renew_proof();
      return lacks;
    }
    fetch_commits(wanted, depth, lacks);
    // A pack that lost its end is not written again: git takes a file of the same name for the same.
    for (const Oid& object : wanted) {
      if (lacks.contains(object) || repository().find_commit(object) || is_here(object)) continue;
      // What is in none of all branches and tags does not exist.
      if (!is_new_ || !all_is_here_) lacks.emplace(object, lack_of(object));
    }
    return lacks;
  }

  std::map<Oid, Refusal> need_objects(const std::map<Oid, Oid>& commits_by_object) override {
    if (!settings_.offline && !all_is_here_) {
      fetch_most(commits_by_object);
    }
    std::map<Oid, Refusal> lacks;
    for (const auto& [object, commit] : commits_by_object) {
      if (!is_here(object)) lacks.emplace(object, lack_of(object));
    }
    return lacks;
  }

  void need_small_files(const std::set<Oid>& commits, std::size_t size) override {
    if (settings_.offline || all_is_here_ || place_.is_bundle) return;
    // The filter is git's, and so is the limit: less than so many bytes.
    const std::string filter = "blob:limit=" + std::to_string(size);
    std::string known = load_file(small_files_file(), max_refs_file).value_or("");
    git::Transport::Fetch what{.refspecs = {}, .filter = filter, .shallow = true, .refetch = true};
    for (const Oid& commit : commits) {
      const std::string line = commit.hex() + " " + std::to_string(size) + "\n";
      if (known.find(line) != std::string::npos) continue;
      what.refspecs.push_back(commit.hex());
      known += line;
    }
    if (what.refspecs.empty()) return;
    try {
      fetch(what);
    } catch (const git::TransportError& error) {
      // Who has no filters has sent everything, and who gives no commits by id all branches and tags.
      if (error.failure() != git::TransportFailure::refused_filter &&
          error.failure() != git::TransportFailure::not_allowed) {
        throw;
      }
      return;
    }
    AtomicFile(small_files_file(), known).commit();
  }

  git::Repository& repository() override {
    if (!repository_) {
      if (entry_.empty()) entry_ = cache_.open(key_, object_format({}));
      repository_ = git::open_repository(entry_, settings_.access.environment, git::Reading::here);
      repository_->set_deadline(settings_.budget.deadline);
      if (settings_.observer.recording != nullptr) settings_.observer.recording->watch(url_, *repository_);
    }
    return *repository_;
  }

  const fs::path& git_dir() override {
    repository();
    return entry_;
  }
  bool is_cached() const override { return true; }
  Proof proof() const override {
    return {is_heard_ ? 0 : proof_time_.value_or(time_of(seen_file(kept_entry()))), doubt_};
  }

 private:
  void notice(const std::string& text) const { source::notice(settings_, url_, text); }

  /// Returns why an object that cannot be read is lacking. Throws BrokenEntry if the entry may have lost it.
  Refusal lack_of(const Oid& object) const {
    if (settings_.offline) return {Verdict::unreachable, "the cache lacks object " + object.hex(), hint_offline};
    if (!is_new_) throw BrokenEntry{"object " + object.hex() + " cannot be read there"};
    return {Verdict::unreachable, "the server did not send object " + object.hex(), {}};
  }

  /// Returns whether there is an object of any type.
  bool is_here(const Oid& object) {
    try {
      return repository().find_blob(object, 0).has_value();
    } catch (const Error&) {
      return true;  // it is too large, or not a blob
    }
  }

  /// Opens the entry. `asked` is an id that is asked for, and tells the object format if nothing else does.
  void require_entry(const Oid& asked) {
    if (entry_.empty()) entry_ = cache_.open(key_, object_format(asked));
  }

  /// The entry's object format, which is the source's: told by the ids it lists, or by those that were fetched or are
  /// asked for.
  std::string object_format(const std::optional<Oid>& asked) const {
    if (!listed_.oids.empty()) return format_of(listed_.oids.begin()->second);
    if (std::string known = cache_.object_format(key_); !known.empty()) return known;
    return asked ? format_of(*asked) : "sha1";
  }

  /// Returns those of `objects` that can be ids of this source; to ask for the others would fail all.
  std::set<Oid> of_own_format(const std::set<Oid>& objects, std::map<Oid, Refusal>& lacks) {
    std::set<std::string> formats;
    if (const std::string known = cache_.object_format(key_); !known.empty()) formats.insert(known);
    for (const Oid& object : objects) formats.insert(format_of(object));
    if (formats.size() > 1 && !settings_.offline) refs();
    if (listed_.oids.empty()) return objects;
    const Oid& own = listed_.oids.begin()->second;
    std::set<Oid> same;
    for (const Oid& object : objects) {
      if (format_of(object) == format_of(own)) {
        same.insert(object);
        continue;
      }
      lacks.emplace(object, Refusal{Verdict::missing_rev, "no commit '" + object.hex() + "'",
                                    "the source has ids of " + std::to_string(own.hex().size()) + " digits"});
    }
    return same;
  }

  void list_refs() {
    listed_ = {};
    if (settings_.offline) {
      recall();
    } else {
      git::RemoteRefs remote = transport_.list_refs(place_.address, url_.printable());
      for (const git::Ref& ref : remote.refs) listed_.oids.emplace(ref.name, ref.oid);
      listed_.head_branch = std::move(remote.head_branch);
      if (entry_.empty()) entry_ = cache_.open(key_, object_format({}));
      if (!listed_.oids.empty()) remember();
      note_as_heard();
    }
    if (settings_.observer.recording != nullptr) settings_.observer.recording->note_refs(url_, listed_);
    refs_ = Refs{.find = [this](const std::string& name) -> std::optional<Oid> {
                   const auto found = listed_.oids.find(name);
                   return found == listed_.oids.end() ? std::nullopt : std::optional(found->second);
                 },
                 .names =
                     [this] {
                       std::vector<std::string> names;
                       for (const auto& [name, oid] : listed_.oids) {
                         if (name.starts_with("refs/heads/") || name.starts_with("refs/tags/")) {
                           names.push_back(short_name(name));
                         }
                       }
                       return names;
                     },
                 .head_branch = listed_.head_branch};
  }

  void fetch(const git::Transport::Fetch& what) {
    repository_.reset();  // it does not see what is fetched
    source::fetch(transport_, entry_, place_.address, url_, what);
    note_as_heard();
  }

  /// Tries one filter after the other: a server may refuse any of them.
  void fetch_filtered(const std::set<Oid>& objects, const std::vector<std::string>& filters, bool shallow) {
    git::Transport::Fetch what{.refspecs = {}, .filter = {}, .shallow = shallow, .refetch = shallow && settings_.fresh};
    for (const Oid& object : objects) what.refspecs.push_back(object.hex());
    repository_.reset();
    source::fetch_filtered(transport_, entry_, place_.address, url_, settings_, std::move(what), filters);
    note_as_heard();
  }

  void fetch_commits(std::set<Oid> objects, std::size_t depth, std::map<Oid, Refusal>& lacks) {
    constexpr std::size_t deepest = 16;
    constexpr int most_missing = 16;
    // A bundle has no filters and no ends of history but its own.
    if (place_.is_bundle) {
      fetch_all();
      return;
    }
    const std::string trees =
        depth == 0 ? "tree:0" : "combine:tree:" + std::to_string(std::min(depth, deepest)) + "+blob:none";
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
        lacks.emplace(*missing, Refusal{Verdict::missing_rev, "no commit '" + missing->hex() + "'", {}});
        if (missing_count + 1 < most_missing) continue;
        for (const Oid& object : objects) {
          lacks.emplace(
              object,
              Refusal{Verdict::unreachable, "the source was not asked for more commits, for it lacks too many", {}});
        }
        return;
      } catch (const SuspectEntry&) {
        if (!takes_other_format(objects, lacks)) throw;
      }
    }
  }

  /// Has the source tell its object format, after a fetch by ids alone failed for a reason that is not known: the ids
  /// may be of the other one. Returns whether it was not the entry's, which takes it then. A source that cannot even
  /// list its refs is what failed, and throws.
  bool takes_other_format(std::set<Oid>& objects, std::map<Oid, Refusal>& lacks) {
    if (refs_) return false;
    const std::string expected = cache_.object_format(key_);
    list_refs();
    const std::string own = object_format({});
    if (own == expected) return false;
    objects = of_own_format(objects, lacks);
    entry_ = cache_.open(key_, own);
    return true;
  }

  void fetch_objects(const std::map<Oid, Oid>& commits_by_object) {
    std::set<Oid> objects;
    std::set<Oid> commits;
    for (const auto& [object, commit] : commits_by_object) {
      objects.insert(object);
      commits.insert(commit);
    }
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
    try {
      git::Transport::Fetch whole{.refspecs = {}, .filter = {}, .refetch = true};
      for (const Oid& commit : commits) whole.refspecs.push_back(commit.hex());
      fetch(whole);
    } catch (const git::TransportError& error) {
      if (error.failure() != git::TransportFailure::not_allowed) throw;
      fetch_all();
    }
  }

  /// Fetches objects, and once more what a server left out of its answer: a blob that was asked for, where a tree that
  /// was asked for too has it and the filter is for blobs.
  void fetch_most(const std::map<Oid, Oid>& commits_by_object) {
    const auto left_out = [&] {
      std::map<Oid, Oid> objects;
      for (const auto& [object, commit] : commits_by_object) {
        if (!is_here(object)) objects.emplace(object, commit);
      }
      return objects;
    };
    try {
      fetch_objects(commits_by_object);
    } catch (const git::TransportError& error) {
      // git minds that not all came, and keeps what did.
      if (error.failure() != git::TransportFailure::broken_repository) throw;
      repository_.reset();
      if (const std::size_t count = left_out().size(); count == 0 || count == commits_by_object.size()) throw;
    }
    const std::map<Oid, Oid> rest = left_out();
    if (!rest.empty() && rest.size() < commits_by_object.size() && !all_is_here_) fetch_objects(rest);
  }

  /// The last resort: everything that has a name.
  void fetch_all() {
    if (!place_.is_bundle) notice("it gives no commits by id; fetching all branches and tags");
    fetch({.refspecs = {"+refs/heads/*:refs/source/heads/*", "+refs/tags/*:refs/source/tags/*"},
           .filter = {},
           .shallow = false,
           .prune = true,
           .refetch = true});
    all_is_here_ = true;
    // What gives nothing at all may be no answer of git's, which listing tells.
    if (!refs_ && repository().refs("refs/source/").empty()) list_refs();
  }

  /// Asks the source whether it is still there, if what the cache has was proved too long ago. Throws
  /// git::TransportError if it is gone; whatever else it says leaves the answers as they are, and in doubt.
  void renew_proof() {
    if (is_heard_ || !settings_.proof_age) return;
    const std::int64_t seen = time_of(seen_file(kept_entry()));
    const std::int64_t age = std::time(nullptr) - seen;
    if (age >= 0 && age < settings_.proof_age->count()) return;
    try {
      list_refs();
    } catch (const git::TransportError& error) {
      // What is redirected is asked for once more by its other address.
      const bool is_moved = error.failure() == git::TransportFailure::redirected && !place_.address.ends_with(".git");
      if (error.failure() == git::TransportFailure::missing_repo || is_moved) throw;
      notice(std::string("it could not be asked whether it is still there: ") + error.what());
      doubt_ = "'" + url_.printable() + "' could not be asked whether it is still there; " +
               (seen == 0 ? "nor is it known when it last was" : "it was last seen " + format_time(seen));
    }
  }

  void note_as_heard() {
    if (is_heard_) return;
    is_heard_ = true;
    try {
      AtomicFile(seen_file(kept_entry()), {}).commit();
    } catch (const Error&) {
      // Then the proof looks older than it is.
    }
  }

  fs::path kept_entry() const { return cache_.directory() / key_; }
  /// The commits whose small files are here, each with what counts as small.
  fs::path small_files_file() const { return entry_ / "source-small-files"; }
  /// Returns when a file was written; 0 if it is not there: the cache may be deleted at any time.
  static std::int64_t time_of(const fs::path& file) {
    boost::system::error_code failure;
    const std::time_t time = fs::last_write_time(file, failure);
    return failure ? 0 : time;
  }

  /// Keeps the refs as they were last seen: they prove nothing but to `--offline`.
  void remember() const {
    const std::string text = refs_text(listed_);
    const fs::path file = refs_file(kept_entry());
    if (load_file(file, max_refs_file) != text) {
      AtomicFile(file, text).commit();
      return;
    }
    boost::system::error_code ignored;  // then the proof looks older than it is
    fs::last_write_time(file, std::time(nullptr), ignored);
  }

  /// Reads back what remember() kept.
  void recall() {
    auto refs = load_refs(kept_entry());
    if (!refs) throw unreachable(url_, "it is not in the cache", hint_offline);
    proof_time_ = time_of(refs_file(kept_entry()));
    listed_ = std::move(*refs);
  }

  const RepoUrl& url_;
  const Place& place_;
  const Settings& settings_;
  const Cache& cache_;
  std::string key_;
  const git::Transport& transport_;
  fs::path entry_;  ///< empty until it is known of which object format it is
  std::unique_ptr<git::Repository> repository_;
  ListedRefs listed_;
  std::optional<Refs> refs_;                ///< `listed_` for others; none: not listed yet
  std::optional<std::int64_t> proof_time_;  ///< of refs that were read back
  std::string doubt_;
  bool is_heard_ = false;     ///< the source answered in this conversation
  bool is_new_ = false;       ///< all that the entry has was fetched in this conversation
  bool all_is_here_ = false;  ///< there is nothing more to ask for
};

}  // namespace

void converse_remotely(const RepoUrl& url, const Place& place, const Settings& settings,
                       const std::function<void(Conversation&)>& use) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string key = Cache::key(url.normalized(), place.rewritten);
  const git::Transport transport = transport_to(url, settings);
  if (cache.is_fallback()) notice(settings, url, "using the cache in '" + cache.directory().string() + "'");
  use_entry(cache, key, url, settings, [&] {
    RemoteConversation conversation(url, place, settings, cache, key, transport);
    use(conversation);
  });
}

}  // namespace mlem::source::detail
