#pragma once

#include "artifact/dvc_config.hpp"
#include "artifact/dvc_http_remote.hpp"
#include "artifact/lfs_client.hpp"
#include "artifact/object_answer.hpp"
#include "artifact/place.hpp"
#include "artifact/transfer.hpp"
#include "base/file.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/settings.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mlem::artifact {

/// A file of an object, and the commit that has the object: the configuration of its stores is there.
struct StoredFile {
  const PlacedFile* file = nullptr;
  Oid commit;
};

/// Where a source keeps the bytes that Git does not have: Git LFS and DVC, on this machine or on servers.
class Stores {
 public:
  /// `url` is the address of the source. All must outlive this.
  Stores(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, TransferEngine& engine);
  ~Stores();
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  /// Reads what it takes of the source to find and transfer these files, and those that turn out to be pointers of Git
  /// LFS: after that the source is not asked, and may be gone.
  void prepare(const std::vector<StoredFile>& files);

  /// Returns the file of this machine that has the bytes; nothing if they are elsewhere, nowhere, or Git has them.
  std::optional<fs::path> find_file(const StoredFile& file);

  /// Returns why only another program gets at the bytes; nothing if find_file(), ask() and transfer() can be used.
  std::optional<std::string> why_external(const StoredFile& file);

  /// Whether the program `dvc` of this machine gets at bytes of which why_external() tells why. Whatever that depends
  /// on is known after prepare().
  bool is_for_dvc(const StoredFile& file);
  /// Returns what it knows the source by.
  const std::string& dvc_address() const noexcept { return dvc_address_; }

  /// Returns where Git LFS has the object of a pointer, as git-lfs may be given it; empty: it has to find that out. Or
  /// why nobody may ask there.
  std::variant<std::string, source::Refusal> lfs_address(const StoredFile& file);
  /// Whether git-lfs may know another way by ssh than LfsClient, to which the server has said no.
  bool may_be_for_git_lfs(const StoredFile& file);

  /// Asks servers whether they have the bytes, for each file in its order, and takes none of them.
  std::vector<ObjectAnswer> ask(const std::vector<StoredFile>& files);

  /// Returns the transfer of the bytes, to be given `begin` and `take`, or why there is none.
  std::variant<Transfer, source::Refusal> transfer(const StoredFile& file);

 private:
  struct Lfs;
  struct Dvc;
  Lfs& lfs_at(const Oid& commit);
  Dvc& dvc_of(const DvcObject& object);
  void set_up(Dvc& dvc, const DvcObject& object);
  static void let_dvc_fetch(Dvc& dvc, const UsableDvcRemote& usable, const DvcConfig& committed);
  std::optional<fs::path> find_imported(const Place& place) const;
  std::optional<std::string> read_at(const Oid& commit, const std::string& path);

  source::Conversation& source_;
  const RepoUrl& url_;
  const source::Settings& settings_;
  TransferEngine& engine_;
  std::optional<fs::path> imported_;  ///< where an import has put files
  std::string dvc_address_;
  std::optional<bool> has_dvc_{};                    ///< none: nobody has looked yet
  std::map<std::string, std::unique_ptr<Lfs>> lfs_;  ///< by what `.lfsconfig` says
  std::map<Oid, Lfs*> lfs_by_commit_;
  std::map<std::string, std::unique_ptr<Dvc>> dvc_;  ///< by project, its configuration and the name of the remote
};

}  // namespace mlem::artifact
