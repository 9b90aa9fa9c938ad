#include "artifact/dvc_listing.hpp"

#include "artifact/detail/dvc_program.hpp"
#include "artifact/file_proof.hpp"
#include "artifact/hash.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace mlem::artifact {

source::Refusal offline_refusal() {
  return {Verdict::unreachable, "its bytes are not on this machine", "run the command without --offline"};
}

DvcListing list_dvc_directory(Stores& stores, TransferEngine& engine, const StoredFile& directory,
                              const std::optional<std::string>& path_for_dvc) {
  using source::Refusal;
  const PlacedFile& file = *directory.file;
  const std::optional<Hash> own = hash_of(file.place);
  const std::optional<std::uint64_t> size = size_of(file.place);
  if (size && file.size && *size != *file.size) {
    return Refusal{Verdict::artifact_mismatch, wrong_size_text(*size, *file.size), {}};
  }
  if (own && file.hash && own->value != file.hash->value) {
    return Refusal{
        Verdict::artifact_mismatch, "DVC has recorded '" + own->value + "' for it, and the metafile another hash", {}};
  }
  bool is_page = false;
  try {
    std::string text;
    if (const auto path = stores.find_file(directory)) {
      text = load_file(*path, max_dvc_directory_size).value_or("");
    } else if (const auto why = stores.why_external(directory);
               why && !(path_for_dvc && stores.is_for_dvc(directory))) {
      return External{*why};
    } else if (engine.settings().offline) {
      return offline_refusal();
    } else if (why) {
      auto list = detail::list_by_dvc({stores.dvc_address(), directory.commit, *path_for_dvc, true}, engine.settings());
      if (auto* const refusal = std::get_if<Refusal>(&list)) return std::move(*refusal);
      text = std::get<std::string>(std::move(list));
    } else {
      auto transfer = stores.transfer(directory);
      if (auto* const refusal = std::get_if<Refusal>(&transfer)) return std::move(*refusal);
      std::get<Transfer>(transfer).limit = max_dvc_directory_size;
      TransferResult result = engine.run(std::get<Transfer>(std::move(transfer)));
      if (result.refusal) return std::move(*result.refusal);
      text = std::move(result.body);
      is_page = to_lower_ascii(result.content_type).starts_with("text/html");
    }
    if (own) {
      HashCheck check(*own, text.size());
      check.update(text);
      const bool is_it = check.matches();
      if (!is_it && is_page)
        return Refusal{Verdict::unreachable, "the list of its files is a page", "it may be a page to log in on"};
      if (!is_it)
        return Refusal{Verdict::artifact_mismatch, "the list of its files has another hash than is recorded", {}};
    }
    return parse_dvc_directory(text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return Refusal{Verdict::artifact_mismatch, error.what(), {}};
  }
}

}  // namespace mlem::artifact
