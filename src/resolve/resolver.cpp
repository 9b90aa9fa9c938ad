#include "resolve/resolver.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "resolve/ask.hpp"
#include "resolve/detail/hints.hpp"
#include "resolve/read_object.hpp"
#include "source/conversation.hpp"
#include "source/in_parallel.hpp"
#include "source/visit.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <span>
#include <thread>
#include <utility>

namespace mlem::resolve {
namespace {

/// So many answers are whole at a time, where it does not cost a server more questions.
constexpr std::size_t most_whole_answers = 8192;

/// Whether a link leads to an object of its own tree.
bool is_by_alias(const Link& link) { return link.is_alias() && !is_surely_url(link.path); }

/// Whether the alias that `chain` has come to is followed elsewhere by MLEM, which starts it at `start`. Then that is
/// the chain's end.
bool end_elsewhere(Chain& chain, const std::optional<std::string>& start) {
  Answer& alias = chain.answers.back();
  const std::string own(parent_of(alias.path));
  const std::string for_mlem = start.value_or(own);
  // A link that was named is the first one, in a project of its own.
  if (alias.link_base == for_mlem || (chain.is_named && (chain.answers.size() == 1 || alias.link_base == own))) {
    return false;
  }
  alias.fail(Verdict::invalid_link, "git-mlem and MLEM start the alias '" + alias.path + "' at different directories",
             "git-mlem starts at " + quoted_directory(alias.link_base) + ", MLEM at " + quoted_directory(for_mlem) +
                 ", as the link that leads there; link to the object itself");
  return true;
}

}  // namespace

Resolver::Resolver(const git::Registry& registry, source::Settings settings, ResolverOptions options)
    : registry_(registry),
      settings_(std::move(settings)),
      options_(std::move(options)),
      text_left_(options_.most_text) {}

Resolver::QueryNumber Resolver::number_of(detail::AnswerStore::Subject subject, std::string_view path) {
  const auto [number, is_new] = answers_.add(subject, path);
  if (is_new) {
    steps_.emplace_back();
    pending_.push_back(number);
  }
  return number;
}

Resolver::QueryNumber Resolver::number_of(TreeView* view, std::string_view file, const Source& source) {
  if (!source.is_alias()) return number_of(answers_.subject_of(source, nullptr, {}), source.path);
  // Where a directory's aliases start takes a look at each directory above it.
  const auto [known, is_new] = alias_subjects_[view].try_emplace(std::string(parent_of(file)));
  AliasSubject& subject = known->second;
  if (is_new) {
    subject.start = find_alias_start(*view, parent_of(file));
    subject.subject = answers_.subject_of(source, view, subject.start.directory);
  }
  // An object that was named is not an alias: its path starts where its name does.
  if (!file.empty()) require_one_reading(*view, subject.start, source.path);
  return number_of(subject.subject, source.path);
}

Resolver::QueryNumber Resolver::number_of(TreeView* view, std::string_view file, const Link& link,
                                          UrlParts::RevKind kind) {
  const auto source_of = [&] {
    Source source = Source::from_link(link);
    if (kind != UrlParts::RevKind::none) source.rev_kind = kind;
    return source;
  };
  if (!link.repo || link.plain || link.path.starts_with('/') || is_surely_url(link.path)) {
    return number_of(view, file, source_of());
  }
  mlem::require_one_reading(link.path);
  // Most links share their repository and rev with many others.
  key_.assign(*link.repo).append("\n").append(link.rev.value_or("\n"));
  key_.push_back(static_cast<char>(kind));
  const auto [known, is_new] = subjects_.try_emplace(key_);
  std::optional<detail::AnswerStore::Subject>& subject = known->second;
  const bool goes_up = link.path.find("..") != std::string::npos;
  if (!is_new && subject && !goes_up) return number_of(*subject, RepoPath::parse(link.path).text());
  const Source source = source_of();
  // With a directory in the address, the path is not that of the link.
  if (is_new && source.undivided.empty() && source.path == RepoPath::parse(link.path).text()) {
    subject = answers_.subject_of(source, nullptr, {});
  }
  return number_of(view, file, source);
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Link& link) {
  try {
    const auto pin = pin_of(link);
    const QueryNumber number = number_of(&view, name, link);
    if (pin) {
      pins_.emplace(first_.size(), *pin);
      answers_.note_pin(number, *pin);
    }
    first_.push_back(number);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return add_malformed(link, error);
  }
  return first_.size() - 1;
}

std::size_t Resolver::add_newest_version(TreeView& view, const std::string& name, const Link& link) {
  try {
    first_.push_back(number_of(&view, name, link, UrlParts::RevKind::newest_version));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return add_malformed(link, error);
  }
  return first_.size() - 1;
}

std::size_t Resolver::add_malformed(const Link& link, const Error& error) {
  Answer answer;
  answer.fail(Verdict::invalid_link, error.what(), error.hint());
  // Whatever is malformed may have a password in it.
  answer.path = redact(link.path);
  answer.rev = redact(link.rev.value_or(""));
  malformed_.push_back(std::move(answer));
  first_.push_back(-static_cast<int>(malformed_.size()));
  return first_.size() - 1;
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Source& source) {
  named_.insert(first_.size());
  first_.push_back(number_of(&view, name, source));
  return first_.size() - 1;
}

std::size_t Resolver::add_refused(const Source& source, const source::Refusal& refusal) {
  Answer answer;
  answer.source = source;
  answer.path = source.path;
  answer.fail(refusal.verdict, refusal.message, refusal.hint);
  malformed_.push_back(std::move(answer));
  first_.push_back(-static_cast<int>(malformed_.size()));
  return first_.size() - 1;
}

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
  answer.text_left = options_.wants_text ? &text_left_ : nullptr;
  answer.is_only_sought = options_.only_seeks;
  answer.hints = &hints;
  return answer;
}

