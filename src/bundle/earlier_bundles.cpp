#include "bundle/earlier_bundles.hpp"

#include "git/pack.hpp"

#include "bundle/bundle_reader.hpp"

#include <algorithm>
#include <tuple>
#include <variant>

namespace mlem::bundle {
namespace {

std::string key_of(std::string_view md5, dvc::Layout layout) {
  return (layout == dvc::Layout::v3 ? "dvc3 " : "dvc2 ") + std::string(md5);
}
std::string key_of(std::string_view lfs) { return "lfs " + std::string(lfs); }

bool is_before(const BundledLink& one, const BundledLink& other) {
  const auto key = [](const BundledLink& link) {
    return std::tie(link.link, link.repo, link.rev, link.commit, link.path);
  };
  return key(one) < key(other);
}

}  // namespace

EarlierBundles::EarlierBundles(const std::vector<fs::path>& files, const fs::path& scratch,
                               const Environment& environment) {
  for (const fs::path& path : files) {
    BundleReader reader(path);
    const Manifest& manifest = reader.manifest();
    ids_.insert(reader.id());
    tips_.insert(manifest.registry.commit);
    for (const auto& [name, oid] : manifest.registry.refs) tips_.insert(oid);
    links_.insert(links_.end(), manifest.links.begin(), manifest.links.end());
    for (const BundledSource& bundled : manifest.sources) {
      Source& source = sources_[bundled.repo ? bundled.repo->text() : std::string()];
      for (const std::string& oid : bundled.lfs) source.files.insert(key_of(oid));
      for (const BundledDvcFile& file : bundled.dvc) source.files.insert(key_of(file.md5, file.layout));
      if (bundled.refs) source.refs.push_back(*bundled.refs);
    }
    reader.read({.registry_pack =
                     [] {
                       return BundleReader::Sink{[](std::string_view) {}, [] {}};
                     },
                 .pack =
                     [&](const BundledSource& bundled) {
                       const fs::path file = scratch / "earlier.pack";
                       auto pack = std::make_shared<AtomicFile>(file);
                       return BundleReader::Sink{
                           [pack](std::string_view piece) { pack->write(piece); },
                           [&, pack, file] {
                             pack->commit();
                             const auto objects = git::list_pack(file, bundled.object_format, scratch, environment);
                             sources_[bundled.repo->text()].objects.insert(objects.begin(), objects.end());
                             fs::remove(file);
                           }};
                     },
                 .artifact = {}});
  }
  std::sort(links_.begin(), links_.end(), is_before);
}

const EarlierBundles::Source* EarlierBundles::find(const std::string& repo) const {
  const auto found = sources_.find(repo);
  return found == sources_.end() ? nullptr : &found->second;
}

bool EarlierBundles::has(const BundledLink& link) const {
  return std::binary_search(links_.begin(), links_.end(), link, is_before);
}

bool EarlierBundles::has(const std::string& repo, const Oid& object) const {
  const Source* const source = find(repo);
  return source != nullptr && source->objects.contains(object);
}

bool EarlierBundles::has(const std::string& repo, const artifact::Place& place) const {
  const Source* const source = find(repo);
  if (source == nullptr) return false;
  if (const auto* const blob = std::get_if<artifact::GitBlob>(&place)) return source->objects.contains(blob->oid);
  if (const auto* const large = std::get_if<artifact::LfsObject>(&place)) {
    return source->files.contains(key_of(large->pointer.oid));
  }
  const auto* const tracked = std::get_if<artifact::DvcObject>(&place);
  return tracked != nullptr && source->files.contains(key_of(tracked->md5, tracked->layout));
}

bool EarlierBundles::has(const std::string& repo, const source::ListedRefs& refs) const {
  const Source* const source = find(repo);
  return source != nullptr && !source->refs.empty() &&
         std::all_of(source->refs.begin(), source->refs.end(), [&](const auto& known) { return known == refs; });
}

}  // namespace mlem::bundle
