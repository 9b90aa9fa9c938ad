#include "artifact/locate.hpp"

#include "artifact/detail/dvc_lookup.hpp"
#include "artifact/detail/symlink_target.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

// The objects are gone through one after the other, and their files get a place by what the trees say. Then every kind
// of file that has to be read is read for all objects together: the files of DVC, in rounds, for one may lead to the
// next; the targets of symbolic links; the blobs that are small enough to be pointers of Git LFS. A link or pointer
// that many files share is read once. An object with too many files loses them before any blob is read for them.

namespace mlem::artifact {
namespace {

constexpr std::size_t longest_target = 4096;
constexpr std::uint32_t mode_program = 0100755;

Place place_of_link(std::uint32_t mode) {
  const bool is_symlink = (mode & git::mode_type_mask) == git::mode_symlink;
  return Forbidden{is_symlink ? "a symbolic link" : "a submodule"};
}

/// Whether a name below a tree is one that may be written.
bool is_writable_name(const std::string& path) {
  try {
    return RepoPath::parse(path).text() == path;
  } catch (const Error&) {
    return false;
  }
}

/// Distinct blobs, in the order in which they are met.
class Blobs {
 public:
  std::size_t add(const Oid& oid) {
    const auto [place, is_new] = places_.try_emplace(oid, oids_.size());
    if (is_new) oids_.push_back(oid);
    return place->second;
  }
  const std::vector<Oid>& oids() const noexcept { return oids_; }
  std::size_t place_of(const Oid& oid) const { return places_.at(oid); }

 private:
  std::vector<Oid> oids_;
  std::unordered_map<Oid, std::size_t> places_;
};

class Locator {
 public:
  Locator(git::Repository& repository, const std::vector<Wanted>& wanted, std::size_t limit)
      : repository_(&repository), wanted_(&wanted), limit_(limit), located_(wanted.size()), dvc_(repository) {}

  std::vector<Located> run() {
    for (object_ = 0; object_ < wanted_->size(); ++object_) {
      if (wanted().kind == Wanted::Kind::declared) {
        for (const Declared& declared : wanted().declared) add_declared(declared);
      } else {
        add_plain();
      }
      if (located().files.size() <= limit_) continue;
      located().files = std::vector<PlacedFile>();
      located().directories.clear();
      std::erase_if(searches_, [this](const Search& search) { return search.object == object_; });
      located().flaw = "it has more than " + std::to_string(limit_) + " files";
    }
    search_dvc();
    read_links();
    recognise_pointers();
    require_configs();
    for_each_file([](Located& /*located*/, PlacedFile& file) {
      if (!file.size) file.size = size_of(file.place);
      if (!file.hash) file.hash = hash_of(file.place);
    });
    for (Located& located : located_) sort_missing(located);
    return std::move(located_);
  }

 private:
  /// A file that Git does not have.
  struct Search {
    std::size_t object;
    std::size_t file;
    std::string path;  ///< from the root of the tree
  };

  const Wanted& wanted() const { return (*wanted_)[object_]; }
  Located& located() { return located_[object_]; }

  template <typename Visit>
  void for_each_file(Visit visit) {
    for (Located& located : located_) {
      for (PlacedFile& file : located.files) visit(located, file);
    }
  }

  static void sort_missing(Located& located) {
    std::sort(located.missing.begin(), located.missing.end());
    located.missing.erase(std::unique(located.missing.begin(), located.missing.end()), located.missing.end());
  }

  void add_declared(const Declared& declared) {
    PlacedFile file{.name = declared.name, .path = declared.below, .mode = git::mode_file, .size = declared.size};
    file.flaw = declared.flaw;
    if (!declared.md5.empty()) {
      file.hash = Hash{declared.is_md5_of_text ? Hash::Kind::md5_dos2unix : Hash::Kind::md5, declared.md5};
    }
    if (declared.kind != Declared::Kind::in_tree) {
      if (declared.kind == Declared::Kind::external) {
        file.place = External{declared.why};
      } else {
        file.place = Forbidden{declared.why};
      }
      located().files.push_back(std::move(file));
      return;
    }
    const git::Lookup found = find(declared.path);
    if (found.state == git::Lookup::State::found && git::is_directory(found.entry)) {
      PlacedDirectory record{.first = located().files.size(),
                             .name = declared.name,
                             .path = declared.below,
                             .size = declared.size,
                             .md5 = declared.md5,
                             .flaw = declared.flaw};
      if (!record.md5.empty() && !record.md5.ends_with(".dir"))
        record.flaw = "it is a directory, and the metafile records the hash of a file";
      add_directory(declared.path, file, Wanted::Kind::declared);
      record.count = located().files.size() - record.first;
      if (record.size || !record.md5.empty() || !record.flaw.empty())
        located().directories.push_back(std::move(record));
      return;
    }
    const bool is_absent = found.state == git::Lookup::State::absent;
    if (found.state == git::Lookup::State::found) {
      set_entry(file, found.entry);
      if (declared.md5.ends_with(".dir")) file.flaw = "it is a file, and the metafile records the hash of a directory";
    } else {
      file.place = place_of_absent(declared.path, is_absent);
    }
    if (is_absent && std::holds_alternative<Missing>(file.place)) {
      searches_.push_back({object_, located().files.size(), declared.path});
    }
    located().files.push_back(std::move(file));
  }

