#pragma once

#include "artifact/model_signature.hpp"
#include "base/file.hpp"

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

namespace mlem::artifact {

/// Whoever is trusted to sign models: the holders of keys, or those whom authorities have given certificates.
class ModelSigner {
 public:
  /// Reads the file of trust, PEM: public keys on the curves that the specification has (P-256, P-384, P-521), and
  /// certificates of authorities. Throws Error(invalid) if it has neither, something else, or a key of another kind.
  static ModelSigner parse(std::string_view pem);
  /// The same from a file. Throws Error(not_found) if there is none, Error(io) if it cannot be read.
  static ModelSigner load(const fs::path& file);

  ModelSigner(ModelSigner&& other) noexcept;
  ModelSigner& operator=(ModelSigner&& other) noexcept;
  ~ModelSigner();

  /// Whether a signature was made by who is trusted.
  struct Answer {
    enum class Kind { yes, no, undecided };
    Kind kind = Kind::no;
    std::string why{};  ///< unless `yes`
  };
  /// Verifies the signature, by the key or by the chain of certificates in it as they are valid at `now`, in seconds
  /// since 1970. Asks nobody. What was made without a key of its own cannot be decided so.
  Answer verify(const ModelSignature& signature, std::time_t now) const;

 private:
  struct Trust;
  explicit ModelSigner(std::unique_ptr<Trust> trust);
  std::unique_ptr<Trust> trust_;
};

}  // namespace mlem::artifact
