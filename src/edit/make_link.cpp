#include "edit/make_link.hpp"

#include "base/error.hpp"
#include "edit/detail/compose_link.hpp"
#include "edit/detail/find_target.hpp"
#include "edit/hold.hpp"
#include "edit/link_selection.hpp"
#include "edit/link_target.hpp"
#include "edit/object_argument.hpp"
#include "edit/target_file.hpp"
#include "model/repo_path.hpp"
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>
#include <utility>
#include <vector>

// Each step is about all links at once: their targets, the sources, the files to be written and what may be replaced
// there, following the sources to their ends, composing the texts. The last step reads the texts and resolves them
// again, unless that would ask a server anew, for a link is read from the index or a commit, and may lead elsewhere
// than the words of the user did. A link that fails keeps its error and takes no part in later steps. Nothing is
// written before all of that is done.

namespace mlem::edit {
namespace {

/// Where the path of an alias starts.
struct AliasBase {
  std::string directory;
  std::string marker;    ///< what makes that a project and is not in the index yet; empty: nothing
  std::string in_index;  ///< where the path starts in the index, once the marker is there
};

/// Returns where an alias in `target` is to start: at the nearest project of the index or the work tree, whose marker
/// goes to the index with it. The work tree alone would not do: it may lack what the index has.
AliasBase alias_base_of(const git::Registry& registry, const ObjectViews& views, const std::string& target) {
  const std::string directory(parent_of(target));
  const auto staged = resolve::find_project(*views.index, directory);
  const auto here = resolve::find_project(*views.work_tree, directory);
  AliasBase base;
  base.directory = base.in_index = staged.value_or(directory);
  if (!here || (staged && staged->size() >= here->size())) return base;
  base.directory = *here;
  const std::string marker = join(*here, ".mlem.yaml");
  if (load_type(registry.work_tree() / marker) == fs::regular_file) {
    base.marker = marker;
    base.in_index = *here;
  }
  return base;
}

/// An object of this registry as others see it: in this repository, at its current branch.
Source from_outside(const git::Registry& registry, const resolve::Answer& found) {
  const fs::path& directory = registry.has_work_tree() ? registry.work_tree() : registry.git_dir();
  Source source;
  source.repo = RepoUrl::parse(file_url(directory.string()));
  source.rev = Rev::head();
  source.path = found.path;
  source.plain = found.plain;
  return source;
}

/// What a link is looked up by in the index: the way to its file, the projects that may be above, and its object with
/// all the names that it may have: mlem-link(5).
std::vector<std::string> names_to_look_up(const std::string& target, const Source& source) {
  std::vector<std::string> names = names_on_the_way(target);
  const std::string object = source.is_alias() ? source.path : std::string();
  for (const std::string& path : {target, object}) {
    for (std::string_view directory = path; !directory.empty();) {
      directory = parent_of(directory);
      for (const char* marker : {".mlem.yaml", ".mlem"}) names.push_back(join(directory, marker));
    }
  }
  if (!object.empty()) {
    const std::string suffix(mlem_suffix);
    names.insert(names.end(), {object, object + suffix, object + suffix + suffix});
  }
  // git compares each with all entries.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// Throws if the link is on the way to its own source: through what is there now, it may come back to itself.
void require_not_itself(const std::vector<resolve::Answer>& chain, const std::string& target,
                        const LinkRequest& request) {
  const resolve::Answer& end = end_of(chain, request);
  for (const resolve::Answer& each : chain) {
    const bool is_replaced = !each.commit && each.path == target;
    if (is_replaced && (!request.follow_links || &each == &end)) {
      throw Error(ErrorKind::invalid, "cannot link '" + target + "' to itself");
    }
  }
}

/// Makes links, in steps that are about all of them: what is wanted of the index, of attributes and of sources is asked
/// for once.
class LinkMaker {
 public:
  LinkMaker(const git::Registry& registry, const source::Settings& settings, const std::vector<LinkRequest>& requests)
      : registry_(registry), settings_(settings), views_(registry), resolver_(registry, settings) {
    for (const LinkRequest& request : requests) jobs_.emplace_back(request);
  }

  std::vector<NewLink> run() {
    find_targets();
    each([&](Job& job) { find_source(job); });
    prepare_targets();
    follow();
    each([&](Job& job) { compose(job); });
    verify();
    std::vector<NewLink> made;
    for (Job& job : jobs_) made.push_back(std::move(job.made));
    return made;
  }

 private:
  /// A link on its way.
  struct Job {
    explicit Job(const LinkRequest& asked) : request(asked) {}
    const LinkRequest& request;
    NewLink made{};
    ObjectArgument source{{}, nullptr};
    std::optional<ExistingLink> before{};
    std::optional<std::size_t> number{};  ///< of what is asked last of the resolver
    std::vector<resolve::Answer> chain{};
    AliasBase base{};
    bool is_in_work_tree = false;  ///< an alias, whose object the index does not have
    bool is_done() const { return made.error || made.finding.verdict != Verdict::ok; }
    const resolve::Answer& end() const { return end_of(chain, request); }
  };

  /// Does `work` for each link that has not failed.
  void each(const std::function<void(Job&)>& work) {
    for (Job& job : jobs_) {
      if (job.is_done()) continue;
      try {
        work(job);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::not_found) throw;
        job.made.error = error;
        job.made.is_held = dynamic_cast<const HoldRefusal*>(&error) != nullptr;
      }
    }
  }

  void find_targets() {
    std::vector<std::string> targets;
    std::set<std::string> taken;
    each([&](Job& job) {
      if (job.request.target.empty()) return;
      job.made.target = find_target(registry_, job.request, views_);
      if (!taken.insert(job.made.target).second) {
        throw Error(ErrorKind::invalid, "cannot write '" + job.made.target + "'", "another link would be there, too");
      }
      targets.push_back(job.made.target);
    });
    if (targets.empty()) return;
    const git::Conversions conversions = conversions_of(registry_, targets);
    each([&](Job& job) { require_no_conversion(conversions, job.made.target); });
  }

  void find_source(Job& job) {
    const LinkRequest& request = job.request;
    const Names names = request.is_plain ? Names::plain : Names::object;
    if (request.source_project && !request.rev) {
      auto own = find_own_object(registry_, views_, request.source, *request.source_project, names);
      if (own) {
        job.source = std::move(*own);
        return;
      }
    }
    job.source = parse_object(registry_, settings_, views_, request.source, request.source_project, request.rev, names);
  }

  /// Looks at the files to be written. Throws if they may not be.
  void prepare_targets() {
    std::vector<std::string> names;
    each([&](const Job& job) {
      if (job.made.target.empty()) return;
      const auto some = names_to_look_up(job.made.target, job.source.source);
      names.insert(names.end(), some.begin(), some.end());
    });
    if (names.empty()) return;
    // git compares each with all entries.
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const bool is_large = jobs_.size() > most_pathspecs;
    const std::deque<git::File> index = is_large
                                            ? registry_.index_files(git::Suffixes(std::vector<std::string_view>()), {})
                                            : registry_.index_entries(names);
    if (!is_large) views_.index->expect(names, index);
    each([&](Job& job) {
      if (!job.made.target.empty()) prepare_target(job, index);
    });
  }

  void prepare_target(Job& job, const std::deque<git::File>& index) const {
    NewLink& made = job.made;
    const std::vector<git::File> staged = require_stageable(registry_, made.target, index);
    job.before = find_writable_link(registry_, made.target, staged, job.request.force);
    if (!staged.empty() && git::is_regular(staged.front().entry)) made.mode = staged.front().entry.mode;
    for (const git::File& file : staged) made.is_flagged |= file.is_left_out || file.is_assumed;
    made.force = job.request.force;
    made.replaces_other =
        !job.before && (!staged.empty() || load_type(registry_.work_tree() / made.target) != fs::file_not_found);
  }

  /// Follows the sources to their ends.
  void follow() {
    each([&](Job& job) { job.number = add_object(resolver_, job.source); });
    resolver_.run();
    each([&](Job& job) {
      take_chain(job);
      if (job.is_done() || !job.request.absolute || !job.end().source.is_alias()) return;
      // What is in the work tree or the index alone is not there for whoever reads the link.
      job.number = resolver_.add(*views_.work_tree, "", from_outside(registry_, job.end()));
      job.chain.clear();
    });
    resolver_.run();
    each([&](Job& job) {
      if (!job.chain.empty()) return;
      take_chain(job);
      if (!job.is_done()) return;
      if (job.made.finding.hint.empty()) {
        job.made.finding.hint = "the link would lead to what is committed, and this is not";
      }
    });
  }

  void take_chain(Job& job) {
    job.made.finding = resolver_.finding(*job.number, "");
    if (job.made.finding.verdict == Verdict::ok) job.chain = resolver_.chain(*job.number).answers;
  }

  void compose(Job& job) {
    NewLink& made = job.made;
    require_not_itself(job.chain, made.target, job.request);
    made.object_text = job.chain.back().text;
    const resolve::Answer& end = job.end();
    for (const resolve::Answer& answer : job.chain) {
      if (job.request.follow_links && &answer != &end) made.followed.push_back(answer.path);
    }
    job.base = alias_base_of(registry_, views_, made.target);
    const auto dialect = [&] {
      if (job.before && job.before->link.dialect) return *job.before->link.dialect;
      if (!dialect_) dialect_ = dialect_of(registry_);
      return *dialect_;
    };
    made.link = compose_link(job.chain, job.base.directory, job.source.followed, dialect, job.request);
    if (made.link.is_alias()) made.marker = job.base.marker;
    if (made.link.repo) made.local_directory = RepoUrl::parse(*made.link.repo).local_path();
    if (job.before) {
      made.text = rewrite_link(*job.before, end, made.target, job.request, made.link);
      made.before = std::move(job.before->link);
    } else {
      made.text = yaml::write_link(made.link);
    }
  }

  static Error elsewhere(const Job& job) {
    return {ErrorKind::invalid, "cannot link to '" + job.request.source + "'", "the link would not lead there"};
  }

  /// Throws unless each is a link to its source for whoever reads it: what was resolved is not what is written.
  void verify() {
    each([&](Job& job) { ask_again(job); });
    resolver_.run();
    each([&](Job& job) {
      if (!job.number) return;
      if (job.made.link.is_alias())
        verify_in_index(job);
      else
        verify_commit(job);
    });
    resolver_.run();
    each([&](Job& job) {
      if (!job.made.link.is_alias() || !job.number) return;
      if (!leads_to_end(job)) throw elsewhere(job);
      job.made.unstaged = job.end().path;
    });
  }

  void ask_again(Job& job) {
    const NewLink& made = job.made;
    job.number.reset();
    if (yaml::read_metafile(made.text).link != made.link) throw elsewhere(job);
    const Source read = Source::from_link(made.link);
    const Source& end = job.end().source;
    if (read.is_alias() != end.is_alias() || read.repo != end.repo || !read.undivided.empty()) throw elsewhere(job);
    if (read.is_alias()) {
      resolve::require_one_reading(*views_.work_tree,
                                   resolve::find_alias_start(*views_.work_tree, parent_of(made.target)), read.path);
      job.number = ask_alias(job, *views_.index, job.base.in_index);
      if (!job.number) ask_work_tree(job);
      return;
    }
    // To ask a server again would take as long as the first time, and its answer is about the same rev.
    if (made.link.repo && !made.local_directory) return;
    job.number = resolver_.add(*views_.work_tree, made.target, made.link);
  }

  /// Asks for the end of an alias whose path starts at `base` in `view`, if the alias leads there.
  std::optional<std::size_t> ask_alias(const Job& job, resolve::TreeView& view, const std::string& base) {
    const std::string& path = job.end().path;
    if ((fs::path(base) / job.made.link.path).lexically_normal() != path) return std::nullopt;
    Source source;
    source.path = path;
    return resolver_.add(view, "", source);
  }

  void ask_work_tree(Job& job) {
    job.number = ask_alias(job, *views_.work_tree, resolve::alias_base(*views_.work_tree, job.made.target));
    if (!job.number) throw elsewhere(job);
    job.is_in_work_tree = true;
  }

  bool leads_to_end(const Job& job) const {
    const Finding finding = resolver_.finding(*job.number, "");
    return finding.verdict == Verdict::ok && finding.object_type == job.made.link.link_type &&
           resolver_.chain(*job.number).answers.front().path == job.end().path;
  }

  void verify_in_index(Job& job) {
    if (job.is_in_work_tree) return;
    if (leads_to_end(job))
      job.number.reset();
    else
      ask_work_tree(job);
  }

  void verify_commit(const Job& job) const {
    const Finding finding = resolver_.finding(*job.number, job.made.link.link_type);
    if (finding.verdict != Verdict::ok) throw elsewhere(job);
    const resolve::Answer first = resolver_.chain(*job.number).answers.front();
    const resolve::Answer& end = job.end();
    if (first.commit != end.commit || first.path != end.path || first.blob != end.blob) throw elsewhere(job);
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  ObjectViews views_;
  resolve::Resolver resolver_;
  std::optional<Dialect> dialect_;
  std::deque<Job> jobs_;
};

}  // namespace

Dialect dialect_of(const git::Registry& registry) {
  if (const auto configured = registry.config().find("mlem.dialect")) {
    if (*configured == "repo") return Dialect::repo;
    if (*configured == "project") return Dialect::project;
    throw Error(ErrorKind::invalid, "bad config value for 'mlem.dialect'", "it takes 'repo' or 'project'");
  }
  for (const git::File& file : registry.index_files(mlem_suffix, {})) {
    if (file.stage != 0) continue;
    try {
      const auto link = find_link(registry, file.entry);
      if (link && link->link.dialect) return *link->link.dialect;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;  // a corrupt one is for `check` to tell
    }
  }
  return Dialect::repo;
}

NewLink make_link(const git::Registry& registry, const source::Settings& settings, const LinkRequest& request) {
  NewLink made = std::move(make_links(registry, settings, {request}).front());
  if (made.error) throw Error(*made.error);
  return made;
}

std::vector<NewLink> make_links(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<LinkRequest>& requests) {
  return LinkMaker(registry, settings, requests).run();
}

void save_link(const git::Registry& registry, const NewLink& link, Stage stage) {
  save_links(registry, {&link, 1}, stage);
}

void save_links(const git::Registry& registry, std::span<const NewLink> links, Stage stage) {
  std::vector<FileChange> changes;
  std::set<std::string> markers;
  for (const NewLink& link : links) {
    changes.push_back({.name = link.target,
                       .text = link.text,
                       .mode = link.mode,
                       .is_flagged = link.is_flagged,
                       .wants_checkout = !link.force});
    if (!link.marker.empty()) markers.insert(link.marker);
  }
  for (const std::string& marker : markers) {
    const bool is_there = load_type(registry.work_tree() / marker) == fs::regular_file;
    if (stage == Stage::yes && is_there) changes.push_back({.name = marker});
  }
  save_files(registry, changes, stage);
}

}  // namespace mlem::edit