  void add_plain() {
    const std::string& path = wanted().path;
    const bool wants_tree = wanted().kind == Wanted::Kind::tree;
    const git::Lookup found = find(path);
    PlacedFile file{.path = wants_tree ? "" : path.substr(path.rfind('/') + 1), .mode = git::mode_file};
    const bool is_found = found.state == git::Lookup::State::found;
    if (is_found && wants_tree && git::is_directory(found.entry)) {
      add_directory(path, {}, Wanted::Kind::tree);
      return;
    }
    if (is_found && !wants_tree && !git::is_directory(found.entry)) {
      set_entry(file, found.entry);
    } else if (is_found) {
      file.place = Missing{"'" + path + (wants_tree ? "' is not a directory" : "' is a directory")};
    } else {
      file.place = place_of_absent(path, found.state == git::Lookup::State::absent);
    }
    located().files.push_back(std::move(file));
  }

  /// Adds what is in a directory of the tree. `sample` has what its files have in common, and the directory's path.
  void add_directory(const std::string& directory, const PlacedFile& sample, Wanted::Kind kind) {
    const std::size_t prefix = directory.empty() ? 0 : directory.size() + 1;
    const auto missing =
        repository_->walk(wanted().commit, directory, [&](const std::string& name, const git::Entry& entry) {
          PlacedFile file{.name = sample.name, .path = join(sample.path, std::string_view(name).substr(prefix))};
          set_entry(file, entry);
          if (!is_writable_name(file.path)) {
            file.path.clear();
            file.place = Forbidden{"'" + escape_for_terminal(name) + "' is not a name that may be written"};
          } else if (kind == Wanted::Kind::tree && (entry.mode & git::mode_type_mask) == git::mode_symlink) {
            file.place = Symlink{entry.oid};
          }
          located().files.push_back(std::move(file));
          return located().files.size() <= limit_;
        });
    located().missing.insert(located().missing.end(), missing.begin(), missing.end());
  }

  static void set_entry(PlacedFile& file, const git::Entry& entry) {
    file.mode = entry.mode;
    if (git::is_regular(entry)) {
      file.place = GitBlob{entry.oid};
    } else {
      file.place = place_of_link(entry.mode);
    }
  }

  git::Lookup find(const std::string& path) {
    git::Lookup found = repository_->find(wanted().commit, path);
    if (found.missing) located().missing.push_back(*found.missing);
    return found;
  }

  /// Returns what is on the way to a path at which there is nothing.
  Place place_of_absent(const std::string& path, bool is_known) {
    if (!is_known) return Missing{"the repository lacks a directory of '" + path + "'"};
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string parent = path.substr(0, slash);
      const git::Lookup found = find(parent);
      if (found.state != git::Lookup::State::found) break;
      if (git::is_directory(found.entry)) continue;
      if (git::is_regular(found.entry)) break;
      const bool is_symlink = (found.entry.mode & git::mode_type_mask) == git::mode_symlink;
      return Forbidden{"'" + parent + "' is a " + (is_symlink ? "symbolic link" : "submodule")};
    }
    return Missing{"there is nothing at '" + path + "'"};
  }

  void search_dvc() {
    while (!searches_.empty()) {
      std::vector<Search> waiting;
      for (Search& search : searches_) {
        detail::DvcLookup::Answer answer = dvc_.find((*wanted_)[search.object].commit, search.path);
        Located& located = located_[search.object];
        if (answer.missing) {
          located.missing.push_back(*answer.missing);
        } else if (answer.place) {
          PlacedFile& file = located.files[search.file];
          file.place = *std::move(answer.place);
          const auto* const object = std::get_if<DvcObject>(&file.place);
          if (object != nullptr && object->is_executable) file.mode = mode_program;
        } else {
          waiting.push_back(std::move(search));
        }
      }
      searches_ = std::move(waiting);
      dvc_.read();
    }
  }

