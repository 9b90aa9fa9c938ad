#pragma once

#include "model/object.hpp"
#include "model/repo_path.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlem::artifact {

/// A file that a metafile declares.
struct Declared {
  enum class Kind {
    in_tree,    ///< `path` says where it has to be
    external,   ///< MLEM reads it elsewhere; `why` says by what
    forbidden,  ///< its `uri` leads where nothing may be read or written; `why` says by what
  };
  std::string name;  ///< in the metafile: `data`, `preprocess/data`, …
  std::string uri;   ///< as written
  Kind kind = Kind::in_tree;
  std::string path{};   ///< from the root of the tree
  std::string below{};  ///< the same from the directory of the metafile
  std::string why{};
  std::string md5{};  ///< 32 lower-case hex digits, of a directory of DVC with `.dir` behind them; empty: none
  bool is_md5_of_text = false;          ///< as Hash::Kind::md5_dos2unix has it
  std::optional<std::uint64_t> size{};  ///< in bytes
  std::string flaw{};                   ///< why no file can be what is recorded: `hash` or `size` is not valid

  friend bool operator==(const Declared&, const Declared&) = default;
};

/// Returns what the metafile at the path `metafile` of a tree declares. In every version of MLEM, and in the layout
/// `.mlem/<type>/` too, a `uri` is relative to the directory of the metafile.
std::vector<Declared> declared_artifacts(const object::Description& description, const RepoPath& metafile);

}  // namespace mlem::artifact
