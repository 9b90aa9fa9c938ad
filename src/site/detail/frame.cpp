#include "site/detail/frame.hpp"

#include "base/text.hpp"

#include "site/pages.hpp"

#include <cstddef>
#include <string>

namespace mlem::site::detail {
namespace {

/// From pages of links up to the others. Everything is relative, so that a site works below any address, and as files.
std::string_view root_of(Place place) { return place == Place::link ? "../" : ""; }

void put_entry(Markup& page, Place here, Place there, std::string_view file, std::string_view text) {
  page << "<li><a href=\"" << root_of(here) << file << "\"";
  if (here == there) page << " aria-current=\"page\"";
  page << ">" << text << "</a></li>\n";
}

}  // namespace

Markup open_page(const View& view, Place place, std::string_view title) {
  const std::string& site = view.options.title;
  const std::string_view root = root_of(place);
  Markup page;
  // Nothing but the site's own files is loaded, and nothing in a page can run, whatever a registry says.
  page << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; "
          "script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";
  if (!title.empty()) page << title << " · ";
  page << site << "</title>\n<link rel=\"icon\" href=\"" << root
       << "assets/icon.svg\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"" << root
       << "assets/site.css\">\n<link rel=\"alternate\" type=\"application/atom+xml\" title=\"" << site << "\" href=\""
       << root << "feed.xml\">\n<script src=\"" << root
       << "assets/site.js\" defer></script>\n</head>\n<body>\n"
          "<a class=\"skip\" href=\"#main\">Skip to content</a>\n<header class=\"top\">\n<div class=\"bar\">\n"
          "<a class=\"brand\" href=\""
       << root << "index.html\">" << site << "</a>\n<nav aria-label=\"Site\">\n<ul>\n";
  put_entry(page, place, Place::links, "index.html", "Links");
  put_entry(page, place, Place::environments, "environments.html", "Environments");
  put_entry(page, place, Place::changes, "changes.html", "Changes");
  page << "</ul>\n</nav>\n</div>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n";
  return page;
}

void close_page(const View& view, Markup& page) {
  page << "</main>\n<footer>\n<p>The registry at commit <code title=\"" << view.catalogue.commit.hex() << "\">"
       << view.catalogue.commit.short_hex() << "</code> of ";
  put_day(page, view.catalogue.time);
  page << ", written by <code>git mlem site</code></p>\n</footer>\n</body>\n</html>\n";
}

void put_states(Markup& page, const Row& row) {
  const bool is_ok = row.link->finding.verdict == Verdict::ok;
  page << "<span class=\"state " << (is_ok ? row.state : std::string("broken")) << "\">" << row.state << "</span>";
  // Whether a hold has expired depends on the day of reading: its last day is told instead.
  if (row.link->link && row.link->link->hold) page << " <span class=\"state held\">held</span>";
}

void put_id(Markup& page, const std::optional<Oid>& id) {
  if (id)
    page << "<code title=\"" << id->hex() << "\">" << id->short_hex() << "</code>";
  else
    page << "<span class=\"none\">–</span>";
}

void put_pager(Markup& page, const std::string& stem, std::size_t number, std::size_t count) {
  if (count < 2) return;
  page << "<nav class=\"pager\" aria-label=\"Pages\">\n<ul>\n";
  for (std::size_t i = 0; i < count; ++i) {
    page << "<li><a href=\"" << table_page_name(stem, i) << "\"";
    if (i == number) page << " aria-current=\"page\"";
    page << ">" << i + 1 << "</a></li>\n";
  }
  page << "</ul>\n</nav>\n";
}

}  // namespace mlem::site::detail