void Resolver::keep(QueryNumber number, Answer answer) {
  answer.hints = nullptr;
  answer.text_left = nullptr;
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

/// Returns the number of what a link at the end of an answer leads to.
Resolver::QueryNumber Resolver::number_after(QueryNumber number) {
  if (answers_.is_common_object(number)) return -1;
  Answer answer = answers_.get(number);
  if (answer.failed() || !answer.link) return -1;
  TreeView* const view = answers_.view(number);
  try {
    pin_of(*answer.link);
    if (view != nullptr || answer.link->repo) return number_of(view, answer.path, *answer.link);
    Source source = Source::from_link(*answer.link);
    if (source.is_alias()) {
      // A link inside a source is resolved at that source's commit.
      source.path = source.tree_path(answer.link_base).text();
      source.rev = Rev::parse(answer.commit->hex());
    }
    if (!source.repo) source.repo = answer.source.repo;
    return number_of(nullptr, {}, source);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    answer.fail(Verdict::invalid_link, "'" + answer.path + "' is not a valid link: " + error.what());
    answer.flaw = error.what();
    answers_.put(number, std::move(answer));
    return -1;
  }
}

void Resolver::run() {
  // Of every link that was added, as many hops are read as finding() goes.
  const std::size_t most = named_.empty() ? most_hops : most_hops + 1;
  for (std::size_t hops = 0; !pending_.empty() && hops <= most; ++hops) {
    const std::vector<int> level = std::exchange(pending_, {});
    read_level(level);
    for (const int number : level) {
      const int next = number_after(number);
      steps_[static_cast<std::size_t>(number)] = {next, true};
    }
  }
}

std::optional<RepoUrl> Resolver::repo(std::size_t number) const {
  const int first = first_[number];
  return first < 0 ? std::nullopt : answers_.repo(first);
}

std::size_t Resolver::most_hops_of(std::size_t number) const {
  // The object that was named may be a link, and it is no hop from itself.
  return named_.contains(number) ? most_hops + 1 : most_hops;
}

Answer Resolver::answer_after(QueryNumber number, const Answer& before) const {
  Answer answer = answers_.get(number);
  // It was looked up at the commit; what was asked for, and what a link to it has to say, is the rev that led there.
  if (before.link && is_by_alias(*before.link) && before.commit && answer.commit == before.commit) {
    answer.rev = before.rev;
    answer.stored_rev = before.stored_rev;
    answer.ref = before.ref;
  }
  return answer;
}

std::optional<std::string> Resolver::start_of_chain(QueryNumber number, const Answer& first) const {
  TreeView* const view = answers_.view(number);
  if (view == nullptr) return first.source.directory;
  const std::string& base = answers_.base(number);
  return find_project(*view, base) == base ? std::optional(base) : std::nullopt;
}

Chain Resolver::chain(std::size_t number) const {
  Chain chain;
  chain.is_named = named_.contains(number);
  if (const auto pinned = pins_.find(number); pinned != pins_.end()) chain.pin = pinned->second;
  const QueryNumber first = first_[number];
  if (first < 0) {
    chain.malformed = malformed_[static_cast<std::size_t>(-first - 1)];
    return chain;
  }
  std::map<QueryNumber, std::size_t> seen;
  std::optional<std::string> start;
  for (QueryNumber at = first; at >= 0; at = steps_[static_cast<std::size_t>(at)].next) {
    const auto [before, is_new] = seen.emplace(at, chain.answers.size());
    if (!is_new) {
      chain.end = Chain::End::cycle;
      chain.back_to = before->second;
      break;
    }
    // Counted here, and not by what run() has read: that depends on which other links were added.
    if (chain.answers.size() > most_hops_of(number) || !steps_[static_cast<std::size_t>(at)].done) {
      chain.end = Chain::End::too_deep;
      break;
    }
    Answer answer = chain.answers.empty() ? answers_.get(at) : answer_after(at, chain.answers.back());
    const bool is_alias = !chain.answers.empty() && is_by_alias(*chain.answers.back().link);
    if (is_alias && end_elsewhere(chain, start)) break;
    if (!is_alias) start = start_of_chain(at, answer);
    if (is_alias && chain.is_named && chain.answers.size() == 1) start = chain.answers.back().link_base;
    chain.answers.push_back(std::move(answer));
  }
  return chain;
}

Answer Resolver::answer(std::size_t number) const {
  const QueryNumber first = first_[number];
  return first < 0 ? malformed_[static_cast<std::size_t>(-first - 1)] : answers_.get(first);
}

Finding Resolver::finding(std::size_t number, const std::string& link_type) const {
  return finding_of(chain(number), link_type);
}

}  // namespace mlem::resolve
