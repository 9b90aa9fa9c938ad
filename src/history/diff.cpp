#include "history/diff.hpp"

#include "base/error.hpp"
#include "history/link_changes.hpp"
#include "history/object_texts.hpp"
#include "history/range.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "resolve/chain.hpp"
#include "resolve/resolver.hpp"
#include "source/between.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <span>
#include <utility>

// First the files that differ are listed, renamed ones joined, and read as links. Those that lead elsewhere now are
// compared in groups: the old and the new ends of a whole group are resolved in one run, the metafiles are kept as they
// come by, and the commits between are asked for once for the group. Links whose metafiles found no room come again, in
// smaller groups. Changes are told group by group, in their order.

namespace mlem::history {
namespace {

/// So many links are compared at once: each time costs some processes for each source.
constexpr std::size_t most_at_once = 16'384;
/// Of their metafiles so many bytes are kept, which must be enough for two of any size. Where it is not for all of
/// them, fewer links are compared at once.
constexpr std::size_t most_text = std::size_t{32} << 20;
static_assert(most_text >= 2 * yaml::max_object_size);

bool is_comparable(const LinkChange& change) {
  return change.before && change.after && kind_of(*change.before, *change.after) == ChangeKind::re_pointed;
}

/// What one side of a change leads to.
struct Target {
  Finding finding;
  std::optional<RepoUrl> repo;
  std::optional<Oid> commit;     ///< none: it is an alias, or was not found
  std::optional<Plain> plain{};  ///< of what has none
};

Target target_of(const resolve::Resolver& resolver, std::size_t number, const Link& link, Point& point) {
  const resolve::Chain chain = resolver.chain(number);
  Target target{.finding = resolve::finding_of(chain, link.link_type), .repo = {}, .commit = {}};
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
  target.plain = chain.answers.back().plain;
  return target;
}

std::string reason(const char* what, const Finding& finding) {
  return std::string(what) + ": " + std::string(name(finding.verdict)) + ": " + finding.message;
}

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

/// Compares the objects, if both are there. Returns whether there was room for their metafiles.
bool compare_objects(const Target& before, const Target& after, ObjectTexts& texts, LinkDifference& difference) {
  if (before.finding.verdict != Verdict::ok) difference.unknown.push_back(reason("before", before.finding));
  if (after.finding.verdict != Verdict::ok) difference.unknown.push_back(reason("after", after.finding));
  if (!difference.unknown.empty()) return true;
  const auto& old_blob = before.finding.blob;
  const auto& new_blob = after.finding.blob;
  if (old_blob && old_blob == new_blob)
    difference.comparison = Comparison{};
  else if (before.plain || after.plain || !old_blob || !new_blob)
    difference.comparison = compare_unread(before, after);
  else if (texts.has(*old_blob) && texts.has(*new_blob))
    difference.comparison = texts.compare(*old_blob, *new_blob);
  else
    return false;
  return true;
}

/// Compares some differences at once, whose links lead to other places now.
class Comparing {
 public:
  Comparing(const git::Registry& registry, const source::Settings& settings, std::span<LinkDifference* const> some)
      : registry_(registry),
        settings_(settings),
        differences_(some),
        texts_(most_text),
        resolver_(registry, settings,
                  {.take_text = [&](const Oid& blob, std::string_view text) { texts_.add(blob, text); }}) {}

  /// Returns those whose metafiles there was no room for; nothing is known of them yet.
  std::vector<LinkDifference*> run(resolve::TreeView& before, resolve::TreeView& after) {
    for (const LinkDifference* difference : differences_) {
      const LinkChange& change = difference->change;
      const std::string& former = change.former_name.empty() ? change.name : change.former_name;
      numbers_.emplace_back(resolver_.add(before, former, *change.before),
                            resolver_.add(after, change.name, *change.after));
    }
    resolver_.run();
    std::vector<LinkDifference*> left;
    for (std::size_t i = 0; i < differences_.size(); ++i) {
      if (!compare(i)) left.push_back(differences_[i]);
    }
    find_commits();
    return left;
  }

 private:
  /// A question about the commits between, and whom it is for.
  struct AskedCommits {
    source::Between question;
    LinkDifference* difference;
  };

  bool compare(std::size_t i) {
    LinkDifference& difference = *differences_[i];
    const auto [before, after] = numbers_[i];
    const Target from = target_of(resolver_, before, *difference.change.before, difference.from);
    const Target to = target_of(resolver_, after, *difference.change.after, difference.to);
    if (!compare_objects(from, to, texts_, difference)) return false;
    const bool is_one_source = from.repo == to.repo && from.commit && to.commit;
    if (is_one_source && from.commit != to.commit)
      questions_.push_back({{.repo = from.repo, .from = *from.commit, .to = *to.commit}, &difference});
    return true;
  }

  void find_commits() {
    std::vector<source::Between*> all;
    for (AskedCommits& one : questions_) all.push_back(&one.question);
    source::find_between(registry_, settings_, all);
    for (AskedCommits& one : questions_) {
      source::Between& answer = one.question;
      if (answer.verdict == Verdict::ok)
        one.difference->commits = CommitsBetween{std::move(answer.ahead), answer.behind};
      else
        one.difference->unknown.push_back("commits: " + std::string(name(answer.verdict)) + ": " + answer.message);
    }
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  std::span<LinkDifference* const> differences_;
  ObjectTexts texts_;
  resolve::Resolver resolver_;
  std::vector<std::pair<std::size_t, std::size_t>> numbers_;  ///< at the resolver, of before and after
  std::deque<AskedCommits> questions_;
};

}  // namespace

void compare_sources(const git::Registry& registry, const source::Settings& settings, resolve::TreeView& before,
                     resolve::TreeView& after, std::vector<LinkDifference>& differences) {
  std::vector<LinkDifference*> open;
  for (LinkDifference& difference : differences) {
    if (is_comparable(difference.change)) open.push_back(&difference);
  }
  for (std::size_t most = most_at_once; !open.empty();) {
    const std::span<LinkDifference* const> some = std::span(open).first(std::min(open.size(), most));
    const std::vector<LinkDifference*> left = Comparing(registry, settings, some).run(before, after);
    if (!left.empty()) most = std::max<std::size_t>(1, (some.size() - left.size()) / 2);
    open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(some.size()));
    open.insert(open.end(), left.begin(), left.end());
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
  const auto tell = [&] {
    if (request.compares) compare_sources(registry, settings, *before, *after, waiting);
    for (LinkDifference& difference : waiting) visit(difference);
    waiting.clear();
  };
  reader.read(changes, [&](std::size_t, LinkChange& change) {
    LinkDifference& difference = waiting.emplace_back();
    difference.change = std::move(change);
    if (difference.change.before) difference.from = point_of(*difference.change.before);
    if (difference.change.after) difference.to = point_of(*difference.change.after);
    if (waiting.size() >= most_at_once) tell();
    return true;
  });
  tell();
}

}  // namespace mlem::history
