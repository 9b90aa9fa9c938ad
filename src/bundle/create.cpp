#include "bundle/create.hpp"

#include "artifact/collection.hpp"
#include "artifact/hash.hpp"
#include "artifact/object_files.hpp"
#include "artifact/partial_file.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/history.hpp"
#include "git/pack.hpp"
#include "git/refs.hpp"
#include "source/conversation.hpp"
#include "source/recording.hpp"

#include "bundle/earlier_bundles.hpp"
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

// What is in a bundle is found by doing what it is for. The links are judged and the files of their objects are found,
// while a recording notes every object of a source that this reads: whoever does the same without the source reads the
// same objects. Packs and files that are not in Git wait in a hidden directory until all is there, for the manifest,
// which is the first file of the archive, names them all; each is removed when it is in the archive.

namespace mlem::bundle {
namespace {

using artifact::ObjectAt;

/// An object that links lead to, and the first of them.
struct LinkedObject {
  ObjectAt object;
  Finding finding;
};

/// Writes a pack to a file, and tells what it is.
class PackFile {
 public:
  explicit PackFile(const fs::path& path) : file_(path), digest_(Digest::Algorithm::sha256) {}

  void take(std::string_view piece) {
    file_.write(piece);
    digest_.update(piece);
    size_ += piece.size();
  }
  Part finish() {
    file_.commit();
    return {digest_.finish(), size_};
  }

 private:
  AtomicFile file_;
  Digest digest_;
  std::uint64_t size_ = 0;
};

std::string sha256_of(const fs::path& path, const Interrupt* interrupt) {
  Digest digest(Digest::Algorithm::sha256);
  artifact::read_file(path, interrupt, [&](std::string_view piece) { digest.update(piece); });
  return digest.finish();
}

// More than anybody has: they may lead in a circle.
constexpr std::size_t most_imports = 100'000;

class Creation {
 public:
  Creation(const git::Registry& registry, const source::Settings& settings, const CreateRequest& request,
           const std::function<void(const Finding&)>& report)
      : registry_(registry),
        settings_(settings),
        request_(request),
        report_(report),
        output_(request.output == "-" ? request.output : fs::absolute(request.output)),
        scratch_(output_ == "-" ? fs::temp_directory_path() : output_.parent_path(), ".git-mlem-bundle-"),
        earlier_(request.since, scratch_.path(), settings.access.environment),
        collection_(settings_, output_ == "-" ? scratch_.path() : output_.parent_path(), output_.filename().string()) {
    settings_.observer.recording = &recording_;
  }

  CreateResult run() {
    require_whole_registry();
    note_registry();
    judge();
    if (result_.summary.broken + result_.summary.undecided > 0) return std::move(result_);
    if (!find_all() || !bring()) return std::move(result_);
    note_artifacts();
    pack_registry();
    write();
    collection_.be_done();
    result_.is_created = true;
    return std::move(result_);
  }

 private:
  void end_if_asked() const {
    const Interrupt* const interrupt = settings_.observer.interrupt;
    if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
  }

  Manifest& manifest() { return result_.manifest; }

  void require_whole_registry() const {
    boost::system::error_code ignored;
    if (!fs::exists(registry_.common_dir() / "shallow", ignored)) return;
    throw Error(ErrorKind::invalid, "cannot bundle a shallow clone", "the history of the registry is not all here",
                "'git fetch --unshallow' brings it");
  }

  /// Notes what of the registry comes along: the branch that is checked out, and the tags in its history.
  void note_registry() {
    const auto head = registry_.find_commit("HEAD");
    if (!head) throw Error(ErrorKind::not_found, "cannot make a bundle", "the registry has no commit yet");
    BundledRegistry& own = manifest().registry;
    own.object_format = registry_.object_format();
    own.commit = *head;
    own.time = registry_.objects().commit_time(*head);
    if (const auto branch = registry_.objects().head_branch(); branch && is_utf8(*branch)) {
      own.head = *branch;
      own.refs.emplace(*branch, *head);
    }
    for (const git::Ref& tag : git::list_tags_of(registry_, *head)) {
      if (is_utf8(tag.name)) own.refs.emplace(tag.name, tag.oid);
    }
  }

  void judge() {
    check::Scope scope;
    scope.kind = check::Scope::Kind::commit;
    scope.commit = manifest().registry.commit;
    scope.pathspecs = request_.links;
    check::settle_pathspecs(registry_, settings_, scope);
    result_.summary = check::judge(registry_, settings_, {scope}, [&](const Finding& finding) {
      if (finding.verdict != Verdict::ok) return report_(finding);
      note_link(finding);
    });
  }

