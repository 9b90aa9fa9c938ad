#include "history/diff.hpp"

#include "base/error.hpp"
#include "history/link_changes.hpp"
#include "history/range.hpp"
#include "model/object.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "resolve/chain.hpp"
#include "resolve/resolver.hpp"
#include "source/between.hpp"
#include "yaml/read_object.hpp"

#include <deque>
#include <unordered_map>
#include <utility>

namespace mlem::history {
namespace {

/// So many links are compared at once: the metafiles of all are in memory then.
constexpr std::size_t most_at_once = 1000;
/// And so many differences wait for those before them.
constexpr std::size_t most_waiting = 4096;

bool is_comparable(const LinkChange& change) {
  return change.before && change.after && kind_of(*change.before, *change.after) == ChangeKind::re_pointed;
}

/// What one side of a change leads to.
struct Target {
  Finding finding;
  std::optional<RepoUrl> repo;
  std::optional<Oid> commit;     ///< none: it is an alias, or was not found
  std::string text;              ///< the object's metafile
  std::optional<Plain> plain{};  ///< of what has none
};

Target target_of(const resolve::Resolver& resolver, std::size_t number, const Link& link, Point& point) {
  const resolve::Chain chain = resolver.chain(number);
  Target target{.finding = resolve::finding_of(chain, link.link_type), .repo = {}, .commit = {}, .text = {}};
  if (chain.answers.empty()) return target;
  const resolve::Answer& first = chain.answers.front();
  if (!first.source.is_alias()) {
    target.repo = first.source.repo;
    target.commit = first.commit;
    if (point.commit.empty() && first.commit) point.commit = first.commit->hex();
    if (point.ref.empty() && link.rev != point.commit) point.ref = first.ref;
  }
  if (target.finding.verdict != Verdict::ok) return target;
  if (point.blob.empty() && target.finding.blob) point.blob = target.finding.blob->hex();
  target.text = chain.answers.back().text;
  target.plain = chain.answers.back().plain;
  return target;
}

std::string reason(const char* what, const Finding& finding) {
  return std::string(what) + ": " + std::string(name(finding.verdict)) + ": " + finding.message;
}

/// Reads objects, each once: many links lead to one before or after, and reading it takes the most time of all.
class ObjectReader {
 public:
  const object::Description& read(const Target& target) {
    if (!target.finding.blob) return unnamed_.emplace_back(yaml::read_object(target.text));
    const auto [known, is_new] = by_blob_.try_emplace(*target.finding.blob);
    if (is_new) known->second = yaml::read_object(target.text);
    return known->second;
  }

