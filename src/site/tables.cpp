#include "base/text.hpp"

#include "site/detail/frame.hpp"
#include "site/markup.hpp"
#include "site/names.hpp"
#include "site/pages.hpp"
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

// The pages that show many links. A browser takes long to lay out one table of ten thousand rows, and a reader finds
// nothing in it: a page has some hundreds, and the script searches a list of all, which it loads when it is needed.

namespace mlem::site {
namespace {

using detail::Place;

/// With more columns than this nobody compares environments: each row lists those that have something.
constexpr std::size_t most_columns = 12;

void put_source(Markup& page, const CataloguedLink& link) {
  const Finding& finding = link.finding;
  const auto url = object_url(finding);
  if (url) page << "<a href=\"" << *url << "\" rel=\"noopener noreferrer\">";
  page << shown_source(link);
  if (url) page << "</a>";
  if (!finding.path.empty()) page << "<span class=\"path\">" << finding.path << "</span>";
}

/// A link's name, with the directory that it is in as a lighter part of it.
void put_name(Markup& page, std::string_view link) {
  const std::string_view name = without_suffix(link);
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) {
    page << name;
    return;
  }
  page << "<span class=\"dir\">" << name.substr(0, slash + 1) << "</span>" << name.substr(slash + 1);
}

void put_row(Markup& page, const Row& row) {
  const Finding& finding = row.link->finding;
  page << "<tr><th scope=\"row\"><a href=\"links/" << row.page << "\">";
  put_name(page, finding.link);
  page << "</a></th><td data-label=\"Type\">" << finding.link_type << "</td><td data-label=\"Source\">";
  put_source(page, *row.link);
  const std::string rev = shown_rev(row.link->link, finding);
  page << "</td><td data-label=\"Rev\">" << (rev.empty() ? std::string("–") : rev) << "</td><td data-label=\"Commit\">";
  detail::put_id(page, finding.commit);
  page << "</td><td data-label=\"State\">";
  detail::put_states(page, row);
  page << "</td><td data-label=\"Changed\">";
  if (!row.link->versions.empty()) put_day(page, row.link->versions.front().entry.time);
  page << "</td></tr>\n";
}

void put_choice(Markup& page, std::string_view id, std::string_view label, const std::set<std::string>& values) {
  page << "<label for=\"" << id << "\">" << label << "</label>\n<select id=\"" << id
       << "\"><option value=\"\">All</option>";
  for (const std::string& value : values) page << "<option>" << value << "</option>";
  page << "</select>\n";
}

/// What scripts need to search: they show it.
void put_tools(Markup& page, const View& view) {
  std::set<std::string> types;
  std::set<std::string> states;
  for (const Row& row : view.rows) {
    types.insert(row.link->finding.link_type);
    states.insert(row.state);
    if (row.link->link && row.link->link->hold) states.insert("held");
  }
  types.erase("");
  page << "<div class=\"tools\" id=\"tools\" role=\"search\" hidden>\n<div class=\"field wide\"><label "
          "for=\"q\">Search</label>\n"
          "<input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" "
          "placeholder=\"name, source, rev or commit\"></div>\n<div class=\"field\">";
  put_choice(page, "environment", "Environment", {view.environments.begin(), view.environments.end()});
  page << "</div>\n<div class=\"field\">";
  put_choice(page, "type", "Type", types);
  page << "</div>\n<div class=\"field\">";
  put_choice(page, "state", "State", states);
  page << "</div>\n</div>\n";
}

void put_cell(Markup& page, const Row& row) {
  const std::string rev = shown_rev(row.link->link, row.link->finding);
  page << "<a href=\"links/" << row.page << "\">" << (rev.empty() ? row.state : rev) << "</a> ";
  if (row.link->finding.verdict != Verdict::ok)
    detail::put_states(page, row);
  else
    detail::put_id(page, row.link->finding.commit);
}

/// Whether environments have different objects under one name.
bool differs(const View& view, const std::vector<std::size_t>& rows) {
  const auto object = [&](std::size_t i) { return view.rows[i].link->finding.blob; };
  return std::any_of(rows.begin(), rows.end(), [&](std::size_t i) { return object(i) != object(rows.front()); });
}

void put_matrix_row(Markup& page, const View& view, const std::string& name, const std::vector<std::size_t>& rows) {
  page << "<tr><th scope=\"row\">" << name;
  if (differs(view, rows)) page << " <span class=\"state differs\">differs</span>";
  page << "</th>";
  std::map<std::string, const Row*> cells;
  for (const std::size_t i : rows) cells.emplace(view.rows[i].environment, &view.rows[i]);
  for (const std::string& environment : view.environments) {
    const auto cell = cells.find(environment);
    page << "<td data-label=\"" << environment << "\">";
    if (cell == cells.end())
      page << "<span class=\"none\">–</span>";
    else
      put_cell(page, *cell->second);
    page << "</td>";
  }
  page << "</tr>\n";
}

void put_list_row(Markup& page, const View& view, const std::string& name, const std::vector<std::size_t>& rows) {
  page << "<tr><th scope=\"row\">" << name;
  if (differs(view, rows)) page << " <span class=\"state differs\">differs</span>";
  page << "</th><td><ul class=\"chips\">";
  for (const std::size_t i : rows) {
    page << "<li>" << view.rows[i].environment << " ";
    put_cell(page, view.rows[i]);
    page << "</li>";
  }
  page << "</ul></td></tr>\n";
}

void put_change(Markup& page, const View& view, const history::LogEntry& entry) {
  const history::LinkChange& change = entry.change;
  const auto row = view.by_link.find(change.name);
  page << "<li><span class=\"kind " << history::name(change.kind) << "\">" << history::name(change.kind) << "</span> ";
  if (row != view.by_link.end()) page << "<a href=\"links/" << row->second->page << "\">";
  put_name(page, change.name);
  if (row != view.by_link.end()) page << "</a>";
  const std::string text = change_text(change);
  const std::string rest = text.substr(history::name(change.kind).size());
  page << "<span class=\"muted\">" << rest << "</span></li>\n";
}

}  // namespace

