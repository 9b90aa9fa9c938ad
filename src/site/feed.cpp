#include "base/text.hpp"

#include "site/markup.hpp"
#include "site/names.hpp"
#include "site/pages.hpp"

// Ids are what a reader knows entries by, and stay: they are made of a commit and a link, wherever the site is. Links
// are absolute where it is known where that is, else relative to the feed (RFC 4287, section 2, and RFC 3986).

namespace mlem::site {
namespace {

void put_person(Markup& feed, const std::string& author) {
  feed << "<author><name>" << name_of_person(author) << "</name></author>\n";
}

void put_entry(Markup& feed, const View& view, const history::LogEntry& entry) {
  const history::LinkChange& change = entry.change;
  const auto row = view.by_link.find(change.name);
  const std::string page = row == view.by_link.end() ? "changes.html" : "links/" + row->second->page;
  const std::string_view name = without_suffix(change.name);
  feed << "<entry>\n<title>" << name << ": " << change_text(change) << "</title>\n<id>"
       << urn_of(entry.registry_commit.hex() + " " + change.name) << "</id>\n<updated>" << format_time(entry.time)
       << "</updated>\n";
  put_person(feed, entry.merged_by);
  feed << "<link rel=\"alternate\" type=\"text/html\" href=\"" << view.options.base_url.value_or("") + page << "\"/>\n"
       << "<summary>In commit " << entry.registry_commit.short_hex() << " of the registry";
  if (entry.author != entry.merged_by) feed << ", made by " << name_of_person(entry.author);
  feed << ".</summary>\n</entry>\n";
}

}  // namespace

std::string atom_feed(const View& view) {
  const Catalogue& catalogue = view.catalogue;
  const std::string& title = view.options.title;
  const std::optional<std::string>& base = view.options.base_url;
  const std::string first =
      catalogue.first_change ? catalogue.first_change->registry_commit.hex() : catalogue.commit.hex();
  const std::int64_t updated = catalogue.changes.empty() ? catalogue.time : catalogue.changes.front().time;
  Markup feed;
  feed << "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>" << title
       << "</title>\n<id>" << (base ? *base : urn_of(first)) << "</id>\n<updated>" << format_time(updated)
       << "</updated>\n<generator>git-mlem</generator>\n";
  if (base)
    feed << "<link rel=\"self\" type=\"application/atom+xml\" href=\"" << *base + "feed.xml"
         << "\"/>\n";
  feed << "<link rel=\"alternate\" type=\"text/html\" href=\"" << base.value_or("") + "changes.html"
       << "\"/>\n";
  for (const history::LogEntry& entry : catalogue.changes) put_entry(feed, view, entry);
  feed << "</feed>\n";
  return feed.take();
}

}  // namespace mlem::site
