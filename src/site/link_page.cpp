#include "base/text.hpp"
#include "model/compatibility.hpp"
#include "model/object.hpp"

#include "site/detail/frame.hpp"
#include "site/detail/object_table.hpp"
#include "site/markup.hpp"
#include "site/names.hpp"
#include "site/pages.hpp"

#include <set>
#include <utility>

namespace mlem::site {
namespace {

using detail::Place;
using history::ChangeKind;

/// Writes the page of one link.
class LinkPage {
 public:
  LinkPage(const View& view, const Row& row)
      : view_(view), row_(row), link_(*row.link), finding_(row.link->finding), page_(open()) {}

  std::string write() {
    put_heading();
    if (finding_.verdict != Verdict::ok) put_failure();
    for (const Warning& warning : finding_.warnings) {
      page_ << "<p class=\"note\"><strong>" << warning.code << "</strong> " << warning.message << "</p>\n";
    }
    put_facts();
    put_elsewhere();
    put_object();
    put_history();
    detail::close_page(view_, page_);
    return page_.take();
  }

 private:
  Markup open() const { return detail::open_page(view_, Place::link, without_suffix(row_.link->finding.link)); }

  void put_heading() {
    const std::string_view name = without_suffix(finding_.link);
    const std::size_t slash = name.rfind('/');
    page_ << "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><a href=\"../index.html\">Links</a>";
    if (slash != std::string_view::npos) page_ << " <span aria-hidden=\"true\">/</span> " << name.substr(0, slash);
    page_ << "</nav>\n<h1>" << name.substr(slash == std::string_view::npos ? 0 : slash + 1) << " ";
    detail::put_states(page_, row_);
    page_ << "</h1>\n";
  }

  void put_failure() {
    page_ << "<div class=\"failure\"><p><strong>" << name(finding_.verdict) << "</strong> " << finding_.message
          << "</p>";
    if (!finding_.hint.empty()) page_ << "<p>" << finding_.hint << "</p>";
    page_ << "</div>\n";
  }

  void put_fact(std::string_view term, std::string_view text) {
    if (!text.empty()) page_ << "<div><dt>" << term << "</dt><dd>" << text << "</dd></div>\n";
  }

  void put_facts() {
    page_ << "<dl class=\"facts\">\n";
    put_fact("Type", finding_.object_type.empty() ? finding_.link_type : finding_.object_type);
    put_fact("Source", source_text(link_));
    put_fact("Path", finding_.path);
    if (link_.link && link_.link->pinned_ref) put_fact("Follows", *link_.link->pinned_ref);
    if (!finding_.commit || finding_.rev != finding_.commit->hex()) put_fact("Rev", finding_.rev);
    if (finding_.ref != finding_.rev) put_fact("Ref", finding_.ref);
    put_commit();
    if (link_.link && link_.link->hold) put_fact("Held", hold_text(*link_.link));
    for (const Hop& hop : finding_.hops) {
      put_fact("By way of", hop.repo + (hop.repo.empty() ? "" : ":") + hop.path);
    }
    page_ << "</dl>\n";
  }

  static std::string hold_text(const Link& link) {
    return redact(*link.hold) + (link.until ? " (until " + *link.until + ")" : std::string());
  }

  void put_commit() {
    if (!finding_.commit) return;
    page_ << "<div><dt>Commit</dt><dd><code>" << finding_.commit->hex() << "</code>";
    if (finding_.commit_time > 0) {
      page_ << " of ";
      put_day(page_, finding_.commit_time);
    }
    if (const auto url = object_url(finding_)) {
      page_ << " <a href=\"" << *url << "\" rel=\"noopener noreferrer\">Open at its source</a>";
    }
    page_ << "</dd></div>\n";
  }

