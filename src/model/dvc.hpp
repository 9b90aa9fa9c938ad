#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the files of DVC in a repository say (`*.dvc`, `dvc.lock`; dvc.org/doc/user-guide/project-structure), as far as
/// those who look for the bytes of an output care.
namespace mlem::dvc {

/// How an output's hash was made, which tells where caches and remotes have it. DVC never looks in the other place.
enum class Layout {
  v2,  ///< without the key `hash`: MD5 of the text with LF for CRLF
  v3,  ///< `hash: md5`: MD5 of the bytes
};

/// A file or directory that DVC tracks.
struct Output {
  std::string path;   ///< as written: relative to the directory of its stage, or of another system
  std::string md5{};  ///< 32 lower-case hex digits, with `.dir` behind them for a directory; empty: none
  Layout layout = Layout::v2;
  std::optional<std::uint64_t> size{};  ///< in bytes; of a directory all its files
  std::string remote{};                 ///< the remote that has it; empty: the default one
  bool is_cached = true;                ///< `cache: false`: Git has it, or nobody
  bool is_pushed = true;                ///< `push: false`: no remote has it
  bool is_versioned = false;  ///< `cloud` or `files`: a remote has it under its name, by a version of the store's own
  bool is_executable = false;
  std::string other_hash{};  ///< the value of `hash`, if it is not `md5`

  friend bool operator==(const Output&, const Output&) = default;
};

/// Where an import comes from: another repository.
struct Import {
  std::string url;
  std::string rev_lock{};  ///< the commit
  std::string path{};      ///< in that repository

  friend bool operator==(const Import&, const Import&) = default;
};

/// A `.dvc` file, or a stage of `dvc.lock`.
struct Stage {
  std::string name{};  ///< of a stage of `dvc.lock`
  std::string
      directory{};  ///< `wdir` as written: what its paths are relative to, itself relative to the file's directory
  std::vector<Output> outputs{};
  std::optional<Import> import{};  ///< its outputs are not in the remotes of this repository

  friend bool operator==(const Stage&, const Stage&) = default;
};

/// The directory of a stage, as `dvc.yaml` has it; `dvc.lock` says nothing about it.
struct StageDirectory {
  std::string stage;
  std::string directory;

  friend bool operator==(const StageDirectory&, const StageDirectory&) = default;
};

}  // namespace mlem::dvc
