#pragma once

#include "base/file.hpp"

#include "bundle/manifest.hpp"
#include "bundle/tar.hpp"

#include <functional>
#include <optional>
#include <string>

namespace mlem::bundle {

/// Reads a bundle once, from its beginning to its end: from a file, or from what is piped to this program.
class BundleReader {
 public:
  /// Reads the manifest. `file` is `-` for stdin; `interrupt` ends waiting for that, and may be null. Throws Error(io),
  /// and Error(invalid) if it is not a bundle.
  explicit BundleReader(const fs::path& file, Interrupt* interrupt = nullptr);

  const Manifest& manifest() const noexcept { return manifest_; }
  /// What names the bundle: the SHA-256 of its manifest, which names all else.
  const std::string& id() const noexcept { return id_; }

  /// Where the bytes of a part go.
  struct Sink {
    TakeBytes take;
    std::function<void()> end;  ///< all have come, and are those that the manifest names
  };
  /// Returns where a part is to go; called for each, in their order.
  struct Sinks {
    std::function<Sink()> registry_pack;
    std::function<Sink(const BundledSource& source)> pack;
    std::function<Sink(const Part& artifact)> artifact;  ///< empty: they are not read
  };
  /// Reads all that follows the manifest. Throws Error(invalid) if that is not what the manifest says, to its last
  /// byte.
  void read(const Sinks& sinks);

 private:
  void read_part(const std::string& name, const Part& part, const Sink& sink);
  InputFile file_;
  TarReader tar_;
  std::string id_;
  Manifest manifest_;
};

}  // namespace mlem::bundle
