#include "bundle/import.hpp"

#include "artifact/dvc_directory.hpp"
#include "artifact/hash.hpp"
#include "artifact/lfs_store.hpp"
#include "artifact/place.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/new_repository.hpp"
#include "git/pack.hpp"
#include "git/writer.hpp"
#include "source/entry_import.hpp"

#include "bundle/bundle_reader.hpp"
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

// The archive is read once, so that it may be a pipe: each part goes where it belongs as it comes. What has come of a
// bundle that turns out not to be whole is of no harm: objects are proved by git, files by their SHA-256, and refs
// change when all is there.

namespace mlem::bundle {
namespace {

void end_if_asked(const Interrupt* interrupt) {
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
}

/// Brings the parts of a bundle to a registry and its cache.
class Import {
 public:
  Import(const git::Registry& registry, const source::Settings& settings) : registry_(registry), settings_(settings) {}

  void run(BundleReader& reader) {
    manifest_ = &reader.manifest();
    id_ = reader.id();
    note_places();
    reader.read({.registry_pack = [&] { return registry_pack(); },
                 .pack = [&](const BundledSource& source) { return source_pack(source); },
                 .artifact = [&](const Part& artifact) { return artifact_file(artifact); }});
    for (const BundledSource& source : manifest_->sources) {
      if (source.repo && !source.pack) entry_of(source)->finish(source.refs, manifest_->registry.time, id_);
    }
    source::note_import(id_, settings_);
  }

 private:
  /// Notes where the files of all sources belong, by their SHA-256: those of Git LFS that are the registry's own where
  /// git-lfs has them.
  void note_places() {
    for (const BundledSource& source : manifest_->sources) {
      if (source.lfs.empty() && source.dvc.empty()) continue;
      const fs::path files = source::imported_files(source.repo ? &*source.repo : nullptr, settings_);
      const fs::path lfs =
          source.repo ? files / "lfs" : artifact::lfs_store(registry_.git_dir(), settings_.access.environment);
      for (const std::string& oid : source.lfs) places_[oid].push_back(artifact::lfs_object_path(lfs, oid));
      for (const BundledDvcFile& file : source.dvc) {
        places_[file.sha256].push_back(files / "dvc" / artifact::dvc_object_path(file.md5, file.layout));
        dvc_[file.sha256].push_back(file);
      }
    }
  }

  static BundleReader::Sink sink_of(std::shared_ptr<git::IncomingPack> pack, const Interrupt* interrupt,
                                    const std::function<void()>& end) {
    return {[pack, interrupt](std::string_view piece) {
              end_if_asked(interrupt);
              pack->take(piece);
            },
            [pack, end] {
              pack->finish();
              end();
            }};
  }

  BundleReader::Sink registry_pack() const {
    auto pack = std::make_shared<git::IncomingPack>(registry_.git_dir(), settings_.access.environment,
                                                    git::IncomingPack::Lacks::nothing);
    return sink_of(std::move(pack), settings_.observer.interrupt, [] {});
  }

  std::shared_ptr<source::EntryImport> entry_of(const BundledSource& source) const {
    return std::make_shared<source::EntryImport>(*source.repo, settings_, source.object_format,
                                                 std::set<Oid>(source.commits.begin(), source.commits.end()));
  }

  BundleReader::Sink source_pack(const BundledSource& source) const {
    const auto entry = entry_of(source);
    auto pack = std::make_shared<git::IncomingPack>(entry->git_dir(), settings_.access.environment,
                                                    git::IncomingPack::Lacks::promised);
    return sink_of(std::move(pack), settings_.observer.interrupt,
                   [this, &source, entry] { entry->finish(source.refs, manifest_->registry.time, id_); });
  }

  BundleReader::Sink artifact_file(const Part& artifact) const {
    const auto places = places_.find(artifact.sha256);
    if (places == places_.end()) {
      throw Error(ErrorKind::invalid, "not a bundle of git mlem", "it has an artifact that no source of it has");
    }
    make_directories(places->second.front().parent_path());
    const auto file = std::make_shared<AtomicFile>(places->second.front());
    const auto checks = std::make_shared<std::vector<artifact::HashCheck>>(checks_of(artifact));
    return {[file, checks, interrupt = settings_.observer.interrupt](std::string_view piece) {
              end_if_asked(interrupt);
              for (artifact::HashCheck& check : *checks) check.update(piece);
              file->write(piece);
            },
            [file, checks, &all = places->second] {
              for (artifact::HashCheck& check : *checks) {
                if (!check.matches())
                  throw Error(ErrorKind::invalid, "not a bundle of git mlem", "a file is not what DVC names");
              }
              file->commit();
              for (std::size_t i = 1; i < all.size(); ++i) copy(all.front(), all[i]);
            }};
  }

