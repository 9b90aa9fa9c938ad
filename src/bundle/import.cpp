#include "bundle/import.hpp"

#include "artifact/dvc_directory.hpp"
#include "artifact/lfs_store.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/new_repository.hpp"
#include "git/pack.hpp"
#include "git/writer.hpp"
#include "source/conversation.hpp"
#include "source/entry_import.hpp"

#include "bundle/bundle_reader.hpp"
#include <boost/filesystem/operations.hpp>

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
  /// `own_url` is the address of the registry when all is done.
  Import(const git::Registry& registry, const source::Settings& settings, RepoUrl own_url)
      : registry_(registry), settings_(settings), own_url_(std::move(own_url)) {}

  void run(BundleReader& reader) {
    manifest_ = &reader.manifest();
    note_places();
    reader.read({.registry_pack = [&] { return registry_pack(); },
                 .pack = [&](const BundledSource& source) { return source_pack(source); },
                 .artifact = [&](const Part& artifact) { return artifact_file(artifact); }});
    for (const BundledSource& source : manifest_->sources) {
      if (source.repo && !source.pack) entry_of(source)->finish(source.refs, manifest_->registry.time);
    }
  }

 private:
  const RepoUrl& url_of(const BundledSource& source) const { return source.repo ? *source.repo : own_url_; }

  /// Notes where the files of all sources belong, by their SHA-256.
  void note_places() {
    for (const BundledSource& source : manifest_->sources) {
      if (source.lfs.empty() && source.dvc.empty()) continue;
      const fs::path files = source::imported_files(url_of(source), settings_);
      for (const std::string& oid : source.lfs) places_[oid].push_back(artifact::lfs_object_path(files / "lfs", oid));
      for (const BundledDvcFile& file : source.dvc) {
        places_[file.sha256].push_back(files / "dvc" / artifact::dvc_object_path(file.md5, file.layout));
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
    return std::make_shared<source::EntryImport>(url_of(source), settings_, source.object_format,
                                                 std::set<Oid>(source.commits.begin(), source.commits.end()));
  }

  BundleReader::Sink source_pack(const BundledSource& source) const {
    const auto entry = entry_of(source);
    auto pack = std::make_shared<git::IncomingPack>(entry->git_dir(), settings_.access.environment,
                                                    git::IncomingPack::Lacks::promised);
    return sink_of(std::move(pack), settings_.observer.interrupt,
                   [&source, entry, time = manifest_->registry.time] { entry->finish(source.refs, time); });
  }

  BundleReader::Sink artifact_file(const Part& artifact) const {
    const auto places = places_.find(artifact.sha256);
    if (places == places_.end()) {
      throw Error(ErrorKind::invalid, "not a bundle of git mlem", "it has an artifact that no source of it has");
    }
    make_directories(places->second.front().parent_path());
    const auto file = std::make_shared<AtomicFile>(places->second.front());
    return {[file, interrupt = settings_.observer.interrupt](std::string_view piece) {
              end_if_asked(interrupt);
              file->write(piece);
            },
            [file, &all = places->second] {
              file->commit();
              for (std::size_t i = 1; i < all.size(); ++i) copy(all.front(), all[i]);
            }};
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
  RepoUrl own_url_;
  const Manifest* manifest_ = nullptr;
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

}  // namespace

std::string imported_ref(const std::string& ref) {
  constexpr std::string_view imported = "refs/mlem/imported/";
  constexpr std::string_view refs = "refs/";
  return ref.starts_with(imported) ? ref : std::string(imported) + ref.substr(refs.size());
}

BundleContent verify(const fs::path& file, Interrupt* interrupt) {
  BundleReader reader(file);
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
  BundleReader reader(file);
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
  Import(registry, settings, source::own_address(registry)).run(reader);
  require_objects(registry, manifest);
  std::vector<git::RefUpdate> updates;
  for (const auto& [name, oid] : manifest.registry.refs) {
    const std::string imported = imported_ref(name);
    updates.push_back({.name = imported, .after = oid, .before = registry.objects().find_ref(imported)});
  }
  git::Writer(registry).update_refs(updates, "bundle import");
  return {manifest, reader.id()};
}

BundleContent import_new(const Environment& environment, const fs::path& directory, const fs::path& file,
                         const std::function<source::Settings(const git::Registry&)>& load) {
  const std::string shown = "'" + escape_for_terminal(directory.string()) + "'";
  boost::system::error_code failure;
  const fs::file_type there = load_type(directory);
  if (there != fs::file_not_found && !(there == fs::directory_file && fs::is_empty(directory, failure))) {
    throw Error(ErrorKind::invalid, "cannot make a registry in " + shown, "it is there already and not empty");
  }
  BundleReader reader(file);
  const Manifest& manifest = reader.manifest();
  if (!manifest.registry.prerequisites.empty()) {
    throw Error(ErrorKind::invalid, "cannot make a registry in " + shown, "the bundle builds on another one",
                "make it of that one, and import this one there");
  }
  const fs::path absolute = fs::absolute(directory);
  make_directories(absolute.parent_path());
  const TemporaryDirectory scratch(absolute.parent_path(), ".git-mlem-import-");
  const fs::path made = scratch.path() / "registry";
  const Environment own = git::without_repository(environment);
  git::make_repository(made, manifest.registry.object_format, manifest.registry.head, own);
  const git::Registry registry = git::Registry::discover(own, made.string());
  const source::Settings settings = load(registry);
  Import(registry, settings, RepoUrl::parse(file_url(without_links(absolute).string()))).run(reader);
  require_objects(registry, manifest);
  std::vector<git::RefUpdate> updates;
  for (const auto& [name, oid] : manifest.registry.refs) updates.push_back({.name = name, .after = oid, .before = {}});
  git::Writer(registry).update_refs(updates, "bundle import");
  git::check_out_all(registry, manifest.registry.head.empty() ? std::optional(manifest.registry.commit) : std::nullopt);
  if (there == fs::directory_file) fs::remove(directory, failure);
  fs::rename(made, absolute, failure);
  if (failure) throw Error(ErrorKind::io, "cannot make a registry in " + shown, failure.message());
  return {manifest, reader.id()};
}

}  // namespace mlem::bundle
