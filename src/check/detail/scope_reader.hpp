#pragma once

#include "check/detail/judged_scope.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "resolve/resolver.hpp"
#include "source/settings.hpp"
#include "yaml/metafile.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::check::detail {

/// Reads the files of scopes that are to be judged: a link is handed to a resolver, what is wrong with a file becomes
/// its finding, and objects are passed over. Many names of one file cost little more than one.
///
/// A file that there is no time left to read has the finding that says so.
class ScopeReader {
 public:
  /// Both must outlive the reader, which must outlive what it reads.
  ScopeReader(const git::Registry& registry, const source::Settings& settings);

  /// Reads what the scope is about. Of changes, says in `judged` what else they may break.
  void read(JudgedScope& judged, resolve::Resolver& resolver);
  /// Which links that did not change a change may break, beside those whose attributes are new.
  enum class Unchanged {
    aliases,  ///< all; of a push, also links to revs of the registry, whose refs it moves
    pinned,   ///< aliases that are pinned to a blob that is lost
  };
  /// Reads such links of the scope's whole tree that were not read yet, and nothing else: what is wrong with an
  /// unchanged file is no business of changes.
  void read_unchanged(JudgedScope& judged, Unchanged which, resolve::Resolver& resolver);
  /// Reads these files, whatever the scope is about.
  void read_files(JudgedScope& judged, std::deque<git::File> files, resolve::Resolver& resolver);

  /// Returns how many files named `*.mlem.yaml` the scopes have that were read whole: MLEM before 0.1.10 wrote them.
  std::size_t old_files() const noexcept { return old_files_; }

 private:
  enum class Only { all, unchanged, aliases, pinned };
  /// Where what is read goes.
  struct Pass {
    JudgedScope& judged;
    resolve::Resolver& resolver;
    Only only;
  };

  std::deque<git::File> list_files(const Scope& scope, const std::vector<std::string>& pathspecs,
                                   const git::Suffixes& suffixes) const;
  /// Finds out which files that are to be read git checks out as something else.
  void note_conversions(JudgedScope& judged, const std::deque<git::File>& files) const;
  /// Reads aliases that are pinned to a blob that is lost.
  void read_pinned(JudgedScope& judged, resolve::Resolver& resolver);
  void read_whole(const Pass& pass);
  void read_changes(const Pass& pass);
  void read_change(const Pass& pass, const git::Change& change);
  /// Whether a link that did not change is to be judged again.
  static bool is_wanted(const Pass& pass, const Link& link);
  void read_files(const Pass& pass, std::deque<git::File> files);
  /// `text` is the file's content if that is known already.
  void read_file(const Pass& pass, git::File file, std::optional<std::string_view> text = {});
  void take_file(const Pass& pass, git::File file, std::optional<std::string_view> text);
  /// There was no time to read a file.
  static void give_up(const Pass& pass, const std::string& name);
  const yaml::Metafile& parse(const Oid& blob, std::string_view text);
  void take_link(const Pass& pass, std::string name, const yaml::Metafile& metafile);

  const git::Registry& registry_;
  const source::Settings& settings_;
  std::set<std::string> link_types_;
  std::size_t old_files_ = 0;
  std::optional<std::pair<Oid, yaml::Metafile>> last_;  ///< what was parsed last
};

}  // namespace mlem::check::detail
