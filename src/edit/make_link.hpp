#pragma once

#include "base/error.hpp"
#include "edit/transaction.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "model/link.hpp"
#include "source/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlem::edit {

/// Whether a link names the commit that its rev leads to, and records what is there.
enum class Pin {
  no,
  where_possible,  ///< what has a commit: not an alias, which goes with the tree that it is in
  yes,
};

/// What a link is made from. Paths are relative to the registry's directory.
struct LinkRequest {
  std::string source;                         ///< an object's name: git-mlem(1)
  std::optional<std::string> source_project;  ///< the repository that has it
  std::optional<std::string> rev;
  std::string target;                         ///< the link file, with or without `.mlem`; empty: none will be written
  std::optional<std::string> target_project;  ///< a project of the work tree that `target` is relative to
  bool is_plain = false;                      ///< `source` names a file or directory that has no metafile
  std::optional<std::string> type{};          ///< of a plain link: what it takes that for
  bool follow_links = true;
  bool absolute = false;  ///< name the repository even where an alias would do
  Pin pin = Pin::no;
  std::string today{};  ///< the date in UTC, `2027-01-31`: holds may have ended
  bool force = false;   ///< re-point a link that is held; replace what is not a link, write a file that is ignored or
                        ///< outside of a sparse checkout
};

/// A link to an object that was found, not written yet.
struct NewLink {
  std::optional<Error> error{};         ///< why there is none, if that is not about the source
  bool is_held = false;                 ///< the error is that a hold forbids it
  Finding finding;                      ///< of the source; if it is not `ok`, the rest is empty
  std::string target;                   ///< the file, from the work tree's root
  std::uint32_t mode = git::mode_file;  ///< of the entry that it replaces in the index
  bool is_flagged = false;              ///< FileChange::is_flagged
  bool force = false;                   ///< it was asked for
  Link link;
  std::optional<Link> before;                  ///< the link that it takes the place of
  bool replaces_other = false;                 ///< it takes the place of something that is not a link
  std::string text;                            ///< of the file
  std::string object_text;                     ///< the object's metafile
  std::optional<std::string> local_directory;  ///< of a source on this machine
  std::string marker;  ///< of an alias's project, to be staged with it; empty: it is in the index, or there is none
  std::vector<std::string> followed;  ///< the links that led to the object, as found, from the one that was named
  std::string unstaged;  ///< the object of an alias, from the root, if the index does not have it like the work tree
};

/// Returns the dialect that new links of the registry are written in: `mlem.dialect`, else that of its first link that
/// has one. Throws Error(invalid) for a bad value.
Dialect dialect_of(const git::Registry& registry);

/// Resolves the source and composes a link to it. Throws Error(invalid) if the target may not be written (outside the
/// work tree, through a symbolic link, a directory, a file that is not a link, a link that is held, ignored) or the
/// link would not lead to the source or cannot be pinned as asked, Error(not_found), Error(io). Of a link that is there
/// already only those lines change that must: its dialect, its comments and what else is in its file stay.
NewLink make_link(const git::Registry& registry, const source::Settings& settings, const LinkRequest& request);

/// The same for many: what is wanted of sources and index is asked for once. What is wrong with one is its `error`, and
/// two with one target are wrong. A link that another one is to lead to has to be there already.
std::vector<NewLink> make_links(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<LinkRequest>& requests);

/// Writes the link's file and stages it and, for an alias, its project's marker. Throws like save_files().
void save_link(const git::Registry& registry, const NewLink& link, Stage stage);
/// The same for many, all or none.
void save_links(const git::Registry& registry, std::span<const NewLink> links, Stage stage);

}  // namespace mlem::edit