  void read_links() {
    Blobs blobs;
    for_each_file([&](Located& /*located*/, const PlacedFile& file) {
      if (const auto* const link = std::get_if<Symlink>(&file.place)) blobs.add(link->blob);
    });
    if (blobs.oids().empty()) return;
    std::vector<std::optional<std::string>> targets(blobs.oids().size());
    const std::vector<std::optional<std::uint64_t>> sizes = repository_->blob_sizes(blobs.oids());
    repository_->read_blobs(blobs.oids(), longest_target,
                            [&](std::size_t i, const std::optional<std::string_view>& target) {
                              if (target) targets[i] = *target;
                              return true;
                            });
    for_each_file([&](Located& located, PlacedFile& file) {
      auto* const link = std::get_if<Symlink>(&file.place);
      if (link == nullptr) return;
      const std::size_t i = blobs.place_of(link->blob);
      if (!sizes[i]) {
        located.missing.push_back(link->blob);
      } else if (!targets[i]) {
        file.place = Forbidden{"a symbolic link that is too long"};
      } else if (std::string why = detail::why_target_forbidden(file.path, *targets[i]); !why.empty()) {
        file.place = Forbidden{std::move(why)};
      } else {
        link->target = *targets[i];
      }
    });
  }

  /// Asks the size of each blob, and reads those that are small enough for a pointer.
  void recognise_pointers() {
    Blobs blobs;
    for_each_file([&](Located& /*located*/, const PlacedFile& file) {
      if (const auto* const blob = std::get_if<GitBlob>(&file.place)) blobs.add(blob->oid);
    });
    if (blobs.oids().empty()) return;
    const std::vector<std::optional<std::uint64_t>> sizes = repository_->blob_sizes(blobs.oids());
    std::vector<Oid> small;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      // The empty file needs no pointer.
      if (sizes[i] && *sizes[i] > 0 && *sizes[i] < lfs_pointer_cutoff) small.push_back(blobs.oids()[i]);
    }
    std::unordered_map<Oid, LfsPointer> pointers;
    repository_->read_blobs(small, lfs_pointer_cutoff, [&](std::size_t i, const std::optional<std::string_view>& text) {
      const auto pointer = text ? parse_lfs_pointer(*text) : std::nullopt;
      if (pointer) pointers.emplace(small[i], *pointer);
      return true;
    });
    for_each_file([&](Located& /*located*/, PlacedFile& file) {
      auto* const blob = std::get_if<GitBlob>(&file.place);
      if (blob == nullptr) return;
      blob->size = sizes[blobs.place_of(blob->oid)];
      const auto pointer = pointers.find(blob->oid);
      if (pointer != pointers.end()) file.place = LfsObject{pointer->second, blob->oid};
    });
  }

  /// Without the configuration of DVC, nobody knows where its remote is.
  void require_configs() {
    std::unordered_map<Oid, bool> is_here;
    for_each_file([&](Located& located, const PlacedFile& file) {
      const auto* const object = std::get_if<DvcObject>(&file.place);
      if (object == nullptr || !object->config) return;
      const auto [config, is_new] = is_here.try_emplace(*object->config, false);
      if (is_new) config->second = repository_->has(*object->config);
      if (!config->second) located.missing.push_back(*object->config);
    });
  }

  git::Repository* repository_;
  const std::vector<Wanted>* wanted_;
  std::size_t limit_;
  std::vector<Located> located_;
  std::size_t object_ = 0;  ///< the one that is looked at
  std::vector<Search> searches_;
  detail::DvcLookup dvc_;
};

}  // namespace

std::vector<Located> locate(git::Repository& repository, const std::vector<Wanted>& wanted, std::size_t limit) {
  return Locator(repository, wanted, limit).run();
}

std::vector<PlacedFile> expand_dvc_directory(const PlacedFile& directory, const std::vector<DvcEntry>& entries) {
  const auto& object = std::get<DvcObject>(directory.place);
  std::vector<PlacedFile> files;
  for (const DvcEntry& entry : entries) {
    const bool is_it = entry.path == object.inside;
    if (!is_it && !is_below(entry.path, object.inside)) continue;
    DvcObject part = object;
    part.md5 = entry.md5;
    part.size.reset();
    part.is_directory = false;
    part.inside.clear();
    part.listed_as = entry.path;
    PlacedFile file{.name = directory.name, .path = directory.path, .mode = directory.mode};
    if (is_it) {
      file.size = directory.size;
      file.hash = directory.hash;
    } else {
      const std::size_t prefix = object.inside.empty() ? 0 : object.inside.size() + 1;
      file.path = join(directory.path, std::string_view(entry.path).substr(prefix));
    }
    // An import names the directory; where it is from, this file is below that.
    if (part.import) part.import->path = join(part.import->path, entry.path);
    file.place = std::move(part);
    if (!file.hash) file.hash = hash_of(file.place);
    files.push_back(std::move(file));
  }
  if (!files.empty() || object.inside.empty()) return files;
  PlacedFile missing = directory;
  missing.place = Missing{"the directory that DVC tracks has nothing at '" + object.inside + "'"};
  return {std::move(missing)};
}

}  // namespace mlem::artifact