  /// What other environments have under its name.
  void put_elsewhere() {
    if (row_.environment.empty()) return;
    const std::vector<std::size_t>& rows = view_.by_name.at(row_.name);
    if (rows.size() < 2) return;
    page_ << "<h2>In other environments</h2>\n<ul class=\"chips\">\n";
    for (const std::size_t i : rows) {
      const Row& other = view_.rows[i];
      if (&other == &row_) continue;
      const Finding& finding = other.link->finding;
      const std::string rev = shown_rev(other.link->link, finding);
      page_ << "<li><a href=\"" << other.page << "\">" << other.environment << "</a> " << rev << " ";
      detail::put_id(page_, finding.commit);
      if (finding.blob && finding.blob == finding_.blob)
        page_ << " <span class=\"state same\">the same object</span>";
      else
        page_ << " <span class=\"state differs\">differs</span>";
      page_ << "</li>\n";
    }
    page_ << "</ul>\n";
  }

  void put_object() {
    if (finding_.verdict != Verdict::ok) return;
    page_ << "<h2 id=\"object\">Object</h2>\n";
    if (finding_.plain) {
      page_ << "<p class=\"muted\">A " << std::string(*finding_.plain == Plain::tree ? "directory" : "file")
            << " without a metafile";
      if (finding_.blob) page_ << ", <code>" << finding_.blob->hex() << "</code>";
      page_ << "</p>\n";
      return;
    }
    if (!put_metadata(finding_.blob)) page_ << "<p class=\"muted\">Its metadata is not at hand.</p>\n";
  }

  /// Adds what an object says of itself, once. Returns whether that is known.
  bool put_metadata(const std::optional<Oid>& blob) {
    if (!blob || !view_.catalogue.texts.has(*blob)) return false;
    if (shown_.insert(*blob).second) detail::put_object_table(page_, *blob, view_.catalogue.texts.describe(*blob));
    return true;
  }

  void put_history() {
    page_ << "<h2 id=\"history\">History</h2>\n";
    put_comparing();
    if (link_.versions.empty()) page_ << "<p class=\"muted\">Nothing is known of its past.</p>\n";
    page_ << "<ol class=\"timeline\" id=\"versions\">\n";
    for (std::size_t i = 0; i < link_.versions.size(); ++i) put_version(i);
    page_ << "</ol>\n";
    if (view_.catalogue.shallow_end)
      page_ << "<p class=\"muted\">History ends where this clone of the registry was cut off.</p>\n";
  }

  /// What scripts need to compare any two versions: they show it.
  void put_comparing() {
    std::set<Oid> objects;
    for (const Version& version : link_.versions) {
      const auto& blob = version.target.blob;
      if (blob && view_.catalogue.texts.has(*blob)) objects.insert(*blob);
    }
    if (objects.size() < 2) return;
    page_ << "<section id=\"compare\" aria-labelledby=\"compare-heading\" hidden>\n"
             "<h3 id=\"compare-heading\">Compare two versions</h3>\n<div class=\"tools\">\n"
             "<div class=\"field\"><label for=\"from\">From</label>\n<select id=\"from\"></select></div>\n"
             "<div class=\"field\"><label for=\"to\">To</label>\n<select id=\"to\"></select></div>\n</div>\n"
             "<div id=\"compared\" role=\"status\"></div>\n</section>\n";
  }

  void put_version(std::size_t i) {
    const Version& version = link_.versions[i];
    const history::LogEntry& entry = version.entry;
    // From the oldest, so that the names of what is there stay.
    const std::size_t number = link_.versions.size() - i;
    const std::string rev = entry.change.after ? shown_rev(entry.change.after, version.target) : "";
    page_ << "<li id=\"v" << number << "\" data-label=\"" << format_time(entry.time).substr(0, day_size) << " "
          << (rev.empty() ? std::string(history::name(entry.change.kind)) : rev) << "\"";
    if (version.target.blob && view_.catalogue.texts.has(*version.target.blob))
      page_ << " data-object=\"" << version.target.blob->hex() << "\"";
    page_ << "><h3>";
    put_day(page_, entry.time);
    page_ << " <span class=\"kind " << history::name(entry.change.kind) << "\">" << history::name(entry.change.kind)
          << "</span>";
    if (entry.change.kind == ChangeKind::renamed) page_ << " from " << without_suffix(entry.change.former_name);
    if (!rev.empty()) page_ << " <span class=\"rev\">" << rev << "</span> ";
    if (version.target.commit) detail::put_id(page_, version.target.commit);
    page_ << "</h3>\n";
    put_people(entry);
    put_difference(i);
    if (version.target.blob && !shown_.contains(*version.target.blob) &&
        view_.catalogue.texts.has(*version.target.blob)) {
      page_ << "<details><summary>Object <code>" << version.target.blob->short_hex() << "</code></summary>\n";
      put_metadata(version.target.blob);
      page_ << "</details>\n";
    }
    page_ << "</li>\n";
  }

