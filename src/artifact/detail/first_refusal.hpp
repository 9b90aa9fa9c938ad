#pragma once

#include "artifact/place.hpp"
#include "artifact/stores.hpp"
#include "model/verdict.hpp"
#include "source/refusal.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace mlem::artifact::detail {

/// Why the files of an object cannot be had: of several reasons, which threads may find, the first.
class FirstRefusal {
 public:
  bool is_set() const;
  source::Refusal get() const;
  /// Returns PlacedFile::origin of the file that it is about, if it is about one.
  std::optional<std::uint32_t> origin() const;
  void clear();

  void set(source::Refusal refusal);
  /// `<file> <what>: <why>`.
  void set(const PlacedFile& file, Verdict verdict, const std::string& what, const std::string& why = {},
           std::string hint = {});
  /// What a store has said of a file.
  void set(const PlacedFile& file, source::Refusal refusal);
  void set_external(const PlacedFile& file, const std::string& why);
  /// Sets it if nobody can get the file, of which that is known before it is fetched.
  void require_fetchable(const StoredFile& stored, Stores& stores);

 private:
  void set(source::Refusal refusal, std::optional<std::uint32_t> origin);

  mutable std::mutex mutex_;
  source::Refusal refusal_;
  std::optional<std::uint32_t> origin_;
};

}  // namespace mlem::artifact::detail
