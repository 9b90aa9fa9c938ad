#include "base/error.hpp"
#include "resolve/ask.hpp"
#include "resolve/detail/hints.hpp"
#include "resolve/read_object.hpp"
#include "resolve/resolver.hpp"
#include "source/conversation.hpp"
#include "source/in_parallel.hpp"
#include "source/visit.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <span>
#include <thread>
#include <utility>

// One hop of a resolver: what is wanted is sorted by where it is, each place is asked once for all of it, and of the
// answers what is kept is small.

namespace mlem::resolve {
namespace {

/// So many answers are whole at a time, where it does not cost a server more questions.
constexpr std::size_t most_whole_answers = 8192;

}  // namespace

/// The aliases of one repository that were found and wait to be read. Of them no more than this is kept meanwhile:
/// whole answers would be many times as much.
struct Resolver::AliasBatch {
  struct Waiting {
    QueryNumber number;
    std::string path;
  };
  std::vector<Found> found;
  std::vector<Waiting> waiting;
};

Answer Resolver::question(QueryNumber number, detail::Hints& hints) const {
  Answer answer = answers_.get(number);
  if (answer.failed()) answer.ask_again();
  answer.wants_text = options_.wants_text;
  answer.take_text = options_.take_text ? &options_.take_text : nullptr;
  answer.is_only_sought = options_.only_seeks;
  answer.hints = &hints;
  return answer;
}

void Resolver::keep(QueryNumber number, Answer&& answer) {
  answer.hints = nullptr;
  answer.take_text = nullptr;
  answers_.put(number, std::move(answer));
}

void Resolver::find_alias(QueryNumber number, detail::Hints& hints, AliasBatches& batches) {
  Answer answer = question(number, hints);
  const std::string base = std::exchange(answer.link_base, {});
  TreeView& view = *answers_.view(number);
  std::vector<Oid> missing;
  std::optional<git::Entry> entry;
  try {
    entry = find_object(view, answer.source.tree_path(base).text(), base, answer, missing);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::unavailable) throw;
    answer.fail(error.kind() == ErrorKind::invalid ? Verdict::invalid_link : Verdict::unreachable, error.what());
  }
  // What a sparse checkout leaves out of a work tree is a blob as well.
  if (entry && entry->oid != Oid()) {
    AliasBatch& batch = batches[view.repository() != nullptr ? view.repository() : &registry_.objects()];
    batch.found.push_back({&view, *entry});
    batch.waiting.push_back({number, std::move(answer.path)});
    return;
  }
  if (!missing.empty()) answer.fail(Verdict::unreachable, "the repository lacks object " + missing.front().hex());
  if (entry && !read_object(view, *entry, answer)) {
    answer.fail(Verdict::missing_path, "nothing at '" + answer.path + "'");
  }
  keep(number, std::move(answer));
}

void Resolver::read_aliases(const std::vector<QueryNumber>& numbers) {
  detail::Hints hints;
  AliasBatches batches;
  for (const QueryNumber number : numbers) find_alias(number, hints, batches);
  for (auto& item : batches) {
    AliasBatch& batch = item.second;
    std::vector<Oid> blobs;
    for (const Found& found : batch.found) blobs.push_back(found.entry.oid);
    source::fetch_missing(registry_, blobs, settings_);
    read_objects(*item.first, batch.found, settings_, [&](std::size_t i, const std::function<bool(Answer&)>& read) {
      AliasBatch::Waiting& waiting = batch.waiting[i];
      Answer answer = question(waiting.number, hints);
      answer.link_base.clear();
      answer.path = std::move(waiting.path);
      answer.blob = batch.found[i].entry.oid;
      answer_or_fail(answer, [&] {
        if (read(answer)) return true;
        answer.fail(Verdict::unreachable, "the repository lacks object " + batch.found[i].entry.oid.hex());
        return false;
      });
      keep(waiting.number, std::move(answer));
    });
  }
}

void Resolver::read_own(const std::vector<QueryNumber>& numbers) {
  if (numbers.empty()) return;
  const auto registry = source::converse_with_registry(registry_, settings_, options_.pushed_refs);
  ask_all(*registry, numbers, settings_);
}

void Resolver::ask_all(source::Conversation& source, const std::vector<QueryNumber>& numbers,
                       const source::Settings& settings) {
  detail::Hints hints;
  if (source.local() == nullptr || numbers.size() <= most_whole_answers) {
    return ask_together(source, numbers, settings, hints);
  }
  // Whole answers are many times what is kept of them. A server is asked once for all of them; what is read in place is
  // asked for some at a time, one rev after the other.
  std::vector<QueryNumber> in_order = numbers;
  answers_.sort(in_order);
  for (std::span<const QueryNumber> left = in_order; !left.empty();) {
    const auto some = left.first(std::min(left.size(), most_whole_answers));
    ask_together(source, some, settings, hints);
    left = left.subspan(some.size());
  }
}

