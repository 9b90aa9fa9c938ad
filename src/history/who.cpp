#include "history/who.hpp"

#include "base/error.hpp"
#include "history/detail/link_survey.hpp"
#include "model/oid.hpp"
#include "model/repo_path.hpp"
#include "model/rev.hpp"
#include "model/source.hpp"
#include "source/conversation.hpp"
#include "source/place.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

// For each registry the links of all its tips are gone through once, and kept if by their words they may lead to the
// place: by any address that git has for its repository, by its path, and by its rev. Two names of a rev may still mean
// one commit, so what is left open is asked of the source, all revs together. What an address means is found out once
// for each spelling, for many links lead to few repositories. In the end those links are told that do lead there.

namespace mlem::history {
namespace {

using detail::Survey;
using detail::SurveyedLink;
using detail::Tip;

/// Deeper directories than this have no links.
constexpr std::size_t most_levels = 64;

/// Where an address ends its host: nothing before it divides repository, rev and path.
std::size_t path_begin(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) return std::min(text.find('/', scheme + 3), text.size());
  return looks_like_url(text) ? std::min(text.find(':') + 1, text.size()) : 0;
}

std::string_view without_end(std::string_view text, std::string_view end) {
  if (text.ends_with(end)) text.remove_suffix(end.size());
  return text;
}

/// The directory that a repository is in, as an address; `rest` gets what is below it.
std::string local_address(const fs::path& path, std::string& rest) {
  fs::path directory = path;
  const bool is_there = fs::exists(path);
  while (is_there && !git::find_addressed_git_dir(directory) && directory.has_parent_path()) {
    rest = rest.empty() ? directory.filename().string() : directory.filename().string() + "/" + rest;
    directory = directory.parent_path();
  }
  if (!is_there || !git::find_addressed_git_dir(directory)) {
    throw Error(ErrorKind::not_found, "'" + path.string() + "' is not a repository", "",
                "for a repository on another machine, give its URL");
  }
  return "file://" + directory.string();
}

std::string spelled(std::string_view address) { return std::string(without_end(without_end(address, "/"), ".git")); }

/// Adds the addresses that git has for a repository.
void add_spellings(const RepoUrl& repo, const source::Access& access, std::set<std::string>& spellings) {
  spellings.insert(spelled(repo.normalized()));
  const source::Place found = source::find_place(repo, access);
  spellings.insert(spelled(found.rewritten));
  if (found.local) spellings.insert(spelled("file://" + found.local->string()));
}

/// Tells links into a registry itself, by one of its own addresses.
class OwnAddresses {
 public:
  explicit OwnAddresses(const source::Access& access) : access_(access) {}

  /// `branches`: what the registry has the branches of that address as.
  void add(const std::string& address, const std::string& branches) {
    std::set<std::string> spellings;
    try {
      add_spellings(RepoUrl::parse(address), access_, spellings);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;  // no link can have it
    }
    for (const std::string& spelling : spellings) branches_.emplace(spelling, branches);
  }

  std::optional<std::string> find(const Link& link) {
    if (branches_.empty()) return std::nullopt;
    const std::string& written = link.repo ? *link.repo : link.path;
    const auto [known, is_new] = known_.try_emplace(written);
    if (is_new) known->second = look_up(link);
    return known->second;
  }

 private:
  std::optional<std::string> look_up(const Link& link) const {
    try {
      const Source source = Source::from_link(link);
      std::set<std::string> spellings;
      if (source.repo) add_spellings(*source.repo, access_, spellings);
      for (const std::string& spelling : spellings) {
        if (const auto own = branches_.find(spelling); own != branches_.end()) return own->second;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
    }
    return std::nullopt;
  }

  const source::Access& access_;
  std::map<std::string, std::string> branches_;                        ///< by address
  std::unordered_map<std::string, std::optional<std::string>> known_;  ///< by what links say
};

/// The addresses of a registry on this machine: its directory and those of its remotes.
OwnAddresses own_addresses(const git::Registry& registry, const source::Access& access) {
  OwnAddresses own(access);
  for (const fs::path& directory : {fs::path(registry.root()), registry.git_dir()}) {
    own.add("file://" + directory.string(), "refs/heads/");
  }
  constexpr std::string_view section = "remote.";
  constexpr std::string_view variable = ".url";
  for (const auto& [key, value] : registry.config().entries()) {
    if (!key.starts_with(section) || !key.ends_with(variable) || key.size() <= section.size() + variable.size())
      continue;
    const std::string name = key.substr(section.size(), key.size() - section.size() - variable.size());
    const bool is_directory = !looks_like_url(value);
    own.add(is_directory ? "file://" + fs::absolute(value, registry.root()).lexically_normal().string() : value,
            "refs/remotes/" + name + "/");
  }
  return own;
}

/// Compares what links say with a place.
class Matcher {
 public:
  enum class Answer { no, yes, perhaps };
  Matcher(const Place& place, const source::Access& access) : place_(place), access_(access) {
    add_spellings(place.repo, access, addresses_);
    for (const std::string prefix : {"", "refs/", "refs/tags/", "refs/heads/"}) names_.insert(prefix + place.rev);
  }

