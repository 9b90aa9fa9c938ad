#include "artifact/model_signature.hpp"
#include "artifact/model_signer.hpp"
#include "model/repo_path.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace artifact = mlem::artifact;
using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

/// Files are below the signature, in order, and each once; the parts of one make it whole.
void check_manifest(std::string_view text) {
  const artifact::SignedManifest manifest = artifact::parse_signed_manifest(text);
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    const artifact::SignedFile& file = manifest.files[i];
    require(file.path == artifact::SignedManifest::only_file || mlem::RepoPath::parse(file.path).text() == file.path);
    require(i == 0 || manifest.files[i - 1].path < file.path);
    require(manifest.find(file.path) == &file);
    require(file.size.has_value() == manifest.shard_size.has_value());
    if (file.size) require((*file.size - 1) / *manifest.shard_size + 1 == file.digests.size());
  }
}

/// Nobody is trusted whose key is not.
void check_bundle(std::string_view text) {
  static const artifact::ModelSigner nobody = artifact::ModelSigner::parse(
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXSjGgd/SFbWuYBgiQlz64iiqaLP1\n"
      "YLPMZttJ8+a+VtXzRaJkDpHpxQL0UiSoezuLM+HUhJxcqXwme76LMgOI7w==\n"
      "-----END PUBLIC KEY-----\n");
  const artifact::ModelSignature signature = artifact::parse_model_signature(text);
  require(nobody.verify(signature, 1'790'000'000).kind != artifact::ModelSigner::Answer::Kind::yes);
  check_unless_refused(check_manifest, signature.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_unless_refused(check_bundle, text);
  check_unless_refused(check_manifest, text);
  return 0;
}
