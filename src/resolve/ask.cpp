#include "resolve/ask.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "resolve/detail/rev_lookup.hpp"
#include "resolve/read_object.hpp"
#include "resolve/tree_view.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

// Queries are sorted by rev and path, so that each rev is looked up once and neighbours find the trees that were read
// last. Then the source is asked step by step, each time for all queries together: for refs, if a name is among the
// revs; for the commits, with trees as deep as the deepest path goes; for the objects that turn out to be lacking, in a
// few rounds. A query that fails keeps its answer and leaves the others alone.

namespace mlem::resolve {
namespace {

/// Queries about one rev, of which the first knows what it leads to.
struct AtRev {
  std::vector<Answer*> answers;
  std::optional<Oid> object;  ///< what the rev names, unpeeled
  Answer& first() const { return *answers.front(); }
};

std::tuple<std::string_view, UrlParts::RevKind> rev_of(const Answer& answer) {
  return {answer.source.rev->text(), answer.source.rev_kind};
}

class Questioning {
 public:
  Questioning(source::Conversation& source, const source::Settings& settings) : source_(source), settings_(settings) {}

  void run(const std::vector<Answer*>& answers) {
    find_objects(group_by_rev(answers));
    const std::vector<Answer*> open = find_commits();
    read(open);
    for (Answer* answer : answers) answer->proof = source_.proof();
  }

 private:
  /// Returns the queries one rev after the other, and in one directory after the other: the repository remembers the
  /// trees that it read last.
  std::vector<AtRev> group_by_rev(const std::vector<Answer*>& answers) {
    needs_refs_ = std::any_of(answers.begin(), answers.end(), [](const Answer* answer) {
      return !answer->source.undivided.empty() || answer->source.rev->kind() != Rev::Kind::oid;
    });
    std::vector<Answer*> divided;
    for (Answer* answer : answers) {
      if (detail::divide(refs(), *answer)) divided.push_back(answer);
    }
    std::sort(divided.begin(), divided.end(), [&](const Answer* a, const Answer* b) {
      return std::tuple(rev_of(*a), std::string_view(a->source.path)) <
             std::tuple(rev_of(*b), std::string_view(b->source.path));
    });
    std::vector<AtRev> groups;
    for (Answer* answer : divided) {
      if (groups.empty() || rev_of(groups.back().first()) != rev_of(*answer)) groups.emplace_back();
      groups.back().answers.push_back(answer);
    }
    return groups;
  }

  const source::Refs& refs() {
    // Ids alone do not take a question to the server.
    static const source::Refs none{.find = [](const std::string&) { return std::optional<Oid>(); },
                                   .names = [] { return std::vector<std::string>(); },
                                   .head_branch = std::nullopt};
    return needs_refs_ ? source_.refs() : none;
  }

  /// Finds the object that each rev names.
  void find_objects(std::vector<AtRev> groups) {
    settle_ambiguous(groups);
    for (AtRev& group : groups) {
      if (!settings_.budget.has_time()) {
        for (Answer* answer : group.answers) fail_for_time(*answer);
        continue;
      }
      answer_one(group.first(), [&] {
        group.object = detail::find_rev(refs(), group.first(),
                                        [&](const Oid& oid) { return source_.repository().find_commit(oid); });
        return group.object.has_value();
      });
      if (!group.object)
        give_rev(group);
      else
        groups_.push_back(std::move(group));
    }
  }

  /// Needs the objects that a tag and a branch of one name have: if they differ, one may still be an annotated tag and
  /// the other its commit.
  void settle_ambiguous(const std::vector<AtRev>& groups) {
    if (!source_.is_cached()) return;
    std::set<Oid> objects;
    source::Refs without_names = refs();
    without_names.names = [] { return std::vector<std::string>(); };  // no hints are wanted
    for (const AtRev& group : groups) {
      Answer attempt = group.first();
      attempt.hints = nullptr;  // nor is what they would be without names to be remembered
      detail::find_rev(without_names, attempt, [&](const Oid& oid) -> std::optional<Oid> {
        objects.insert(oid);
        return std::nullopt;  // as if they were the same, to be asked for all
      });
    }
    if (!objects.empty()) source_.need_commits(objects, 0);
  }

  /// Finds the commits, and returns the queries that have one.
  std::vector<Answer*> find_commits() {
    std::set<Oid> objects;
    std::ptrdiff_t depth = 1;
    for (const AtRev& group : groups_) {
      objects.insert(*group.object);
      for (const Answer* answer : group.answers) {
        depth = std::max(depth, std::count(answer->source.path.begin(), answer->source.path.end(), '/') + 1);
      }
    }
    const auto lacks = source_.need_commits(objects, static_cast<std::size_t>(depth));
    std::vector<Answer*> found;
    for (const AtRev& group : groups_) {
      Answer& first = group.first();
      const auto lack = lacks.find(*group.object);
      if (lack != lacks.end())
        first.fail(lack->second.verdict, lack->second.message, lack->second.hint);
      else if (!answer_one(first, [&] { return take_commit(*group.object, first); }))
        first.commit.reset();
      give_rev(group);
      if (first.commit) found.insert(found.end(), group.answers.begin(), group.answers.end());
    }
    return found;
  }