  /// Says `perhaps` where the refs of the source have to tell.
  Answer match(const Link& link) {
    if (!may_match(link)) return Answer::no;
    try {
      const Source source = Source::from_link(link);
      if (!source.repo || !is_place(*source.repo)) return Answer::no;
      if (source.undivided.empty()) return match(link, source);
      Answer best = Answer::no;
      for (const std::string_view rev : source.possible_revs()) {
        best = std::max(best, match(link, source.divided_at(rev)), [](Answer a, Answer b) {
          return a == Answer::no || (a == Answer::perhaps && b == Answer::yes);
        });
      }
      return best;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      return Answer::no;
    }
  }

 private:
  /// Whether a link says the last part of the path that is asked for, where it says that as it is: to take its source
  /// apart costs more.
  bool may_match(const Link& link) const {
    if (!link.repo || link.plain || link.repo->find('%') != std::string::npos) return true;
    const std::string_view asked = without_end(without_end(place_.path, "/"), mlem_suffix);
    const std::string_view last = asked.substr(asked.rfind('/') + 1);  // npos + 1 is 0
    return link.path.find(last) != std::string::npos || link.repo->find(last) != std::string::npos;
  }

  /// A registry has many links to few repositories.
  bool is_place(const RepoUrl& repo) {
    const auto [known, is_new] = known_.try_emplace(repo.text());
    if (is_new) {
      std::set<std::string> spellings;
      add_spellings(repo, access_, spellings);
      known->second = std::any_of(spellings.begin(), spellings.end(),
                                  [&](const std::string& spelling) { return addresses_.contains(spelling); });
    }
    return known->second;
  }

  Answer match(const Link& link, const Source& source) const {
    const std::string_view asked = without_end(without_end(place_.path, "/"), mlem_suffix);
    const std::string path = source.tree_path().text();
    const std::string_view found = without_end(path, mlem_suffix);
    const bool has_asked = link.plain && is_below(asked, found);  // a directory leads to all that is in it
    if (!asked.empty() && found != asked && !is_below(found, asked) && !has_asked) return Answer::no;
    if (place_.rev.empty()) return Answer::yes;
    const std::string rev = source.rev ? source.rev->text() : "";
    if (names_.contains(rev) || names_.contains("refs/tags/" + rev) || names_.contains("refs/heads/" + rev))
      return Answer::yes;
    if (link.pinned_ref && names_.contains(*link.pinned_ref)) return Answer::yes;
    const auto commit = Oid::parse(rev);
    if (commit && Oid::parse(place_.rev)) return *commit == *Oid::parse(place_.rev) ? Answer::yes : Answer::no;
    if (commit && is_abbreviated_oid(place_.rev) && commit->hex().starts_with(place_.rev)) return Answer::yes;
    return Answer::perhaps;
  }

  const Place& place_;
  const source::Access& access_;
  std::set<std::string> addresses_;
  std::set<std::string> names_;  ///< what the rev may be called
  std::unordered_map<std::string, bool> known_;
};

/// What the revs of one source name now.
class Commits {
 public:
  /// Asks for all of `revs` at once. Returns why it cannot be told.
  std::optional<source::Refusal> load(const RepoUrl& repo, const source::Settings& settings,
                                      const std::set<std::string>& revs) {
    return source::converse(repo, settings, [&](source::Conversation& source) {
      commits_.clear();
      std::map<std::string, Oid> objects;
      for (const std::string& rev : revs) {
        if (const auto oid = find(source.refs(), rev)) objects.emplace(rev, *oid);
      }
      std::set<Oid> wanted;
      for (const auto& [rev, oid] : objects) wanted.insert(oid);
      source.need_commits(wanted, 0);
      for (const auto& [rev, oid] : objects) {
        if (const auto commit = source.repository().find_commit(oid)) commits_.emplace(rev, *commit);
      }
    });
  }

