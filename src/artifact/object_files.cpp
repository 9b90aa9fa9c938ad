#include "artifact/object_files.hpp"

#include "artifact/declared.hpp"
#include "artifact/lfs_pointer.hpp"
#include "artifact/locate.hpp"
#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"
#include "yaml/read_object.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace mlem::artifact {
namespace {

/// Returns why nobody knows which artifacts an object has; empty if it is known.
std::string why_unread(const object::Description& description) {
  const bool is_other = std::any_of(description.others.begin(), description.others.end(),
                                    [](const object::Field& field) { return field.name == "artifacts"; });
  return is_other ? "'artifacts' is not a mapping of artifacts" : description.unread;
}

class FileSearch {
 public:
  FileSearch(source::Conversation& source, const std::vector<const ObjectAt*>& objects)
      : source_(source), objects_(objects), found_(objects.size()), wanted_(objects.size()) {}

  std::vector<ObjectFiles> run() {
    read_commits();
    read_declarations();
    locate_all();
    return std::move(found_);
  }

 private:
  bool is_refused(std::size_t object) const { return found_[object].refusal.verdict != Verdict::ok; }

  void refuse(std::size_t object, source::Refusal refusal) {
    if (is_refused(object)) return;
    found_[object].refusal = std::move(refusal);
    wanted_[object] = {.kind = Wanted::Kind::declared, .commit = objects_[object]->commit};
  }

  /// Refuses what is of a commit that lacks something; nobody else's files depend on that.
  void refuse_commit(const Oid& commit, const source::Refusal& refusal) {
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (objects_[i]->commit == commit) refuse(i, refusal);
    }
  }

  void read_commits() {
    if (!source_.is_cached()) return;
    for (const ObjectAt* object : objects_) commits_.insert(object->commit);
    for (const auto& [commit, refusal] : source_.need_commits(commits_, 1)) {
      refuse_commit(commit, refusal);
      commits_.erase(commit);
    }
  }

  /// Whether something of the objects is not here: that may be what tells where their files are.
  static bool is_lacking(const std::vector<Located>& located) {
    return std::any_of(located.begin(), located.end(), [](const Located& object) {
      const auto is_unknown = [](const PlacedFile& file) {
        const auto* const blob = std::get_if<GitBlob>(&file.place);
        return blob != nullptr && !blob->size;
      };
      return !object.missing.empty() || std::any_of(object.files.begin(), object.files.end(), is_unknown);
    });
  }

  /// Finds the files, with all trees and small files of their commits if they are not found without.
  std::vector<Located> locate_first() {
    std::vector<Located> located = locate(source_.repository(), wanted_);
    if (!source_.is_cached() || commits_.empty() || !is_lacking(located)) return located;
    source_.need_small_files(commits_, lfs_pointer_cutoff);
    return locate(source_.repository(), wanted_);
  }

  /// Fetches what the repository has been found to lack.
  void fetch(const std::map<Oid, Oid>& commits_by_object) {
    if (commits_by_object.empty()) return;
    for (const auto& [oid, refusal] : source_.need_objects(commits_by_object)) {
      refuse_commit(commits_by_object.at(oid), refusal);
    }
  }

