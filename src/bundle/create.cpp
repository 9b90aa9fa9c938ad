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

#include "bundle/detail/pack_file.hpp"
#include "bundle/detail/source_parts.hpp"
#include "bundle/earlier_bundles.hpp"
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <array>
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

std::string sha256_of(const fs::path& path, const Interrupt* interrupt) {
  Digest digest(Digest::Algorithm::sha256);
  artifact::read_file(path, interrupt, [&](std::string_view piece) { digest.update(piece); });
  return digest.finish();
}

/// Returns where a bundle goes: it takes the place of a file, and of nothing else that may be there.
fs::path output_of(const CreateRequest& request) {
  if (request.output == "-") return request.output;
  fs::path output = from_current_directory(request.output);
  const std::string what = "cannot write '" + escape_for_terminal(request.output.string()) + "'";
  boost::system::error_code ignored;
  if (!fs::is_directory(output.parent_path(), ignored)) {
    throw Error(ErrorKind::io, what, "there is no directory for it");
  }
  const fs::file_type there = load_type(output);
  if (there != fs::file_not_found && there != fs::regular_file) {
    throw Error(ErrorKind::invalid, what, "it is not a regular file", "'-' is standard output");
  }
  for (const fs::path& since : request.since) {
    if (fs::equivalent(since, output, ignored)) {
      throw Error(ErrorKind::invalid, what, "it is a bundle that this one would follow");
    }
  }
  return output;
}

class Creation {
 public:
  Creation(const git::Registry& registry, const source::Settings& settings, const CreateRequest& request,
           const std::function<void(const Finding&)>& report)
      : registry_(registry),
        settings_(settings),
        request_(request),
        report_(report),
        output_(output_of(request)),
        scratch_(output_ == "-" ? fs::temp_directory_path() : output_.parent_path(), ".git-mlem-bundle-"),
        earlier_(request.since, scratch_.path(), settings.access.environment),
        collection_(settings_, output_ == "-" ? scratch_.path() : output_.parent_path(), output_.filename().string()),
        sources_(registry_, settings_, recording_, earlier_, collection_, scratch_.path()) {
    settings_.observer.recording = &recording_;
  }

  CreateResult run() {
    const Interrupt::Wait wait(settings_.observer.interrupt);
    require_whole_registry();
    note_registry();
    judge();
    if (result_.summary.broken + result_.summary.undecided > 0) return std::move(result_);
    if (!find_and_bring()) return std::move(result_);
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
    if (own.head.empty()) own.refs.emplace(commit_ref(*head), *head);
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
    for (const Hop& hop : finding.hops) {
      if (hop.repo.empty() && hop.commit) keep_own_commit(*hop.commit, own_ref(hop.rev));
    }
    const std::string repo = object.repo ? object.repo->text() : std::string();
    const auto key = std::tuple(object.commit, object.path, object.blob);
    objects_[repo].try_emplace(key, LinkedObject{std::move(object), finding});
  }

  /// An object of the registry itself may be on another branch, which comes along then, or on none.
  void keep_own_commit(const Oid& commit, const std::string& ref) {
    BundledRegistry& own = manifest().registry;
    if (const auto tip = ref.empty() ? std::nullopt : registry_.objects().find_ref(ref);
        tip && is_utf8(ref) && (ref.starts_with("refs/heads/") || ref.starts_with("refs/tags/"))) {
      own.refs.emplace(ref, *tip);
      return;
    }
    if (commit == own.commit || !kept_commits_.insert(commit).second) return;
    const git::History history(registry_.git_dir(), settings_.access.environment, {}, settings_.observer.interrupt);
    if (!history.is_ancestor(commit, own.commit).value_or(false)) own.refs.emplace(commit_ref(commit), commit);
  }

  /// Returns the full name of what a rev of the registry itself is; empty if it is not a branch or tag.
  std::string own_ref(const std::string& rev) const {
    for (const char* prefix : {"", "refs/", "refs/tags/", "refs/heads/"}) {
      const std::string name = prefix + rev;
      if (name.starts_with("refs/") && registry_.objects().find_ref(name)) return name;
    }
    return {};
  }

  /// Has the files of all objects found and brought. Returns whether all can be had.
  bool find_and_bring() {
    detail::ObjectsByRepo wanted;
    for (const auto& [repo, objects] : objects_) {
      for (const auto& [key, linked] : objects) wanted[repo].push_back(&linked.object);
    }
    auto refused = sources_.find(std::move(wanted));
    if (!refused) {
      if (auto answer = collection_.bring())
        refused = detail::SourceRefusal{
            .repo = std::move(answer->repo), .object = answer->object, .refusal = std::move(answer->refusal)};
    }
    if (refused) refuse(*refused);
    return !refused;
  }

  /// Reports why there is no bundle: as a finding of a link to the object, or of the first one to its source.
  void refuse(const detail::SourceRefusal& refused) {
    Finding finding;
    finding.repo = refused.repo;
    for (const auto& [repo, objects] : objects_) {
      if (refused.object == nullptr && repo != refused.repo) continue;
      for (const auto& [key, linked] : objects) {
        const bool is_it = refused.object == nullptr || refused.object == &linked.object;
        if (is_it && finding.link.empty()) finding = linked.finding;
      }
    }
    finding.verdict = refused.refusal.verdict;
    finding.message = refused.refusal.message;
    finding.hint = refused.refusal.hint;
    report_(finding);
    result_.summary.count(finding);
  }

  /// Notes the files that are here now by their SHA-256, in its order.
  void note_artifacts() {
    std::map<std::string, std::string> known;  // of the name of a file
    std::map<std::string, Part> artifacts;
    const auto note = [&](const std::string& name, const std::string& sha256) {
      artifacts[sha256] = {sha256, fs::file_size(collection_.directory() / name)};
      artifact_files_[sha256] = collection_.directory() / name;
    };
    for (auto& [repo, source] : sources_.all()) {
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
    detail::PackFile file(registry_pack());
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
    if (text.size() > max_manifest_size) {
      throw Error(ErrorKind::invalid, "cannot make a bundle", "there is too much to tell of it for one",
                  "make several, of some links each");
    }
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
      if (source.pack) add(tar, pack_name(i), *source.pack, sources_.pack_file(source));
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
  detail::SourceParts sources_;
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