  void note_link(const Finding& finding) {
    manifest().links.push_back({.link = finding.link,
                                .repo = finding.repo,
                                .rev = finding.rev,
                                .commit = finding.commit ? finding.commit->hex() : std::string(),
                                .path = finding.path});
    ObjectAt object = artifact::object_of(registry_, finding, [&] { return manifest().registry.commit; });
    if (!object.repo) keep_own_commit(object.commit, finding.ref);
    const std::string repo = object.repo ? object.repo->text() : std::string();
    const auto key = std::tuple(object.commit, object.path, object.blob);
    objects_[repo].try_emplace(key, LinkedObject{std::move(object), finding});
  }

  /// An object of the registry itself may be on another branch, which comes along then, or on none.
  void keep_own_commit(const Oid& commit, const std::string& ref) {
    BundledRegistry& own = manifest().registry;
    if (commit == own.commit || !kept_commits_.insert(commit).second) return;
    if (const auto tip = ref.empty() ? std::nullopt : registry_.objects().find_ref(ref); tip && is_utf8(ref)) {
      own.refs.emplace(ref, *tip);
      return;
    }
    const git::History history(registry_.git_dir(), settings_.access.environment, {}, settings_.observer.interrupt);
    if (!history.is_ancestor(commit, own.commit).value_or(false)) own.refs.emplace(commit_ref(commit), commit);
  }

  /// Finds the files of all objects, and packs what Git has of each source. Returns whether all can be had.
  bool find_all() {
    for (const auto& [repo, recorded] : recording_.sources()) note_url(repo, recorded.url);
    for (const auto& [repo, objects] : objects_) {
      note_url(repo, repo.empty() ? source::own_address(registry_) : *objects.begin()->second.object.repo);
    }
    std::map<std::string, std::vector<const ObjectAt*>> wanted;
    for (const auto& [repo, objects] : objects_) {
      for (const auto& [key, linked] : objects) wanted[repo].push_back(&linked.object);
    }
    // What DVC imports is of another source, and may be an import there.
    for (; !wanted.empty(); wanted = std::exchange(imported_, {})) {
      for (const auto& [repo, objects] : wanted) {
        if (!find_of(repo, objects)) return false;
      }
    }
    for (const auto& [repo, url] : urls_) {
      if (!pack(repo)) return false;
    }
    return true;
  }

  void note_url(const std::string& repo, const RepoUrl& url) {
    urls_.try_emplace(repo, url);
    BundledSource& bundled = sources_[repo];
    bundled.object_format = registry_.object_format();
    if (!repo.empty()) bundled.repo = url;
  }

  /// Calls `use` with a conversation. Returns why not, if it was not.
  template <typename Use>
  std::optional<source::Refusal> converse(const std::string& repo, const Use& use) {
    end_if_asked();
    if (!repo.empty()) return source::converse(urls_.at(repo), settings_, use);
    use(*source::converse_with_registry(registry_, settings_, {}));
    return std::nullopt;
  }

  bool find_of(const std::string& repo, const std::vector<const ObjectAt*>& objects) {
    artifact::FoundFiles found;
    const auto refusal = converse(repo, [&](source::Conversation& source) {
      found = collection_.find(source, urls_.at(repo), objects,
                               [&](const artifact::Place& place) { return earlier_.has(repo, place); });
    });
    if (refusal) found.refusal = *refusal;
    if (found.refusal) return refuse(repo, refusal ? nullptr : objects[found.object], *found.refusal);
    note_files(repo, found.files);
    for (ObjectAt& object : found.imports) {
      const std::string from = object.repo->text();
      note_url(from, *object.repo);
      if (++imports_ > most_imports) {
        return refuse(repo, nullptr, {Verdict::unreachable, "what DVC imports leads over too many repositories", {}});
      }
      imported_[from].push_back(&imported_objects_.emplace_back(std::move(object)));
    }
    return true;
  }

  /// Reports why there is no bundle: as a finding of a link to the object, or of the first one to its source. Returns
  /// false.
  bool refuse(const std::string& repo, const ObjectAt* object, const source::Refusal& refusal) {
    Finding finding;
    finding.repo = repo;
    for (const auto& [key, linked] : objects_[repo]) {
      if (object != nullptr && object != &linked.object) continue;
      finding = linked.finding;
      break;
    }
    finding.verdict = refusal.verdict;
    finding.message = refusal.message;
    finding.hint = refusal.hint;
    report_(finding);
    result_.summary.count(finding);
    return false;
  }

