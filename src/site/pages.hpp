#pragma once

#include "site/view.hpp"

#include <cstddef>
#include <string>

namespace mlem::site {

/// Links in one page of a table. Scripts search all of them; without scripts one leafs through them.
inline constexpr std::size_t rows_on_page = 500;

/// Returns the name of page `number` from 0 of a table whose first one is `<stem>.html`.
std::string table_page_name(const std::string& stem, std::size_t number);
/// Returns how many pages a table of so many rows has: at least one.
std::size_t count_table_pages(std::size_t rows);

/// The table of links, which environment has what, and the last changes.
std::string index_page(const View& view, std::size_t number);
std::string environments_page(const View& view, std::size_t number);
std::string changes_page(const View& view);
/// The page of one link.
std::string link_page(const View& view, const Row& row);
/// What scripts search: a script that hands over a list of lists, one for each link.
std::string search_data(const View& view);
/// The last changes as an Atom feed (RFC 4287).
std::string atom_feed(const View& view);

}  // namespace mlem::site
