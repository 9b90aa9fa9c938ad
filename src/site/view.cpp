#include "site/view.hpp"

#include "base/text.hpp"
#include "model/repo_url.hpp"

#include "site/names.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace mlem::site {
namespace {

constexpr std::string_view heads = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

std::string short_ref(std::string_view ref) {
  for (const std::string_view prefix : {heads, tags}) {
    if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
  }
  return std::string(ref);
}

std::string state_of(const CataloguedLink& link) {
  if (link.finding.verdict != Verdict::ok) return std::string(name(link.finding.verdict));
  if (link.link && link.link->is_alias()) return "alias";
  if (Oid::parse(link.finding.rev)) return "pinned";
  return link.finding.ref.starts_with(tags) ? "tag" : "branch";
}

/// Divides a link's name into its environment and the rest.
std::pair<std::string, std::string> divided(std::string_view link, const std::optional<std::string>& directory) {
  std::string_view rest = without_suffix(link);
  const std::string below = directory ? *directory + "/" : "";
  const std::size_t slash = rest.find('/', below.size());
  if (!rest.starts_with(below) || slash == std::string_view::npos) return {"", std::string(rest)};
  return {std::string(rest.substr(below.size(), slash - below.size())), std::string(rest.substr(slash + 1))};
}

}  // namespace

bool has_environments(const Catalogue& catalogue, const SiteOptions& options) {
  return std::any_of(catalogue.links.begin(), catalogue.links.end(), [&](const CataloguedLink& link) {
    return !divided(link.finding.link, options.environments).first.empty();
  });
}

View::View(Catalogue& all, SiteOptions asked) : catalogue(all), options(std::move(asked)) {
  std::set<std::string> met;
  for (const CataloguedLink& link : catalogue.links) {
    auto [environment, name] = divided(link.finding.link, options.environments);
    if (!environment.empty()) {
      met.insert(environment);
      by_name[name].push_back(rows.size());
    }
    rows.push_back({&link, page_name(link.finding.link), std::move(environment), std::move(name), state_of(link)});
  }
  for (const Row& row : rows) by_link.emplace(row.link->finding.link, &row);
  environments.assign(met.begin(), met.end());
}

std::string shown_rev(const std::optional<Link>& link, const Finding& finding) {
  const std::string rev = link ? redact(link->rev.value_or("")) : finding.rev;
  if (const auto id = Oid::parse(rev)) {
    return link && link->pinned_ref ? short_ref(*link->pinned_ref) : id->short_hex();
  }
  if (!rev.empty()) return short_ref(rev);
  return short_ref(finding.ref);
}

std::string source_text(const CataloguedLink& link) {
  if (!link.finding.repo.empty()) return link.finding.repo;
  if (!link.link) return "unknown";
  return link.link->repo ? redact(*link.link->repo) : "this registry";
}

std::string shown_source(const CataloguedLink& link) {
  const std::string whole = source_text(link);
  std::string_view text = whole;
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

std::optional<std::string> object_url(const Finding& finding) {
  // Behind an alias or another link is another source than the first.
  const RepoUrl* repo = finding.sources.empty() ? nullptr : &finding.sources.back();
  if (repo == nullptr || !finding.commit || finding.repo.empty()) return std::nullopt;
  return browse_url(web_address(*repo), finding.commit->hex(), finding.path == "." ? "" : finding.path);
}

std::string name_of_person(const std::string& author) {
  const std::string_view name = trim(std::string_view(author).substr(0, author.find('<')));
  // Some have an address for a name. What is before its `@` tells who it is, and nobody can write to that.
  std::string shown;
  for (const std::string_view word : split(name, ' ')) {
    const std::size_t at = word.find('@');
    const bool is_address = at != std::string_view::npos && at > 0 && at + 1 < word.size();
    shown += (shown.empty() ? "" : " ") + std::string(is_address ? word.substr(0, at) : word);
  }
  return shown.empty() ? "somebody" : shown;
}

std::string change_text(const history::LinkChange& change) {
  using history::ChangeKind;
  std::string text(name(change.kind));
  if (change.kind == ChangeKind::renamed) text += " from " + std::string(without_suffix(change.former_name));
  if (!change.flaw.empty()) return text + ", and cannot be read";
  if ((change.kind == ChangeKind::re_pointed || change.kind == ChangeKind::added) && change.after) {
    const std::string rev = shown_rev(change.after, {});
    if (!rev.empty()) text += (change.kind == ChangeKind::added ? " at " : " to ") + rev;
  }
  return text;
}

}  // namespace mlem::site