std::string table_page_name(const std::string& stem, std::size_t number) {
  return number == 0 ? stem + ".html" : stem + "-" + std::to_string(number + 1) + ".html";
}

std::size_t count_table_pages(std::size_t rows) { return rows == 0 ? 1 : (rows + rows_on_page - 1) / rows_on_page; }

std::string index_page(const View& view, std::size_t number) {
  const std::size_t count = count_table_pages(view.rows.size());
  Markup page = detail::open_page(view, Place::links, number == 0 ? "" : "Page " + std::to_string(number + 1));
  page << "<h1>Links</h1>\n<p class=\"lead\">" << counted(view.rows.size(), "link") << " in "
       << counted(view.environments.size(), "environment");
  const check::Summary& summary = view.catalogue.summary;
  if (summary.broken > 0) page << ", " << summary.broken << " broken";
  if (summary.undecided > 0) page << ", " << summary.undecided << " undecided";
  page << "</p>\n";
  put_tools(page, view);
  // The script puts the number of links in the place of this.
  page << "<p id=\"count\" class=\"muted\" role=\"status\" data-total=\"" << view.rows.size()
       << "\">Search, filters and sorting need JavaScript.</p>\n"
          "<div class=\"scroll\"><table id=\"links\" class=\"links\">\n<caption class=\"hidden\">Links of the "
          "registry</caption>\n<thead><tr><th scope=\"col\" aria-sort=\"ascending\">Link</th>";
  for (const char* const column : {"Type", "Source", "Rev", "Commit", "State", "Changed"}) {
    page << "<th scope=\"col\">" << std::string_view(column) << "</th>";
  }
  page << "</tr></thead>\n<tbody>\n";
  const std::size_t end = std::min(view.rows.size(), (number + 1) * rows_on_page);
  for (std::size_t i = number * rows_on_page; i < end; ++i) put_row(page, view.rows[i]);
  page << "</tbody>\n</table></div>\n";
  if (view.rows.empty()) page << "<p class=\"note\">There is not a link in this registry yet.</p>\n";
  page << "<p id=\"more\" hidden><button type=\"button\">Show more</button></p>\n";
  detail::put_pager(page, "index", number, count);
  detail::close_page(view, page);
  return page.take();
}

