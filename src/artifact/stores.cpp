#include "artifact/stores.hpp"

#include "artifact/detail/dvc_program.hpp"
#include "artifact/dvc_directory.hpp"
#include "artifact/lfs_store.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "source/entry_import.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <utility>

// Which stores a file may be in depends on its commit's `.lfsconfig`, or on the configuration of its project of DVC.
// Each configuration that differs from the others becomes a client once, or the reason why there is none; all of its
// files share that. So the source is read first, and the servers can be asked without it, each for all of its files
// together. What is wrong with one configuration fails the files that it is for and no others.

namespace mlem::artifact {
namespace {

constexpr std::size_t max_config = std::size_t{1} << 20;

bool is_file(const fs::path& path) {
  boost::system::error_code failure;
  return fs::symlink_status(path, failure).type() == fs::regular_file;
}

/// The directory that an option or an address of DVC names, from the directory of the configuration file.
fs::path directory_of(const std::string& text, const fs::path& configuration) {
  constexpr std::string_view scheme = "file://";
  return fs::absolute(text.starts_with(scheme) ? text.substr(scheme.size()) : text, configuration);
}

/// Whether an address of http(s) names a server. libcurl would take the first part of the path for it.
bool has_host(std::string_view url) {
  std::string_view authority = url.substr(url.find("://") + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  return !authority.substr(0, authority.find(':')).empty();
}

DvcWanted wanted_of(const DvcObject& object) {
  return {.md5 = object.md5, .layout = object.layout, .size = object.is_directory ? std::nullopt : object.size};
}

}  // namespace

/// Git LFS, as one `.lfsconfig` has it.
struct Stores::Lfs {
  std::optional<LfsClient> client{};
  source::Refusal refusal{};  ///< why there is none
};

/// A remote of a project of DVC.
struct Stores::Dvc {
  std::vector<fs::path> directories{};  ///< of this machine, that have objects
  std::optional<DvcHttpRemote> http{};
  std::string why_external{};  ///< why neither is of use
  bool is_for_dvc = false;     ///< to the program `dvc` it is
  source::Refusal refusal{Verdict::artifact_missing, "neither the cache nor a remote of DVC has it", {}};
};

Stores::Stores(source::Conversation& source, const RepoUrl& url, const source::Settings& settings,
               TransferEngine& engine)
    : source_(source),
      url_(url),
      settings_(settings),
      engine_(engine),
      imported_(source::find_imported_files(source.is_registry() ? nullptr : &url, settings)),
      dvc_address_(source.local() != nullptr ? from_current_directory(source.local()->root).string() : url.text()) {}

Stores::~Stores() = default;

std::optional<std::string> Stores::read_at(const Oid& commit, const std::string& path) {
  const git::Lookup found = source_.repository().find(commit, path);
  if (found.state != git::Lookup::State::found || !git::is_regular(found.entry)) return std::nullopt;
  const Oid& blob = found.entry.oid;
  if (source_.is_cached() && !source_.repository().has(blob)) {
    const auto lacks = source_.need_objects({{blob, commit}});
    if (!lacks.empty()) throw Error(ErrorKind::invalid, lacks.begin()->second.message);
  }
  return source_.repository().find_blob(blob, max_config);
}

Stores::Lfs& Stores::lfs_at(const Oid& commit) {
  const auto known = lfs_by_commit_.find(commit);
  if (known != lfs_by_commit_.end()) return *known->second;
  std::string configuration;
  source::Refusal refusal;
  try {
    configuration = read_at(commit, ".lfsconfig").value_or("");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    configuration = "\n" + commit.hex();  // which is none that could be read
    refusal = {Verdict::unreachable, "cannot read '.lfsconfig': " + std::string(error.what()), error.hint()};
  }
  auto& lfs = lfs_[configuration];
  if (!lfs) {
    lfs = std::make_unique<Lfs>();
    lfs->refusal = refusal;
    if (refusal.verdict == Verdict::ok) {
      auto endpoint = find_lfs_endpoint(url_, configuration, settings_);
      if (auto* const why = std::get_if<source::Refusal>(&endpoint))
        lfs->refusal = std::move(*why);
      else
        lfs->client.emplace(std::get<LfsEndpoint>(std::move(endpoint)), engine_);
    }
  }
  lfs_by_commit_.emplace(commit, lfs.get());
  return *lfs;
}

Stores::Dvc& Stores::dvc_of(const DvcObject& object) {
  const std::string key =
      object.project + "\n" + (object.config ? object.config->hex() : std::string()) + "\n" + object.remote;
  auto& dvc = dvc_[key];
  if (dvc) return *dvc;
  dvc = std::make_unique<Dvc>();
  try {
    set_up(*dvc, object);
  } catch (const Error& error) {
    // Other files of the source have nothing to do with what is written there.
    if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::io) throw;
    dvc = std::make_unique<Dvc>();
    dvc->refusal = {Verdict::unreachable, "cannot tell where DVC has it: " + std::string(error.what()), error.hint()};
  }
  return *dvc;
}

void Stores::set_up(Dvc& dvc, const DvcObject& object) {
  DvcConfig committed;
  if (object.config) {
    if (const auto text = source_.repository().find_blob(*object.config, max_config))
      committed = DvcConfig::parse(*text);
  }
  std::optional<DvcConfig> local;
  fs::path configuration;
  if (const source::LocalRepository* const here = source_.local()) {
    configuration = here->root / object.project / ".dvc";
    local.emplace();
    if (const auto text = load_file(configuration / "config.local", max_config)) local = DvcConfig::parse(*text);
    DvcConfig both = committed;
    both.overlay(*local);
    dvc.directories.push_back(directory_of(both.find("cache", "dir").value_or("cache"), configuration));
  }
  const auto usable = find_usable_remote(committed, local ? &*local : nullptr, object.remote);
  if (!usable) {
    dvc.refusal.message = object.remote.empty()
                              ? "DVC has no remote there that could have it"
                              : "DVC has no remote '" + escape_for_terminal(object.remote) + "' there";
  } else if (usable->remote.is_versioned) {
    dvc.why_external = "a remote of DVC that keeps versions by itself";
    let_dvc_fetch(dvc, *usable, committed);
  } else if (usable->remote.kind == DvcRemote::Kind::http) {
    if (!has_host(usable->remote.url)) {
      throw Error(ErrorKind::invalid,
                  "the address of its remote '" + escape_for_terminal(usable->remote.name) + "' names no server");
    }
    dvc.http.emplace(*usable, engine_);
  } else if (usable->remote.kind == DvcRemote::Kind::directory && local) {
    dvc.directories.push_back(directory_of(usable->remote.url, configuration));
  } else {
    const std::string scheme = usable->remote.url.substr(0, usable->remote.url.find("://"));
    dvc.why_external = usable->remote.kind == DvcRemote::Kind::directory ? "a remote of DVC on another machine"
                                                                         : "a remote of DVC by '" + scheme + "'";
    let_dvc_fetch(dvc, *usable, committed);
  }
}

/// Has the program `dvc` fetch from a remote of another machine, if what the source says of it does no harm.
void Stores::let_dvc_fetch(Dvc& dvc, const UsableDvcRemote& usable, const DvcConfig& committed) {
  if (usable.remote.kind != DvcRemote::Kind::other) return;
  const auto why_not = committed.why_not_for_dvc();
  if (why_not) dvc.why_external += ", and " + *why_not;
  dvc.is_for_dvc = !why_not;
}

void Stores::prepare(const std::vector<StoredFile>& files) {
  for (const StoredFile& stored : files) {
    const Place& place = stored.file->place;
    if (const auto* const object = std::get_if<DvcObject>(&place)) {
      if (!object->import) dvc_of(*object);
    } else if (!size_of(place) || std::holds_alternative<LfsObject>(place)) {
      lfs_at(stored.commit);
    }
  }
}

std::optional<fs::path> Stores::find_imported(const Place& place) const {
  const auto* const large = std::get_if<LfsObject>(&place);
  const auto* const tracked = std::get_if<DvcObject>(&place);
  if (!imported_ || (large == nullptr && tracked == nullptr)) return std::nullopt;
  fs::path path = large != nullptr ? lfs_object_path(*imported_ / "lfs", large->pointer.oid)
                                   : *imported_ / "dvc" / dvc_object_path(tracked->md5, tracked->layout);
  return is_file(path) ? std::optional(std::move(path)) : std::nullopt;
}

std::optional<fs::path> Stores::find_file(const StoredFile& stored) {
  const PlacedFile& file = *stored.file;
  if (auto imported = find_imported(file.place)) return imported;
  if (const auto* const object = std::get_if<LfsObject>(&file.place)) {
    const Lfs& lfs = lfs_at(stored.commit);
    return lfs.client ? lfs.client->find_local(object->pointer) : std::nullopt;
  }
  const auto* const object = std::get_if<DvcObject>(&file.place);
  if (object == nullptr || object->import || object->is_versioned) return std::nullopt;
  for (const fs::path& directory : dvc_of(*object).directories) {
    fs::path path = directory / dvc_object_path(object->md5, object->layout);
    if (is_file(path)) return path;
  }
  return std::nullopt;
}

std::optional<std::string> Stores::why_external(const StoredFile& stored) {
  const PlacedFile& file = *stored.file;
  if (find_imported(file.place)) return std::nullopt;
  if (const auto* const object = std::get_if<LfsObject>(&file.place)) {
    if (object->pointer.has_extensions) return "Git LFS keeps it in a form that an extension of the user's makes";
    return std::nullopt;
  }
  const auto* const object = std::get_if<DvcObject>(&file.place);
  if (object == nullptr) return std::nullopt;
  if (object->import) return "DVC imports it from another repository";
  if (object->is_versioned) return "a remote of DVC that keeps versions by itself";
  const Dvc& dvc = dvc_of(*object);
  if (dvc.http || dvc.why_external.empty()) return std::nullopt;
  return dvc.why_external;
}

bool Stores::is_for_dvc(const StoredFile& stored) {
  const auto* const object = std::get_if<DvcObject>(&stored.file->place);
  if (object == nullptr || object->import) return false;
  if (!dvc_of(*object).is_for_dvc) return false;
  if (!has_dvc_) has_dvc_ = detail::has_dvc(settings_);
  return *has_dvc_;
}

std::variant<std::string, source::Refusal> Stores::lfs_address(const StoredFile& stored) {
  const Lfs& lfs = lfs_at(stored.commit);
  if (!lfs.client) return lfs.refusal;
  return lfs.client->url();
}

bool Stores::may_be_for_git_lfs(const StoredFile& stored) {
  const Lfs& lfs = lfs_at(stored.commit);
  return lfs.client && lfs.client->lacks_authenticate();
}

std::vector<ObjectAnswer> Stores::ask(const std::vector<StoredFile>& files) {
  std::vector<ObjectAnswer> answers(files.size());
  std::map<Lfs*, std::vector<std::size_t>> by_lfs;
  std::map<Dvc*, std::vector<std::size_t>> by_dvc;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (std::holds_alternative<LfsObject>(files[i].file->place)) {
      by_lfs[&lfs_at(files[i].commit)].push_back(i);
    } else if (const auto* const object = std::get_if<DvcObject>(&files[i].file->place)) {
      by_dvc[&dvc_of(*object)].push_back(i);
    }
  }
  for (const auto& [lfs, numbers] : by_lfs) {
    std::vector<LfsPointer> pointers;
    for (const std::size_t i : numbers) pointers.push_back(std::get<LfsObject>(files[i].file->place).pointer);
    const std::vector<ObjectAnswer> some =
        lfs->client ? lfs->client->ask(pointers)
                    : std::vector<ObjectAnswer>(numbers.size(), ObjectAnswer::of(lfs->refusal));
    for (std::size_t i = 0; i < numbers.size(); ++i) answers[numbers[i]] = some[i];
  }
  for (const auto& [dvc, numbers] : by_dvc) {
    std::vector<DvcWanted> wanted;
    for (const std::size_t i : numbers) wanted.push_back(wanted_of(std::get<DvcObject>(files[i].file->place)));
    const std::vector<ObjectAnswer> some =
        dvc->http ? dvc->http->ask(wanted) : std::vector<ObjectAnswer>(numbers.size(), ObjectAnswer::of(dvc->refusal));
    for (std::size_t i = 0; i < numbers.size(); ++i) answers[numbers[i]] = some[i];
  }
  return answers;
}

std::variant<Transfer, source::Refusal> Stores::transfer(const StoredFile& stored) {
  if (const auto* const object = std::get_if<LfsObject>(&stored.file->place)) {
    Lfs& lfs = lfs_at(stored.commit);
    if (!lfs.client) return lfs.refusal;
    return lfs.client->transfer(object->pointer);
  }
  const auto& object = std::get<DvcObject>(stored.file->place);
  Dvc& dvc = dvc_of(object);
  if (!dvc.http) return dvc.refusal;
  return dvc.http->transfer(wanted_of(object));
}

}  // namespace mlem::artifact
