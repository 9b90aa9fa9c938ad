#include "artifact/place.hpp"

namespace mlem::artifact {

std::optional<std::uint64_t> size_of(const Place& place) {
  if (const auto* const blob = std::get_if<GitBlob>(&place)) return blob->size;
  if (const auto* const object = std::get_if<LfsObject>(&place)) return object->pointer.size;
  if (const auto* const object = std::get_if<DvcObject>(&place)) return object->size;
  return std::nullopt;
}

std::optional<Hash> hash_of(const Place& place) {
  if (const auto* const blob = std::get_if<GitBlob>(&place)) return Hash{Hash::Kind::git_blob, blob->oid.hex()};
  if (const auto* const object = std::get_if<LfsObject>(&place)) {
    return Hash{Hash::Kind::sha256, object->pointer.oid};
  }
  const auto* const object = std::get_if<DvcObject>(&place);
  if (object == nullptr || !object->inside.empty()) return std::nullopt;
  // What a directory's object hashes to is not changed for ends of lines.
  const bool is_text = object->layout == dvc::Layout::v2 && !object->is_directory;
  return Hash{is_text ? Hash::Kind::md5_dos2unix : Hash::Kind::md5, object->md5};
}

std::vector<Hash> hashes_of(const PlacedFile& file) {
  if (!file.hash) return {};
  const std::optional<Hash> own = hash_of(file.place);
  if (!own || own->kind == Hash::Kind::git_blob) return {*file.hash};
  // What a metafile has from DVC was made as DVC made it.
  if (own->value == file.hash->value) return {*own};
  return {*file.hash, *own};
}

}  // namespace mlem::artifact
