#include "artifact/detail/first_refusal.hpp"

#include "artifact/file_proof.hpp"
#include "base/text.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace mlem::artifact::detail {

bool FirstRefusal::is_set() const {
  const std::lock_guard lock(mutex_);
  return refusal_.verdict != Verdict::ok;
}

source::Refusal FirstRefusal::get() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

void FirstRefusal::clear() {
  const std::lock_guard lock(mutex_);
  refusal_ = {};
}

std::optional<std::uint32_t> FirstRefusal::origin() const {
  const std::lock_guard lock(mutex_);
  return origin_;
}

void FirstRefusal::set(source::Refusal refusal) { set(std::move(refusal), std::nullopt); }

void FirstRefusal::set(source::Refusal refusal, std::optional<std::uint32_t> origin) {
  const std::lock_guard lock(mutex_);
  if (refusal_.verdict != Verdict::ok) return;
  refusal_ = std::move(refusal);
  origin_ = origin;
}

void FirstRefusal::set(const PlacedFile& file, Verdict verdict, const std::string& what, const std::string& why,
                       std::string hint) {
  const std::string& name = file.path.empty() ? file.name : file.path;
  set({verdict,
       (name.empty() ? std::string("a file") : "'" + escape_for_terminal(name) + "'") + " " + what +
           (why.empty() ? "" : ": " + why),
       std::move(hint)},
      file.origin);
}

void FirstRefusal::set(const PlacedFile& file, source::Refusal refusal) {
  const char* const what = refusal.verdict == Verdict::artifact_missing    ? "is missing"
                           : refusal.verdict == Verdict::artifact_mismatch ? "is not what is recorded"
                                                                           : "cannot be fetched";
  set(file, refusal.verdict, what, refusal.message, std::move(refusal.hint));
}

void FirstRefusal::set_external(const PlacedFile& file, const std::string& why) {
  const char* const hint = std::holds_alternative<LfsObject>(file.place)
                               ? "'git lfs pull' in a clone of the source gets it"
                           : std::holds_alternative<DvcObject>(file.place) ? "'dvc get' gets it, where DVC is installed"
                                                                           : "";
  set(file, Verdict::unreachable, "is where only another program gets at it", why, hint);
}

void FirstRefusal::require_fetchable(const StoredFile& stored, Stores& stores) {
  const PlacedFile& file = *stored.file;
  if (const auto* const forbidden = std::get_if<Forbidden>(&file.place)) {
    return set(file, Verdict::forbidden, "may not be read", forbidden->why);
  }
  if (const auto* const missing = std::get_if<Missing>(&file.place)) {
    return set(file, Verdict::artifact_missing, "is missing", missing->why);
  }
  const auto* const external = std::get_if<External>(&file.place);
  const auto why = external != nullptr ? std::optional(external->why) : stores.why_external(stored);
  if (why && !stores.is_for_dvc(stored)) return set_external(file, *why);
  if (!file.flaw.empty()) return set(file, Verdict::artifact_mismatch, "is not what is recorded", file.flaw);
  const auto size = size_of(file.place);
  if (size && file.size && *size != *file.size) {
    set(file, Verdict::artifact_mismatch, "is not what is recorded", wrong_size_text(*size, *file.size));
  }
}

}  // namespace mlem::artifact::detail