std::string environments_page(const View& view, std::size_t number) {
  const bool is_matrix = view.environments.size() <= most_columns;
  Markup page = detail::open_page(view, Place::environments, "Environments");
  page << "<h1>Environments</h1>\n<p class=\"lead\">What each directory of the registry has under one name.</p>\n";
  if (view.environments.empty()) {
    page << "<p class=\"note\">No link is in a directory: there are no environments.</p>\n";
    detail::close_page(view, page);
    return page.take();
  }
  page << "<div class=\"scroll\" role=\"region\" aria-label=\"Environments\" tabindex=\"0\"><table class=\"matrix\">\n"
          "<caption class=\"hidden\">What each environment has</caption>\n<thead><tr><th scope=\"col\">Name</th>";
  if (is_matrix) {
    for (const std::string& environment : view.environments) page << "<th scope=\"col\">" << environment << "</th>";
  } else {
    page << "<th scope=\"col\">Environments</th>";
  }
  page << "</tr></thead>\n<tbody>\n";
  std::size_t i = 0;
  for (const auto& [name, rows] : view.by_name) {
    const bool is_here = i / rows_on_page == number;
    ++i;
    if (!is_here) continue;
    if (is_matrix)
      put_matrix_row(page, view, name, rows);
    else
      put_list_row(page, view, name, rows);
  }
  page << "</tbody>\n</table></div>\n";
  detail::put_pager(page, "environments", number, count_table_pages(view.by_name.size()));
  detail::close_page(view, page);
  return page.take();
}

std::string changes_page(const View& view) {
  Markup page = detail::open_page(view, Place::changes, "Changes");
  page << "<h1>Changes</h1>\n<p class=\"lead\">The last changes of links, the newest first. "
          "<a href=\"feed.xml\">Atom feed</a></p>\n";
  if (view.catalogue.changes.empty()) page << "<p class=\"note\">Nothing has changed yet.</p>\n";
  page << "<ol class=\"timeline\">\n";
  std::optional<Oid> commit;
  for (const history::LogEntry& entry : view.catalogue.changes) {
    if (commit != entry.registry_commit) {
      if (commit) page << "</ul></li>\n";
      commit = entry.registry_commit;
      page << "<li><h2>";
      put_day(page, entry.time);
      page << " <span class=\"muted\">by " << name_of_person(entry.merged_by) << ", commit ";
      detail::put_id(page, entry.registry_commit);
      page << "</span></h2>\n<ul class=\"plain\">\n";
    }
    put_change(page, view, entry);
  }
  if (commit) page << "</ul></li>\n";
  page << "</ol>\n";
  detail::close_page(view, page);
  return page.take();
}

std::string search_data(const View& view) {
  const auto text = [](std::string_view raw) { return escape_for_terminal(raw); };
  auto rows = nlohmann::json::array();
  for (const Row& row : view.rows) {
    const Finding& finding = row.link->finding;
    const bool is_held = row.link->link && row.link->link->hold;
    rows.push_back({text(without_suffix(finding.link)), "links/" + row.page, text(row.environment),
                    text(finding.link_type), text(shown_source(*row.link)), text(finding.path),
                    object_url(finding).value_or(""), text(shown_rev(row.link->link, finding)),
                    finding.commit ? finding.commit->hex() : "", row.state, is_held ? 1 : 0,
                    finding.verdict == Verdict::ok ? 0 : 1,
                    row.link->versions.empty() ? "" : format_time(row.link->versions.front().entry.time)});
  }
  // ASCII only: no character that ends a line to JavaScript and not to JSON is in it.
  return "globalThis.links = " + rows.dump(-1, ' ', true) + ";\n";
}

}  // namespace mlem::site