  static void give_rev(const AtRev& group) {
    for (Answer* answer : group.answers) {
      if (answer != &group.first()) answer->take_rev_of(group.first());
    }
  }

  /// Takes a rev for what it leads to. Returns false, the answer failed, if that is not a commit.
  bool take_commit(const Oid& object, Answer& answer) {
    git::Repository& repository = source_.repository();
    const auto commit = repository.find_commit(object);
    if (!commit) {
      answer.fail(Verdict::missing_rev, "'" + answer.rev + "' names no commit");
      return false;
    }
    if (answer.source.rev->kind() == Rev::Kind::oid && *commit != object) {
      answer.fail(Verdict::missing_rev, "'" + answer.rev + "' is not a commit", "the tag is for " + commit->hex());
      return false;
    }
    answer.commit = commit;
    if (answer.stored_rev.empty()) answer.stored_rev = commit->hex();
    answer.commit_time = repository.commit_time(*commit);
    return true;
  }

  /// Reads what the queries are about. First the metafiles are found to be lacking; then, for a path deeper than was
  /// asked for, its trees and at last its metafile.
  void read(std::vector<Answer*> open) {
    constexpr int most_rounds = 4;
    for (int round = 0; !open.empty(); ++round) {
      const std::map<Answer*, std::vector<Oid>> lacking = look(open);
      std::map<Oid, Oid> commits_by_object;
      for (const auto& [answer, objects] : lacking) {
        for (const Oid& object : objects) commits_by_object.emplace(object, *answer->commit);
      }
      if (lacking.empty()) return;
      const auto lacks = source_.need_objects(commits_by_object);
      open.clear();
      for (const auto& [answer, objects] : lacking) {
        const auto lack = lacks.find(objects.front());
        if (lack != lacks.end())
          answer->fail(lack->second.verdict, lack->second.message, lack->second.hint);
        else if (round == most_rounds)
          answer->fail(Verdict::unreachable, "object " + objects.front().hex() + " cannot be read");
        else
          open.push_back(answer);
      }
      std::sort(open.begin(), open.end(), [](const Answer* a, const Answer* b) {
        return std::tuple(rev_of(*a), std::string_view(a->source.path)) <
               std::tuple(rev_of(*b), std::string_view(b->source.path));
      });
    }
  }

  /// Answers what can be; returns what is lacking for the others.
  std::map<Answer*, std::vector<Oid>> look(const std::vector<Answer*>& open) {
    std::map<Answer*, std::vector<Oid>> lacking;
    std::vector<Found> found;
    std::vector<Answer*> found_for;
    std::vector<std::unique_ptr<TreeView>> views;
    const Oid* commit = nullptr;
    for (Answer* answer : open) {
      if (!settings_.budget.has_time()) {
        fail_for_time(*answer);
        continue;
      }
      if (commit == nullptr || *commit != *answer->commit) {
        views.push_back(view_commit(source_.repository(), *answer->commit));
        commit = &*answer->commit;
      }
      std::vector<Oid> missing;
      std::optional<git::Entry> entry;
      answer_one(*answer, [&] {
        const auto path = path_of(*answer);
        if (path) entry = find_object(*views.back(), *path, "", *answer, missing);
        return entry.has_value();
      });
      if (!missing.empty()) lacking.emplace(answer, std::move(missing));
      if (!entry) continue;
      if (answer->is_only_sought) {
        answer->blob = entry->oid;
        continue;
      }
      found.push_back({views.back().get(), *entry});
      found_for.push_back(answer);
    }
    read_objects(source_.repository(), found, settings_, [&](std::size_t i, const std::function<bool(Answer&)>& read) {
      bool is_there = true;
      answer_one(*found_for[i], [&] { return is_there = read(*found_for[i]); });
      if (!is_there) lacking[found_for[i]] = {found[i].entry.oid};
    });
    return lacking;
  }

  /// The path in the tree of the source; nothing, the answer failed, if it is malformed.
  static std::optional<std::string> path_of(Answer& answer) {
    try {
      return answer.source.tree_path().text();
    } catch (const Error& error) {
      answer.fail(Verdict::invalid_link, error.what());
      return std::nullopt;
    }
  }

  /// answer_or_fail() where the source is itself what cannot be read; an error of the cache ends the conversation.
  bool answer_one(Answer& answer, const std::function<bool()>& work) {
    return source_.is_cached() ? work() : answer_or_fail(answer, work);
  }

  source::Conversation& source_;
  const source::Settings& settings_;
  bool needs_refs_ = false;
  std::vector<AtRev> groups_;  ///< whose revs name something
};

}  // namespace

void ask(source::Conversation& source, const std::vector<Answer*>& answers, const source::Settings& settings) {
  Questioning(source, settings).run(answers);
}

}  // namespace mlem::resolve