  std::optional<Oid> find(const std::string& rev) const {
    const auto known = commits_.find(rev);
    return known == commits_.end() ? std::nullopt : std::optional(known->second);
  }

 private:
  static std::optional<Oid> find(const source::Refs& refs, const std::string& rev) {
    if (auto oid = Oid::parse(rev)) return oid;
    if (rev.empty() || rev == "HEAD") return refs.head_branch ? refs.find(*refs.head_branch) : refs.find("HEAD");
    for (const std::string prefix : {"", "refs/", "refs/tags/", "refs/heads/"}) {
      if (prefix.empty() && !rev.starts_with("refs/")) continue;
      if (auto oid = refs.find(prefix + rev)) return oid;
    }
    return std::nullopt;
  }

  std::map<std::string, Oid> commits_;
};

/// The tips of the registry itself.
std::vector<Tip> own_tips(const git::Registry& registry) {
  std::map<Oid, std::vector<std::string>> refs;
  git::Repository& objects = registry.objects();
  for (const std::string prefix : {"refs/heads/", "refs/tags/", "refs/remotes/"}) {
    for (const git::Ref& ref : objects.refs(prefix)) {
      // `origin/HEAD` is another name of a branch that is listed too.
      if (ref.name.ends_with("/HEAD") && objects.symbolic_target(ref.name)) continue;
      if (const auto commit = objects.find_commit(ref.oid)) refs[*commit].push_back(ref.name);
    }
  }
  std::vector<Tip> tips;
  for (auto& [commit, names] : refs) tips.push_back({commit, std::move(names)});
  return tips;
}

/// The tips of another registry, made readable.
std::vector<Tip> tips_of(source::Conversation& source) {
  const source::Refs& refs = source.refs();
  std::map<Oid, std::set<std::string>> names;
  for (const std::string& name : refs.names()) {
    for (const std::string prefix : {"refs/heads/", "refs/tags/"}) {
      if (const auto oid = refs.find(prefix + name)) names[*oid].insert(prefix + name);
    }
  }
  std::set<Oid> objects;
  for (const auto& [oid, all] : names) objects.insert(oid);
  source.need_commits(objects, most_levels);
  std::map<Oid, std::vector<std::string>> refs_of;
  for (const auto& [oid, all] : names) {
    if (const auto commit = source.repository().find_commit(oid)) {
      std::vector<std::string>& list = refs_of[*commit];
      list.insert(list.end(), all.begin(), all.end());
    }
  }
  std::vector<Tip> tips;
  for (auto& [commit, list] : refs_of) tips.push_back({commit, std::move(list)});
  return tips;
}

/// One run.
class Search {
 public:
  Search(const source::Settings& settings, const Place& place)
      : settings_(settings), place_(place), matcher_(place, settings.access) {}

  void search_own(const git::Registry& registry) {
    const std::vector<Tip> tips = own_tips(registry);
    std::vector<Oid> commits;
    for (const Tip& tip : tips) commits.push_back(tip.commit);
    Survey survey;
    OwnAddresses own = own_addresses(registry, settings_.access);
    const detail::SurveyQuestions questions = questions_about(own);
    source::read_trees(registry, commits, settings_, [&] {
      survey = detail::survey_links(
          registry.objects(), tips,
          [&](const std::map<Oid, Oid>& commits_by_blob) -> git::Repository& {
            std::vector<Oid> blobs;
            for (const auto& [blob, commit] : commits_by_blob) blobs.push_back(blob);
            source::fetch_missing(registry, blobs, settings_);
            return registry.objects();
          },
          questions);
    });
    surveys_.emplace_back("", std::move(survey));
  }

  void search(const RepoUrl& url) {
    Survey survey;
    OwnAddresses own(settings_.access);
    own.add(url.text(), "refs/heads/");
    const detail::SurveyQuestions questions = questions_about(own);
    const auto refusal = source::converse(url, settings_, [&](source::Conversation& source) {
      const std::vector<Tip> tips = tips_of(source);
      survey = detail::survey_links(
          source.repository(), tips,
          [&](const std::map<Oid, Oid>& commits_by_blob) -> git::Repository& {
            std::map<Oid, Oid> missing;
            for (const auto& [blob, commit] : commits_by_blob) {
              if (!source.repository().has(blob)) missing.emplace(blob, commit);
            }
            if (!missing.empty()) source.need_objects(missing);
            return source.repository();
          },
          questions);
    });
    if (refusal) {
      throw Error(ErrorKind::unavailable, "cannot read the registry '" + url.printable() + "'", refusal->message,
                  refusal->hint);
    }
    surveys_.emplace_back(url.printable(), std::move(survey));
  }