  /// What the files of DVC hash to that an artifact is.
  std::vector<artifact::HashCheck> checks_of(const Part& artifact) const {
    std::vector<artifact::HashCheck> checks;
    const auto found = dvc_.find(artifact.sha256);
    if (found == dvc_.end()) return checks;
    for (const BundledDvcFile& file : found->second) {
      const artifact::DvcObject object{
          .md5 = file.md5, .layout = file.layout, .is_directory = file.md5.ends_with(".dir")};
      checks.emplace_back(artifact::hash_of(object).value(), artifact.size);
    }
    return checks;
  }

  /// Gives a file a second name, or a copy where that cannot be.
  static void copy(const fs::path& file, const fs::path& other) {
    make_directories(other.parent_path());
    boost::system::error_code failure;
    fs::remove(other, failure);
    fs::create_hard_link(file, other, failure);
    if (!failure) return;
    fs::copy_file(file, other, failure);
    if (failure) throw Error(ErrorKind::io, "cannot write '" + other.string() + "'", failure.message());
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const Manifest* manifest_ = nullptr;
  std::string id_;
  std::map<std::string, std::vector<BundledDvcFile>> dvc_;  ///< by SHA-256
  std::map<std::string, std::vector<fs::path>> places_;
};

std::string lacking_text(const std::vector<Oid>& commits) {
  return "the registry lacks commit " + commits.front().hex() +
         (commits.size() > 1 ? " and " + std::to_string(commits.size() - 1) + " more" : std::string());
}

/// Throws if a ref of the bundle names what neither the bundle nor the registry has.
void require_objects(const git::Registry& registry, const Manifest& manifest) {
  const auto objects = git::open_repository(registry.git_dir(), registry.environment(), git::Reading::here);
  std::vector<Oid> named{manifest.registry.commit};
  for (const auto& [name, oid] : manifest.registry.refs) named.push_back(oid);
  for (const Oid& oid : named) {
    if (!objects->has(oid)) {
      throw Error(ErrorKind::invalid, "the bundle is not whole", "it lacks object " + oid.hex() + ", which it names");
    }
  }
}

/// Removes former imported refs in whose place a directory is to be, or the other way round.
void remove_obstacles(const git::Registry& registry, const Manifest& manifest) {
  std::vector<git::RefUpdate> removed;
  for (const git::Ref& there : registry.objects().refs("refs/mlem/imported/")) {
    for (const auto& [name, oid] : manifest.registry.refs) {
      const std::string imported = imported_ref(name);
      if (!imported.starts_with(there.name + "/") && !there.name.starts_with(imported + "/")) continue;
      removed.push_back({.name = there.name, .after = std::nullopt, .before = there.oid});
      break;
    }
  }
  git::Writer(registry).update_refs(removed, "bundle import");
}

/// Moves a repository to a directory that may be there, and is empty then: that one stays, as whoever made it has it.
/// `.git` comes last, so that before it is there nothing is a repository.
void move_to(const fs::path& made, const fs::path& directory, bool is_there) {
  if (!is_there) return fs::rename(made, directory);
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(made)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end(),
            [](const fs::path& one, const fs::path& other) { return one != ".git" && other == ".git"; });
  for (const fs::path& name : names) fs::rename(made / name, directory / name);
}

}  // namespace

std::string imported_ref(const std::string& ref) {
  constexpr std::string_view imported = "refs/mlem/imported/";
  constexpr std::string_view refs = "refs/";
  return ref.starts_with(imported) ? ref : std::string(imported) + ref.substr(refs.size());
}

BundleContent verify(const fs::path& file, Interrupt* interrupt) {
  const Interrupt::Wait wait(interrupt);
  BundleReader reader(file, interrupt);
  const auto nowhere = [&] {
    return BundleReader::Sink{[interrupt](std::string_view) { end_if_asked(interrupt); }, [] {}};
  };
  reader.read({.registry_pack = nowhere,
               .pack = [&](const BundledSource&) { return nowhere(); },
               .artifact = [&](const Part&) { return nowhere(); }});
  return {reader.manifest(), reader.id()};
}

std::vector<Oid> missing_prerequisites(const git::Registry& registry, const Manifest& manifest) {
  std::vector<Oid> missing;
  for (const Oid& commit : manifest.registry.prerequisites) {
    if (!registry.objects().has(commit)) missing.push_back(commit);
  }
  return missing;
}

BundleContent import(const git::Registry& registry, const source::Settings& settings, const fs::path& file) {
  const Interrupt::Wait wait(settings.observer.interrupt);
  BundleReader reader(file, settings.observer.interrupt);
  const Manifest& manifest = reader.manifest();
  if (manifest.registry.object_format != registry.object_format()) {
    throw Error(
        ErrorKind::invalid, "cannot import the bundle",
        "its registry has ids of " + manifest.registry.object_format + ", and this one of " + registry.object_format());
  }
  if (const std::vector<Oid> missing = missing_prerequisites(registry, manifest); !missing.empty()) {
    throw Error(ErrorKind::not_found, "cannot import the bundle", lacking_text(missing),
                "import the bundle first that it was made to follow");
  }
  for (const std::string& id : manifest.since) {
    if (!source::is_imported(id, settings)) {
      throw Error(ErrorKind::not_found, "cannot import the bundle",
                  "bundle " + id + ", which it builds on, was not imported here", "import that one first");
    }
  }
  Import(registry, settings).run(reader);
  require_objects(registry, manifest);
  remove_obstacles(registry, manifest);
  std::vector<git::RefUpdate> updates;
  for (const auto& [name, oid] : manifest.registry.refs) {
    const std::string imported = imported_ref(name);
    updates.push_back({.name = imported, .after = oid, .before = registry.objects().find_ref(imported)});
  }
  git::Writer(registry).update_refs(updates, "bundle import");
  return {manifest, reader.id()};
}

BundleContent import_new(const Environment& environment, const fs::path& target, const fs::path& file,
                         Interrupt* interrupt, const std::function<source::Settings(const git::Registry&)>& load) {
  const Interrupt::Wait wait(interrupt);
  const fs::path directory = without_links(from_current_directory(target));
  const std::string shown = "'" + escape_for_terminal(target.string()) + "'";
  boost::system::error_code failure;
  const fs::file_type there = load_type(directory);
  if (there != fs::file_not_found && !(there == fs::directory_file && fs::is_empty(directory, failure))) {
    throw Error(ErrorKind::invalid, "cannot make a registry in " + shown, "it is there already and not empty");
  }
  BundleReader reader(file, interrupt);
  const Manifest& manifest = reader.manifest();
  if (!manifest.since.empty()) {
    throw Error(ErrorKind::invalid, "cannot make a registry in " + shown, "the bundle builds on another one",
                "make it of that one, and import this one there");
  }
  make_directories(directory.parent_path());
  // In a directory that is there, for it may be of another file system than what it is in.
  const bool is_there = there == fs::directory_file;
  const TemporaryDirectory scratch(is_there ? directory : directory.parent_path(), ".git-mlem-import-");
  const fs::path made = scratch.path() / "registry";
  Environment own = git::without_repository(environment);
  // What `git -c` sets is for this command, too.
  for (const std::string& entry : environment.entries()) {
    if (entry.starts_with("GIT_CONFIG_")) own.set(entry.substr(0, entry.find('=')), entry.substr(entry.find('=') + 1));
  }
  git::make_repository(made, manifest.registry.object_format, manifest.registry.head, own);
  const git::Registry registry = git::Registry::discover(own, made.string());
  const source::Settings settings = load(registry);
  Import(registry, settings).run(reader);
  require_objects(registry, manifest);
  std::vector<git::RefUpdate> updates;
  for (const auto& [name, oid] : manifest.registry.refs) updates.push_back({.name = name, .after = oid, .before = {}});
  git::Writer(registry).update_refs(updates, "bundle import");
  git::check_out_all(registry, manifest.registry.head.empty() ? std::optional(manifest.registry.commit) : std::nullopt);
  try {
    move_to(made, directory, is_there);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::io, "cannot make a registry in " + shown, error.code().message());
  }
  return {manifest, reader.id()};
}

}  // namespace mlem::bundle
