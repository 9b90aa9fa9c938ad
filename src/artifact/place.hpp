#pragma once

#include "artifact/hash.hpp"
#include "artifact/lfs_pointer.hpp"
#include "model/dvc.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mlem::artifact {

/// Git has the file itself.
struct GitBlob {
  Oid oid;
  std::optional<std::uint64_t> size{};  ///< in bytes; none: the repository lacks it, and it may be a pointer

  friend bool operator==(const GitBlob&, const GitBlob&) = default;
};

/// Git has a pointer, Git LFS the file.
struct LfsObject {
  LfsPointer pointer;
  Oid blob;  ///< the pointer

  friend bool operator==(const LfsObject&, const LfsObject&) = default;
};

/// DVC has the file, or a directory of which nobody knows the files before its object is read: expand_dvc_directory().
struct DvcObject {
  std::string md5;  ///< as dvc::Output has it
  dvc::Layout layout = dvc::Layout::v2;
  std::optional<std::uint64_t> size{};  ///< in bytes; of a directory all its files
  bool is_directory = false;
  std::string inside{};     ///< of a directory: only what is at this path in it
  std::string listed_as{};  ///< of a file of a directory that DVC tracks: its path in that
  std::string remote{};     ///< as dvc::Output has it, as the next three
  bool is_pushed = true;
  bool is_versioned = false;
  bool is_executable = false;
  std::string project{};                ///< the directory with `.dvc`, empty for the root of the tree
  std::optional<Oid> config{};          ///< the blob of its `.dvc/config`
  std::optional<dvc::Import> import{};  ///< not in the remotes of this project but there

  friend bool operator==(const DvcObject&, const DvcObject&) = default;
};

/// A symbolic link that stays inside of the object.
struct Symlink {
  Oid blob;
  std::string target{};

  friend bool operator==(const Symlink&, const Symlink&) = default;
};

/// It is nowhere that is known.
struct Missing {
  std::string why;

  friend bool operator==(const Missing&, const Missing&) = default;
};

/// It may be neither read nor written.
struct Forbidden {
  std::string why;

  friend bool operator==(const Forbidden&, const Forbidden&) = default;
};

/// It is where only another program gets at it.
struct External {
  std::string why;

  friend bool operator==(const External&, const External&) = default;
};

/// Where the bytes of a file are.
using Place = std::variant<GitBlob, LfsObject, DvcObject, Symlink, Missing, Forbidden, External>;

/// A file of an object.
struct PlacedFile {
  std::string name{};  ///< what the metafile calls it; empty for a file of a plain tree or blob
  std::string path{};  ///< where it belongs: from the directory of the metafile, or the plain tree; empty if forbidden
  std::uint32_t mode = 0;               ///< as Git has it; else as DVC would write it
  std::uint32_t origin = 0;             ///< of a clone: the number of what has it, which is not 0 for what DVC imports
  std::optional<std::uint64_t> size{};  ///< in bytes: as declared, else as its place has it
  std::optional<Hash> hash{};           ///< as declared, else as its place has it
  Place place{};
  std::string flaw{};  ///< why no bytes are what is declared: its hash or size is not valid

  friend bool operator==(const PlacedFile&, const PlacedFile&) = default;
};

/// An artifact that is a directory of a tree: some files in a row.
struct PlacedDirectory {
  std::size_t first = 0;  ///< the number of its first file
  std::size_t count = 0;
  std::string name{};                   ///< what the metafile calls it
  std::string path{};                   ///< from the directory of the metafile
  std::optional<std::uint64_t> size{};  ///< in bytes, of all files, as declared
  std::string md5{};                    ///< as declared: 32 lower-case hex digits and `.dir`
  std::string flaw{};                   ///< as that of a PlacedFile

  friend bool operator==(const PlacedDirectory&, const PlacedDirectory&) = default;
};

/// Returns the size that a place records; nothing if it records none.
std::optional<std::uint64_t> size_of(const Place& place);
/// Returns the hash that a place records; nothing if it records none.
std::optional<Hash> hash_of(const Place& place);
/// Returns the hashes that the bytes of a file are to have: what is declared and what its place records, one if they
/// are the same. The id of a blob, by which Git finds it, is one if nothing is declared.
std::vector<Hash> hashes_of(const PlacedFile& file);

}  // namespace mlem::artifact
