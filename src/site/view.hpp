#pragma once

#include "site/catalogue.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlem::site {

/// What a site is told besides the registry.
struct SiteOptions {
  std::string title;
  std::optional<std::string> base_url{};      ///< where the site will be, ending in `/`
  std::optional<std::string> environments{};  ///< the directory whose directories are the environments; none: the root
};

/// A link as the tables show it.
struct Row {
  const CataloguedLink* link = nullptr;
  std::string page;         ///< of the link, from `links/`
  std::string environment;  ///< empty: it is in none
  std::string name;         ///< within its environment, without `.mlem`
  std::string state;        ///< the verdict of one that is broken, else `pinned`, `tag`, `branch` or `alias`
};

/// Whether a link is in an environment.
bool has_environments(const Catalogue& catalogue, const SiteOptions& options);

/// A registry as its site shows it.
struct View {
  View(Catalogue& all, SiteOptions asked);

  Catalogue& catalogue;
  SiteOptions options;
  std::vector<Row> rows;                                    ///< in the order of links
  std::vector<std::string> environments;                    ///< in the order of their names
  std::map<std::string, const Row*> by_link;                ///< by the link's file
  std::map<std::string, std::vector<std::size_t>> by_name;  ///< of rows in environments: by the name that they share
};

/// Returns what people call the rev of a link: the branch or the tag that it names or follows, or else an id's
/// beginning.
std::string shown_rev(const std::optional<Link>& link, const Finding& finding);
/// Returns the address of a link's source, or words where there is none: the registry itself, or a link that cannot be
/// read.
std::string source_text(const CataloguedLink& link);
/// The same without scheme, for a table: `github.com/org/repo`.
std::string shown_source(const CataloguedLink& link);
/// Returns the page of the source's host that shows the object at its commit; nothing where the host is not known.
std::optional<std::string> object_url(const Finding& finding);
/// Returns who a commit says made it, without the address; of a name that is one, what is before its `@`.
std::string name_of_person(const std::string& author);
/// Returns what became of a link in a few words: `re-pointed to v1.2`.
std::string change_text(const history::LinkChange& change);

}  // namespace mlem::site
