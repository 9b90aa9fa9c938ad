#pragma once

#include "artifact/dvc_config.hpp"
#include "artifact/login.hpp"
#include "artifact/object_answer.hpp"
#include "artifact/transfer.hpp"
#include "model/dvc.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// A remote of DVC, as far as its configuration may be used.
struct UsableDvcRemote {
  DvcRemote remote;                     ///< without a password, but for one that this machine has for itself
  bool has_committed_password = false;  ///< which is not used, for it may be anybody's
};

/// Returns the remote `name` (empty: the default one) of a source. `committed` is `.dvc/config` of its commit, and
/// `local` its `.dvc/config.local` if it is a directory of this machine, else null. Nothing: there is no such remote.
std::optional<UsableDvcRemote> find_usable_remote(const DvcConfig& committed, const DvcConfig* local,
                                                  std::string_view name);

/// An object that is asked for.
struct DvcWanted {
  std::string md5{};
  dvc::Layout layout = dvc::Layout::v2;
  std::optional<std::uint64_t> size{};  ///< in bytes, if it is known; not of a directory, which is a list then
};

/// Asks a remote of DVC by HTTP for objects. Several threads may. insteadOf of git-config(1) is not applied, as DVC
/// does not.
class DvcHttpRemote {
 public:
  /// `remote` is of kind http. `engine` must outlive it.
  DvcHttpRemote(UsableDvcRemote remote, TransferEngine& engine);

  /// Asks whether objects exist, for each in its order, without a byte of them, or with one where the server refuses
  /// HEAD. Throws Interrupted, and Error(unavailable) if there is no libcurl.
  std::vector<ObjectAnswer> ask(const std::vector<DvcWanted>& wanted);

  /// Returns the transfer of an object, to be given `begin` and `take`, within the life of this.
  Transfer transfer(const DvcWanted& wanted);

 private:
  std::string url_of(const DvcWanted& wanted) const;
  Transfer request(const DvcWanted& wanted, Transfer::Method method) const;
  ObjectAnswer ask_one(const DvcWanted& wanted);
  source::Refusal with_hint(source::Refusal refusal) const;

  UsableDvcRemote remote_;
  TransferEngine* engine_;
  Login login_;
};

}  // namespace mlem::artifact
