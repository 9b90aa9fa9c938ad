#include "bundle/bundle_reader.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"

#include <cstddef>

namespace mlem::bundle {

BundleReader::BundleReader(const fs::path& file, Interrupt* interrupt)
    : file_(file == "-" ? InputFile(interrupt) : InputFile(file)),
      tar_([this](char* buffer, std::size_t size) { return file_.read(buffer, size); }) {
  const auto member = tar_.next();
  if (!member || member->name != manifest_name || member->size > max_manifest_size) {
    throw Error(ErrorKind::invalid, "not a bundle of git mlem", "it does not begin with a manifest");
  }
  std::string text;
  tar_.take([&](std::string_view piece) { text += piece; });
  id_ = sha256_hex(text);
  manifest_ = parse_manifest(text);
}

void BundleReader::read(const Sinks& sinks) {
  if (manifest_.registry.pack) read_part(registry_pack_name, *manifest_.registry.pack, sinks.registry_pack());
  for (std::size_t i = 0; i < manifest_.sources.size(); ++i) {
    const BundledSource& source = manifest_.sources[i];
    if (source.pack) read_part(pack_name(i), *source.pack, sinks.pack(source));
  }
  if (!sinks.artifact) return;
  for (const Part& artifact : manifest_.artifacts) {
    read_part(artifact_name(artifact.sha256), artifact, sinks.artifact(artifact));
  }
  if (const auto more = tar_.next()) {
    throw Error(ErrorKind::invalid, "the bundle is not whole", "it has more than its manifest says");
  }
}

void BundleReader::read_part(const std::string& name, const Part& part, const Sink& sink) {
  const auto member = tar_.next();
  if (!member || member->name != name || member->size != part.size) {
    throw Error(ErrorKind::invalid, "the bundle is not whole", "'" + name + "' is not where its manifest says");
  }
  Digest digest(Digest::Algorithm::sha256);
  tar_.take([&](std::string_view piece) {
    digest.update(piece);
    sink.take(piece);
  });
  if (digest.finish() != part.sha256) {
    throw Error(ErrorKind::invalid, "the bundle is not whole", "'" + name + "' has other bytes than its manifest says");
  }
  sink.end();
}

}  // namespace mlem::bundle