  WhoEnd tell(const std::function<void(const LinkToPlace& found)>& visit) {
    WhoEnd end;
    settle(end);
    for (auto& item : surveys_) {
      Survey& survey = item.second;
      // Many links say the same.
      std::vector<bool> leads;
      for (const Link& link : survey.files) leads.push_back(leads_there(link));
      LinkToPlace found{.name = {}, .link = {}, .via = {}, .refs = {}};
      found.registry = item.first;
      survey.visit([&](const SurveyedLink& link) {
        if (!leads[link.end]) return;
        const Link& last = survey.files[link.end];
        found.name = link.name;
        found.link = survey.files[link.file];
        found.via = link.via;
        found.refs = link.refs;
        found.floats = !last.rev || !Oid::parse(*last.rev);
        visit(found);
      });
    }
    return end;
  }

 private:
  detail::SurveyQuestions questions_about(OwnAddresses& own) {
    return {.is_wanted = [this](const Link& link) { return matcher_.match(link) != Matcher::Answer::no; },
            .own_branches = [&own](const Link& link) { return own.find(link); }};
  }

  static std::string rev_of(const Link& link) {
    const Source source = Source::from_link(link);
    return source.rev ? source.rev->text() : "";
  }

  /// Asks the source, where some link's commit is what matters.
  void settle(WhoEnd& end) {
    std::set<std::string> revs;
    for (const auto& [registry, survey] : surveys_) {
      for (const Link& link : survey.files) {
        if (matcher_.match(link) == Matcher::Answer::perhaps) revs.insert(rev_of(link));
      }
    }
    if (revs.empty()) return;
    revs.insert(place_.rev);
    if (const auto refusal = commits_.load(place_.repo, settings_, revs)) {
      end.doubts.push_back("cannot tell which commit '" + place_.rev +
                           "' is, so names alone were compared: " + refusal->message);
    }
  }

  bool leads_there(const Link& link) {
    const Matcher::Answer answer = matcher_.match(link);
    if (answer != Matcher::Answer::perhaps) return answer == Matcher::Answer::yes;
    const auto asked = commits_.find(place_.rev);
    return asked && asked == commits_.find(rev_of(link));
  }

  const source::Settings& settings_;
  const Place& place_;
  Matcher matcher_;
  Commits commits_;
  std::vector<std::pair<std::string, Survey>> surveys_;
};

}  // namespace

Place parse_place(const std::string& text, const fs::path& directory) {
  std::string repo = text;
  std::string rev;
  std::string path;
  const std::size_t begin = path_begin(text);
  const std::size_t at = text.find('@', begin);
  const std::size_t colon = text.find(':', at == std::string::npos ? begin : at);
  if (at != std::string::npos) {
    repo = text.substr(0, at);
    rev = text.substr(at + 1, colon == std::string::npos ? colon : colon - at - 1);
  } else if (colon != std::string::npos) {
    repo = text.substr(0, colon);
  }
  if (colon != std::string::npos) path = text.substr(colon + 1);
  if (!looks_like_url(text)) {
    std::string below;
    repo = local_address(fs::absolute(repo, directory).lexically_normal(), below);
    if (path.empty()) path = below;
  } else if (rev.empty() && path.empty()) {
    const UrlParts parts = split_url(text);
    const Source source = parts.rest.empty() ? Source{} : Source::from_url(text);
    repo = parts.repo;
    rev = source.rev && parts.rev_kind != UrlParts::RevKind::none ? source.rev->text() : "";
    path = source.path;
  }
  if (!rev.empty()) rev = Rev::parse(rev).text();
  return {.repo = RepoUrl::parse(repo), .rev = rev, .path = path};
}

WhoEnd find_links_to(const git::Registry& registry, const source::Settings& settings, const Place& place,
                     const std::vector<RepoUrl>& registries,
                     const std::function<void(const LinkToPlace& found)>& visit) {
  Search search(settings, place);
  if (registry.is_there()) search.search_own(registry);
  for (const RepoUrl& url : registries) search.search(url);
  return search.tell(visit);
}

}  // namespace mlem::history
