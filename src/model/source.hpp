#pragma once

#include "model/link.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "model/rev.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// What a link or an object's address points at: mlem-link(5) and git-mlem(1).
///
/// There are three shapes, and they ask for this:
/// - an alias (`is_alias()`): the object is in the tree that the link was read from; `tree_path(project root)`;
/// - divided (`rev` is set): look up `tree_path()` at `*rev` in `*repo`, or in this repository if there is none;
/// - undivided (`undivided` is not empty): the address has `<rev>/<directory>` in it, and where the rev ends only the
///   remote's refs tell. Of `possible_revs()`, the one that is a ref of kind `rev_kind` is handed to `divided_at()`,
///   which gives the second shape.
struct Source {
  std::optional<RepoUrl> repo;  ///< none: this repository
  std::optional<Rev> rev;       ///< `HEAD` if a repository is named without one
  /// What `rev` has to be, where the address says so (Gitea's `/src/branch/…`); `any` or `none` leave it open.
  UrlParts::RevKind rev_kind = UrlParts::RevKind::none;
  std::string undivided;  ///< `<rev>/<directory>`; empty in the other shapes
  /// Divided: a RepoPath's text, from the repository's root. Alias: as written, relative to its project's root.
  /// Undivided: as written, relative to the directory in `undivided`; empty if that has the whole path.
  std::string path;
  /// The directory that the address names in its repository, a part of `path` already; empty at the root and in an
  /// alias. MLEM starts every alias there that the object at `path` leads to.
  std::string directory{};
  /// Of a plain link: what `path` names is the object itself. The path of the tree's root is `.`.
  std::optional<Plain> plain{};

  /// Returns what `link` points at. Throws Error(invalid) for a malformed field, a `repo` that is a relative path, an
  /// absolute `path`, an address in `path` beside `repo` or without a path in it, a rev in the address that
  /// contradicts `rev`, and for whatever require_one_reading() does not take or MLEM takes for another address.
  static Source from_link(const Link& link);

  /// Returns what `path` names in the repository or directory `repo`, which are read as the fields of a link.
  /// Throws Error(invalid) as from_link().
  static Source from_parts(const std::string& repo, const std::string& path, const std::optional<std::string>& rev = {},
                           std::optional<Plain> plain = {});

  /// Returns what `url`, an address with a path in it, points at; `rev` is what was asked for beside it, if anything.
  /// Throws Error(invalid) as from_link().
  static Source from_url(std::string_view url, const std::optional<std::string>& rev = {},
                         std::optional<Plain> plain = {});

  bool is_alias() const noexcept { return !repo && !rev; }

  /// Returns the path from the root of the tree, which of a plain source may be that root. `project_root` is the
  /// directory of an alias's project (empty: the tree's root), and unused in a divided source. Throws Error(invalid) if
  /// an alias leaves the tree.
  RepoPath tree_path(std::string_view project_root = {}) const;

  /// Returns the beginnings of `undivided` that can be its rev, shortest first, as views into this source. Nothing is
  /// longer than a ref name can be, so the list is short however long the text.
  std::vector<std::string_view> possible_revs() const;

  /// Returns the source divided behind `rev_text`, which is one of possible_revs().
  /// Throws Error(invalid) if that is not a rev, or what follows is no path.
  Source divided_at(std::string_view rev_text) const;

  friend bool operator==(const Source&, const Source&) = default;
};

/// Throws Error(invalid) for the path of a link that MLEM takes for another: one with `\`, which is `/` to MLEM, or one
/// that ends in `/`, `.` or `..`, to which MLEM adds `.mlem` as it is.
void require_one_reading(std::string_view path);

}  // namespace mlem
