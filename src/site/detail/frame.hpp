#pragma once

#include "site/markup.hpp"
#include "site/view.hpp"

#include <string_view>

namespace mlem::site::detail {

/// Which page the navigation shows as the one that is open.
enum class Place { links, environments, changes, link };

/// Begins a page: all before what it is about. `title` is what it is about, empty on the first page.
Markup open_page(const View& view, Place place, std::string_view title);
/// Ends it.
void close_page(const View& view, Markup& page);

/// Adds the state of a link, and that it is held.
void put_states(Markup& page, const Row& row);
/// Adds the beginning of a commit's or an object's id.
void put_id(Markup& page, const std::optional<Oid>& id);
/// Adds links to the pages of a table that has more than one.
void put_pager(Markup& page, const std::string& stem, std::size_t number, std::size_t count);

}  // namespace mlem::site::detail