  /// Notes what is wanted of each object: what its metafile declares, or all that is there.
  void read_declarations() {
    std::map<Oid, std::vector<std::size_t>> by_metafile;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const ObjectAt& object = *objects_[i];
      wanted_[i].commit = object.commit;
      if (is_refused(i)) continue;
      if (object.file) {
        wanted_[i].declared = {*object.file};
      } else if (object.plain) {
        wanted_[i].kind = object.plain == Plain::tree ? Wanted::Kind::tree : Wanted::Kind::blob;
        wanted_[i].path = object.path == "." ? "" : object.path;
      } else {
        by_metafile[object.blob].push_back(i);
      }
    }
    std::vector<Oid> blobs;
    std::map<Oid, Oid> lacking;
    for (const auto& [blob, objects] : by_metafile) {
      blobs.push_back(blob);
      if (source_.is_cached() && !source_.repository().has(blob))
        lacking.emplace(blob, objects_[objects.front()]->commit);
    }
    fetch(lacking);
    source_.repository().read_blobs(blobs, yaml::max_object_size, [&](std::size_t i, const auto& content) {
      for (const std::size_t object : by_metafile.at(blobs[i])) declare(object, content);
      return true;
    });
  }

  void declare(std::size_t number, const std::optional<std::string_view>& metafile) {
    const ObjectAt& object = *objects_[number];
    if (!metafile) {
      return refuse(number, {Verdict::unreachable, "the metafile '" + object.path + "' cannot be read", {}});
    }
    // How an object is called is most of its metafile, and does not matter to its files.
    const auto divided = yaml::divide_object(*metafile);
    const object::Description description = yaml::read_object(divided ? std::string_view(divided->rest) : *metafile);
    if (const std::string why = why_unread(description); !why.empty()) {
      return refuse(number, {Verdict::not_an_object, "what its metafile declares cannot be read: " + why, {}});
    }
    if (!is_refused(number)) {
      wanted_[number].declared = declared_artifacts(description, RepoPath::parse(object.path));
    }
  }

  void locate_all() {
    constexpr int most_rounds = 32;  // of a tree in a tree, one at a time
    for (int round = 0;; ++round) {
      std::vector<Located> located = round == 0 ? locate_first() : locate(source_.repository(), wanted_);
      std::map<Oid, Oid> lacking;
      for (std::size_t i = 0; i < located.size(); ++i) {
        if (round == most_rounds && !located[i].missing.empty()) {
          refuse(i, {Verdict::unreachable, "the source does not give what the commit has", {}});
        }
        for (const Oid& oid : located[i].missing) lacking.emplace(oid, wanted_[i].commit);
      }
      if (!lacking.empty() && round < most_rounds) {
        fetch(lacking);
        continue;
      }
      for (std::size_t i = 0; i < located.size(); ++i) {
        if (!located[i].flaw.empty()) refuse(i, {Verdict::too_large, located[i].flaw, {}});
        if (is_refused(i)) continue;
        found_[i].files = std::move(located[i].files);
        found_[i].directories = std::move(located[i].directories);
      }
      return;
    }
  }

  source::Conversation& source_;
  const std::vector<const ObjectAt*>& objects_;
  std::vector<ObjectFiles> found_;
  std::vector<Wanted> wanted_;
  std::set<Oid> commits_;  ///< that are here
};

}  // namespace

ObjectAt object_of(const git::Registry& registry, const Finding& finding, const std::function<Oid()>& own_tree) {
  ObjectAt object{.repo = {}, .commit = {}, .path = finding.path, .blob = {}, .plain = finding.plain};
  if (!finding.repo.empty()) object.repo = finding.sources.back();
  object.commit = finding.commit ? *finding.commit : own_tree();
  if (finding.blob) {
    object.blob = *finding.blob;
    return object;
  }
  // A file of the work tree has no id: what is asked of it is what the index has.
  const git::Lookup staged = registry.objects().find(object.commit, finding.path == "." ? "" : finding.path);
  const bool is_there =
      staged.state == git::Lookup::State::found &&
      (finding.plain == Plain::tree ? git::is_directory(staged.entry) : git::is_regular(staged.entry));
  if (!is_there) {
    throw Error(ErrorKind::unavailable, "cannot look for the files of '" + finding.path + "'", "it is not in the index",
                "'git add' it and its files");
  }
  object.blob = staged.entry.oid;
  return object;
}

std::vector<ObjectFiles> find_files(source::Conversation& source, const std::vector<const ObjectAt*>& objects) {
  return FileSearch(source, objects).run();
}

}  // namespace mlem::artifact