 private:
  std::unordered_map<Oid, object::Description> by_blob_;
  std::deque<object::Description> unnamed_;  ///< of a work tree
};

/// What a detail of a comparison calls an object: `tree 7d5b31e`.
std::string name_of_object(const Target& target) {
  const std::string kind(target.plain ? name(*target.plain) : "metafile");
  return target.finding.blob ? kind + " " + target.finding.blob->short_hex() : kind;
}

/// Compares what no metafile describes: all that can be told is that it is not the same.
Comparison compare_unread(const Target& before, const Target& after) {
  return {.compatibility = Compatibility::unknown,
          .details = {{.what = "object",
                       .from = name_of_object(before),
                       .to = name_of_object(after),
                       .compatibility = Compatibility::unknown}}};
}

/// Compares the objects, if both are there.
void compare_objects(const Target& before, const Target& after, ObjectReader& objects, LinkDifference& difference) {
  if (before.finding.verdict != Verdict::ok) difference.unknown.push_back(reason("before", before.finding));
  if (after.finding.verdict != Verdict::ok) difference.unknown.push_back(reason("after", after.finding));
  if (!difference.unknown.empty()) return;
  if (before.finding.blob && before.finding.blob == after.finding.blob)
    difference.comparison = Comparison{};
  else if (before.plain || after.plain)
    difference.comparison = compare_unread(before, after);
  else if (const auto alike = yaml::read_alike(before.text, after.text))
    difference.comparison = compare(alike->first, alike->second);
  else
    difference.comparison = compare(objects.read(before), objects.read(after));
}

/// A question about the commits between, and whom it is for.
struct AskedCommits {
  source::Between question;
  LinkDifference* difference;
};

}  // namespace

void compare_sources(const git::Registry& registry, const source::Settings& settings, resolve::TreeView& before,
                     resolve::TreeView& after, std::vector<LinkDifference>& differences) {
  resolve::Resolver resolver(registry, settings, {.wants_text = true});
  struct Numbers {
    LinkDifference* difference;
    std::size_t before;
    std::size_t after;
  };
  std::vector<Numbers> asked;
  for (LinkDifference& difference : differences) {
    const LinkChange& change = difference.change;
    if (!is_comparable(change)) continue;
    const std::string& former = change.former_name.empty() ? change.name : change.former_name;
    asked.push_back(
        {&difference, resolver.add(before, former, *change.before), resolver.add(after, change.name, *change.after)});
  }
  if (asked.empty()) return;
  resolver.run();

  ObjectReader objects;
  std::deque<AskedCommits> questions;
  for (const Numbers& numbers : asked) {
    LinkDifference& difference = *numbers.difference;
    const Target from = target_of(resolver, numbers.before, *difference.change.before, difference.from);
    const Target to = target_of(resolver, numbers.after, *difference.change.after, difference.to);
    compare_objects(from, to, objects, difference);
    const bool is_one_source = from.repo == to.repo && from.commit && to.commit;
    if (is_one_source && from.commit != to.commit)
      questions.push_back({{.repo = from.repo, .from = *from.commit, .to = *to.commit}, &difference});
  }
  std::vector<source::Between*> all;
  for (AskedCommits& one : questions) all.push_back(&one.question);
  source::find_between(registry, settings, all);
  for (AskedCommits& one : questions) {
    source::Between& answer = one.question;
    if (answer.verdict == Verdict::ok)
      one.difference->commits = CommitsBetween{std::move(answer.ahead), answer.behind};
    else
      one.difference->unknown.push_back("commits: " + std::string(name(answer.verdict)) + ": " + answer.message);
  }
}

DiffRequest diff_request(const git::Registry& registry, const std::vector<std::string>& revs) {
  DiffRequest request;
  const auto range = revs.size() == 1 ? Range::parse(revs.front()) : std::nullopt;
  if (range) {
    const Commits commits = resolve(registry, *range);
    request.before = commits.before;
    request.after = commits.after;
    return request;
  }
  constexpr std::size_t most_revs = 2;
  if (revs.size() > most_revs) throw Error(ErrorKind::invalid, "more than two revisions", "", "paths follow '--'");
  request.before = revs.empty() ? registry.objects().find_ref("HEAD") : resolve_commit(registry, revs.front());
  if (revs.size() == most_revs) request.after = resolve_commit(registry, revs.back());
  if (!request.after && !registry.has_work_tree()) {
    throw Error(ErrorKind::invalid, "there is no index to compare with", "this repository is bare",
                "'git mlem diff <a> <b>' compares two commits");
  }
  return request;
}

void walk_diff(const git::Registry& registry, const source::Settings& settings, const DiffRequest& request,
               const std::function<void(LinkDifference& difference)>& visit) {
  std::vector<FileChange> changes = list_changes(registry, settings, request.before, request.after, request.pathspecs);
  LinkReader reader(registry, settings);
  reader.join_renamed(changes);
  const auto before = resolve::view_commit(registry.objects(), request.before.value_or(registry.empty_tree()));
  const auto after =
      request.after ? resolve::view_commit(registry.objects(), *request.after) : resolve::view_index(registry);
  std::vector<LinkDifference> waiting;
  std::size_t comparable = 0;
  const auto tell = [&] {
    if (request.compares) compare_sources(registry, settings, *before, *after, waiting);
    for (LinkDifference& difference : waiting) visit(difference);
    waiting.clear();
    comparable = 0;
  };
  reader.read(changes, [&](std::size_t, LinkChange& change) {
    LinkDifference& difference = waiting.emplace_back();
    difference.change = std::move(change);
    if (difference.change.before) difference.from = point_of(*difference.change.before);
    if (difference.change.after) difference.to = point_of(*difference.change.after);
    comparable += is_comparable(difference.change) ? 1 : 0;
    if (comparable >= most_at_once || waiting.size() >= most_waiting) tell();
    return true;
  });
  tell();
}

}  // namespace mlem::history