  /// Packs what was read of a source, and the files of its objects that Git has.
  bool pack(const std::string& repo) {
    BundledSource& bundled = sources_.at(repo);
    artifact::FoundFiles found;
    const auto refusal = converse(repo, [&](source::Conversation& source) {
      found = collection_.take_blobs(source, urls_.at(repo), [&](const fs::path& more, const std::vector<Oid>& blobs) {
        if (!repo.empty()) pack(bundled, source.git_dir(), more, blobs);
      });
    });
    if (refusal) found.refusal = *refusal;
    if (found.refusal) return refuse(repo, nullptr, *found.refusal);
    note_files(repo, found.files);
    return true;
  }

  void pack(BundledSource& bundled, const fs::path& git_dir, const fs::path& object_dir,
            const std::vector<Oid>& blobs) {
    const std::string& repo = bundled.repo->text();
    bundled.commits.clear();
    std::set<Oid> objects(blobs.begin(), blobs.end());
    if (const auto found = recording_.sources().find(repo); found != recording_.sources().end()) {
      const source::RecordedSource& recorded = found->second;
      objects.insert(recorded.objects.begin(), recorded.objects.end());
      for (const Oid& commit : recorded.commits) {
        if (!earlier_.has(repo, commit)) bundled.commits.push_back(commit);
      }
      if (recorded.refs) bundled.refs = useful_refs(recorded);
      if (bundled.refs && earlier_.has(repo, *bundled.refs)) bundled.refs.reset();
    }
    bundled.object_format = format_of(objects);
    std::erase_if(objects, [&](const Oid& object) { return earlier_.has(repo, object); });
    if (objects.empty()) return;
    PackFile file(pack_file(bundled));
    git::pack_objects(git_dir, settings_.access.environment, object_dir, {objects.begin(), objects.end()},
                      [&](std::string_view piece) {
                        end_if_asked();
                        file.take(piece);
                      });
    bundled.pack = file.finish();
  }

  static std::string format_of(const std::set<Oid>& objects) {
    constexpr std::size_t sha256_size = 32;
    return !objects.empty() && objects.begin()->bytes().size() == sha256_size ? "sha256" : "sha1";
  }

  /// Where the pack of a source waits.
  fs::path pack_file(const BundledSource& source) const { return scratch_.path() / sha256_hex(source.repo->text()); }

  /// The refs that links may name: others, of which a server may list many, only where they were followed.
  static source::ListedRefs useful_refs(const source::RecordedSource& source) {
    source::ListedRefs refs{.head_branch = source.refs->head_branch};
    for (const auto& [name, oid] : source.refs->oids) {
      const bool is_usual = name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
      if ((is_usual || source.objects.contains(oid)) && is_utf8(name)) refs.oids.emplace(name, oid);
    }
    return refs;
  }

  /// Notes the files that Git does not have. What they hash to is known when they are here.
  void note_files(const std::string& repo, const std::vector<artifact::CollectedFile>& files) {
    BundledSource& bundled = sources_.at(repo);
    for (const artifact::CollectedFile& file : files) {
      if (const auto* const large = std::get_if<artifact::LfsObject>(&file.place)) {
        bundled.lfs.push_back(large->pointer.oid);
      } else {
        const auto& tracked = std::get<artifact::DvcObject>(file.place);
        bundled.dvc.push_back({.md5 = tracked.md5, .layout = tracked.layout, .sha256 = file.name});
      }
    }
  }

  bool bring() {
    const auto refusal = collection_.bring();
    return !refusal || refuse(objects_.begin()->first, nullptr, *refusal);
  }

  /// Notes the files that are here now by their SHA-256, in its order.
  void note_artifacts() {
    std::map<std::string, std::string> known;  // of the name of a file
    std::map<std::string, Part> artifacts;
    const auto note = [&](const std::string& name, const std::string& sha256) {
      artifacts[sha256] = {sha256, fs::file_size(collection_.directory() / name)};
      artifact_files_[sha256] = collection_.directory() / name;
    };
    for (auto& [repo, source] : sources_) {
      for (const std::string& oid : source.lfs) note("sha256-" + oid, oid);
      for (BundledDvcFile& file : source.dvc) {
        std::string& sha256 = known[file.sha256];
        if (sha256.empty()) sha256 = sha256_of(collection_.directory() / file.sha256, settings_.observer.interrupt);
        note(file.sha256, sha256);
        file.sha256 = sha256;
      }
      sort_once(source.lfs, [](const std::string& oid) { return oid; });
      sort_once(source.dvc, [](const BundledDvcFile& file) { return std::pair(file.md5, file.layout); });
      const bool has_something = source.pack || source.refs || !source.lfs.empty() || !source.dvc.empty();
      if (has_something) manifest().sources.push_back(source);
    }
    for (auto& [sha256, part] : artifacts) manifest().artifacts.push_back(std::move(part));
  }