void Resolver::ask_together(source::Conversation& source, std::span<const QueryNumber> numbers,
                            const source::Settings& settings, detail::Hints& hints) {
  std::vector<Answer> answers;
  std::vector<Answer*> asked;
  answers.reserve(numbers.size());
  for (const QueryNumber number : numbers) asked.push_back(&answers.emplace_back(question(number, hints)));
  const source::LocalRepository* const local = source.local();
  if (local != nullptr && !local->inner.empty()) {
    // What an address has behind the repository goes to where paths begin: what is found is what is recorded.
    const RepoUrl repo = RepoUrl::parse(file_url(local->root.string()));
    for (Answer* answer : asked) {
      answer->source.repo = repo;
      const std::string path = std::exchange(answer->source.path, {});
      answer->source.path = answer->source.plain && path == "." ? local->inner : local->inner + "/" + path;
      answer->source.directory = join(local->inner, answer->source.directory);
    }
  }
  ask(source, asked, settings);
  for (std::size_t i = 0; i < numbers.size(); ++i) keep(numbers[i], std::move(answers[i]));
}

void Resolver::read_source(const std::vector<QueryNumber>& numbers, const source::Settings& settings) {
  const RepoUrl url = *answers_.repo(numbers.front());
  const auto ask_about = [&](const std::vector<QueryNumber>& some) {
    return source::converse(url, settings, [&](source::Conversation& source) { ask_all(source, some, settings); });
  };
  const auto fail = [&](const std::vector<QueryNumber>& some, const source::Refusal& refusal) {
    for (const QueryNumber number : some) {
      Answer answer = answers_.get(number);
      answer.fail(refusal.verdict, refusal.message, refusal.hint);
      answers_.put(number, std::move(answer));
    }
  };
  const auto refusal = ask_about(numbers);
  if (!refusal) return;
  // What commits lead to may be known already, where only the source can say what refs do.
  std::vector<QueryNumber> pinned;
  std::vector<QueryNumber> others;
  for (const QueryNumber number : numbers) {
    const auto rev = answers_.get(number).source.rev;
    (rev && rev->oid() ? pinned : others).push_back(number);
  }
  const bool is_mixed = !pinned.empty() && !others.empty();
  const bool may_be_known = is_mixed && decision(refusal->verdict) == Decision::undecided;
  fail(others, *refusal);
  if (const auto again = may_be_known ? ask_about(pinned) : refusal) fail(pinned, *again);
}

void Resolver::read_sources(std::vector<const std::vector<QueryNumber>*> groups) {
  const auto remote = std::stable_partition(groups.begin(), groups.end(), [&](const auto* group) {
    return source::is_in_place(*answers_.repo(group->front()), settings_);
  });
  const auto in_place = static_cast<std::size_t>(remote - groups.begin());
  source::Settings quiet = settings_;
  quiet.access.interactive = false;
  std::atomic<std::size_t> done = 0;
  const auto read = [&](std::size_t i) {
    const auto& progress = settings_.observer.progress;
    const std::string source = progress ? answers_.repo(groups[i]->front())->printable() : std::string();
    if (progress) progress(done, groups.size(), source, false);
    read_source(*groups[i], quiet);
    const std::size_t now = ++done;
    if (progress) progress(now, groups.size(), source, true);
  };
  // What is at hand does not wait for servers, which may use up the time there is; it costs processor time, and more
  // threads than processors would only be in each other's way.
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  source::in_parallel(in_place, std::min(settings_.budget.jobs, processors), read);
  source::in_parallel(groups.size() - in_place, settings_.budget.jobs, [&](std::size_t i) { read(in_place + i); });
  if (!settings_.access.interactive) return;
  // One at a time: two prompts on one terminal would mix. What was typed for a host is there for its other sources.
  for (const auto* group : groups) {
    const bool refused = std::any_of(group->begin(), group->end(), [&](QueryNumber number) {
      return answers_.get(number).verdict == Verdict::auth_required;
    });
    if (!refused) continue;
    const std::string& host = answers_.repo(group->front())->host();
    const auto& logins = settings_.access.logins;
    read_source(*group, logins == nullptr || logins->may_ask(host) ? settings_ : quiet);
  }
}

void Resolver::read_level(const std::vector<QueryNumber>& level) {
  // By what git is asked: two spellings of one address may be rewritten to different ones, or one of them refused.
  std::map<std::string, std::vector<QueryNumber>> by_repository;
  std::vector<QueryNumber> own;
  std::vector<QueryNumber> aliases;
  for (const QueryNumber number : level) {
    const auto& repo = answers_.repo(number);
    if (answers_.view(number) != nullptr)
      aliases.push_back(number);
    else
      (repo ? by_repository[repo->text()] : own).push_back(number);
  }
  read_aliases(aliases);
  read_own(own);
  std::vector<const std::vector<QueryNumber>*> groups;
  for (const auto& [url, numbers] : by_repository) groups.push_back(&numbers);
  read_sources(std::move(groups));
}

}  // namespace mlem::resolve