  void put_people(const history::LogEntry& entry) {
    const std::string by = name_of_person(entry.merged_by);
    const std::string author = name_of_person(entry.author);
    page_ << "<p class=\"muted\">by " << by;
    if (author != by) page_ << ", made by " << author;
    page_ << ", commit ";
    detail::put_id(page_, entry.registry_commit);
    if (entry.until) {
      page_ << ", until ";
      put_day(page_, *entry.until);
    }
    page_ << "</p>\n";
    if (!entry.change.flaw.empty()) page_ << "<p class=\"note\">It cannot be read: " << entry.change.flaw << "</p>\n";
    if (entry.change.after && entry.change.after->hold)
      page_ << "<p class=\"muted\">Held: " << hold_text(*entry.change.after) << "</p>\n";
  }

  /// Adds how a version differs from the one before it.
  void put_difference(std::size_t i) {
    if (i + 1 >= link_.versions.size()) return;
    const Finding& now = link_.versions[i].target;
    const Finding& before = link_.versions[i + 1].target;
    if (!now.commit || !before.commit || now.sources.empty() || before.sources.empty()) return;
    const bool is_one_source = now.sources.back() == before.sources.back();
    if (now.commit == before.commit && is_one_source && now.blob == before.blob) return;
    page_ << "<p>";
    if (now.blob && now.blob == before.blob) {
      page_ << "<span class=\"state same\">the same object</span>";
    } else if (now.blob && before.blob && view_.catalogue.texts.has(*now.blob) &&
               view_.catalogue.texts.has(*before.blob)) {
      put_comparison(view_.catalogue.texts.compare(*before.blob, *now.blob));
    } else {
      page_ << "<span class=\"state\">another object</span>";
    }
    if (const auto url = is_one_source ? compare_url(now.sources.back(), *before.commit, *now.commit) : std::nullopt)
      page_ << " <a href=\"" << *url << "\" rel=\"noopener noreferrer\">Source commits</a>";
    page_ << "</p>\n";
    page_ << details_;
    details_ = {};
  }

  void put_comparison(const Comparison& comparison) {
    page_ << "<span class=\"compat " << name(comparison.compatibility) << "\">" << name(comparison.compatibility)
          << "</span> for callers of the version before";
    if (comparison.details.empty()) return;
    details_ << "<details><summary>" << counted(comparison.details.size(), "difference")
             << "</summary>\n<ul class=\"plain\">\n";
    for (const Detail& detail : comparison.details) {
      details_ << "<li><span class=\"compat " << name(detail.compatibility) << "\">" << name(detail.compatibility)
               << "</span> " << detail::public_text(detail.what);
      if (detail.from) details_ << " <del>" << detail::public_text(*detail.from) << "</del>";
      if (detail.to) details_ << " <ins>" << detail::public_text(*detail.to) << "</ins>";
      details_ << "</li>\n";
    }
    details_ << "</ul></details>\n";
  }

  static constexpr std::size_t day_size = 10;
  const View& view_;
  const Row& row_;
  const CataloguedLink& link_;
  const Finding& finding_;
  Markup page_;
  Markup details_;       ///< of a comparison, for behind its paragraph
  std::set<Oid> shown_;  ///< objects whose metadata is on the page
};

}  // namespace

std::string link_page(const View& view, const Row& row) { return LinkPage(view, row).write(); }

}  // namespace mlem::site