  template <typename Item, typename Key>
  static void sort_once(std::vector<Item>& items, const Key& key) {
    const auto less = [&](const Item& one, const Item& other) { return key(one) < key(other); };
    const auto same = [&](const Item& one, const Item& other) { return key(one) == key(other); };
    std::sort(items.begin(), items.end(), less);
    items.erase(std::unique(items.begin(), items.end(), same), items.end());
  }

  /// Leaves out what earlier bundles have, and packs what is left of the registry.
  void pack_registry() {
    manifest().since.assign(earlier_.ids().begin(), earlier_.ids().end());
    std::erase_if(manifest().links, [&](const BundledLink& link) { return earlier_.has(link); });
    BundledRegistry& own = manifest().registry;
    for (const Oid& tip : earlier_.tips()) {
      if (registry_.objects().has(tip)) own.prerequisites.push_back(tip);
    }
    std::vector<Oid> tips{own.commit};
    for (const auto& [name, oid] : own.refs) tips.push_back(oid);
    PackFile file(registry_pack());
    git::pack_history(registry_, tips, own.prerequisites, [&](std::string_view piece) {
      end_if_asked();
      file.take(piece);
    });
    const Part made = file.finish();
    if (!is_empty(registry_pack())) own.pack = made;
  }
  fs::path registry_pack() const { return scratch_.path() / "registry"; }

  /// Whether a pack has no objects, of which it says how many they are behind its first eight bytes.
  static bool is_empty(const fs::path& pack) {
    constexpr std::size_t header = 12;
    std::array<char, header> bytes{};
    InputFile(pack).read(bytes.data(), bytes.size());
    return std::all_of(bytes.begin() + 8, bytes.end(), [](char byte) { return byte == 0; });
  }

  void write() {
    const std::string text = manifest_text(manifest());
    result_.id = sha256_hex(text);
    std::optional<AtomicFile> file;
    if (output_ != "-") file.emplace(output_);
    TarWriter tar(
        [&](std::string_view piece) {
          result_.size += piece.size();
          file ? file->write(piece) : request_.take(piece);
        },
        manifest().registry.time);
    tar.begin({manifest_name, text.size()});
    tar.write(text);
    if (manifest().registry.pack) add(tar, registry_pack_name, *manifest().registry.pack, registry_pack());
    for (std::size_t i = 0; i < manifest().sources.size(); ++i) {
      const BundledSource& source = manifest().sources[i];
      if (source.pack) add(tar, pack_name(i), *source.pack, pack_file(source));
    }
    for (const Part& artifact : manifest().artifacts) {
      add(tar, artifact_name(artifact.sha256), artifact, artifact_files_.at(artifact.sha256));
    }
    tar.finish();
    if (file) file->commit();
  }

  /// Adds a file to the archive and removes it: there is room for one copy.
  void add(TarWriter& tar, const std::string& name, const Part& part, const fs::path& file) const {
    tar.begin({name, part.size});
    artifact::read_file(file, settings_.observer.interrupt, [&](std::string_view piece) { tar.write(piece); });
    fs::remove(file);
  }

  const git::Registry& registry_;
  source::Settings settings_;
  const CreateRequest& request_;
  const std::function<void(const Finding&)>& report_;
  fs::path output_;
  TemporaryDirectory scratch_;
  EarlierBundles earlier_;
  source::Recording recording_;
  artifact::Collection collection_;
  /// By the address of the source; of the registry itself without one.
  std::map<std::string, RepoUrl> urls_;
  std::map<std::string, BundledSource> sources_;
  std::map<std::string, std::vector<const ObjectAt*>> imported_;  ///< that are still to be found
  std::deque<ObjectAt> imported_objects_;
  std::size_t imports_ = 0;
  /// The objects of each source, by where they are; of the registry itself without an address.
  std::map<std::string, std::map<std::tuple<Oid, std::string, Oid>, LinkedObject>> objects_;
  std::set<Oid> kept_commits_;
  std::map<std::string, fs::path> artifact_files_;
  CreateResult result_;
};

}  // namespace

CreateResult create(const git::Registry& registry, const source::Settings& settings, const CreateRequest& request,
                    const std::function<void(const Finding&)>& report) {
  return Creation(registry, settings, request, report).run();
}

}  // namespace mlem::bundle
