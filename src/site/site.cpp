#include "site/site.hpp"

#include "source/in_parallel.hpp"

#include "site/assets.hpp"
#include "site/pages.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mlem::site {
namespace {

/// A file of the site and what writes it.
struct Page {
  std::string name;
  std::function<std::string()> content;
  bool is_table = false;  ///< it leads to pages of links
};

std::vector<Page> pages_of(const View& view) {
  std::vector<Page> pages;
  const auto add_asset = [&](const char* name, std::string_view text) {
    pages.push_back({std::string("assets/") + name, [text] { return std::string(text); }});
  };
  add_asset("site.css", assets::style);
  add_asset("site.js", assets::script);
  add_asset("icon.svg", assets::icon);
  for (const Row& row : view.rows) pages.push_back({"links/" + row.page, [&] { return link_page(view, row); }});
  pages.push_back({"assets/links.js", [&] { return search_data(view); }, true});
  const auto add_table = [&](const char* stem, std::size_t rows, std::string (*page)(const View&, std::size_t)) {
    for (std::size_t i = count_table_pages(rows); i-- > 0;) {
      pages.push_back({table_page_name(stem, i), [&view, page, i] { return page(view, i); }, true});
    }
  };
  add_table("environments", view.by_name.size(), environments_page);
  pages.push_back({"changes.html", [&] { return changes_page(view); }, true});
  pages.push_back({"feed.xml", [&] { return atom_feed(view); }, true});
  add_table("index", view.rows.size(), index_page);
  return pages;
}

}  // namespace

Written write_site(Catalogue& catalogue, SiteOptions options, const fs::path& directory) {
  const View view(catalogue, std::move(options));
  const std::vector<Page> pages = pages_of(view);
  std::vector<std::string> names;
  names.reserve(pages.size());
  for (const Page& page : pages) names.push_back(page.name);
  Directory target(directory, std::move(names));
  const auto first_table = std::find_if(pages.begin(), pages.end(), [](const Page& page) { return page.is_table; });
  const auto links = static_cast<std::size_t>(first_table - pages.begin());
  // Half of the time goes into files, and meanwhile the next page is made. Making pages uses what is kept of metafiles.
  std::mutex making;
  source::in_parallel(links, 2, [&](std::size_t i) {
    std::unique_lock lock(making);
    const std::string content = pages[i].content();
    lock.unlock();
    target.write(pages[i].name, content);
  });
  for (std::size_t i = links; i < pages.size(); ++i) target.write(pages[i].name, pages[i].content());
  return target.finish();
}

}  // namespace mlem::site
