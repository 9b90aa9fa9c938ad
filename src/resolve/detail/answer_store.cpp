#include "resolve/detail/answer_store.hpp"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>

namespace mlem::resolve::detail {
namespace {

/// Whether an answer is why there is no such rev or repository, whatever the path.
bool is_refusal(const Answer& answer) {
  return answer.failed() && !answer.commit && answer.path.empty() && answer.flaw.empty() && answer.warnings.empty() &&
         answer.text.empty() && !answer.blob && !answer.link;
}

bool is_same_refusal(const Answer& a, const Answer& b) {
  return std::tie(a.source, a.verdict, a.message, a.hint, a.ref, a.rev, a.stored_rev, a.proof, a.link_base) ==
         std::tie(b.source, b.verdict, b.message, b.hint, b.ref, b.rev, b.stored_rev, b.proof, b.link_base);
}

std::optional<Oid> value_of(const Oid* oid) { return oid == nullptr ? std::nullopt : std::optional(*oid); }

}  // namespace

AnswerStore::Subject AnswerStore::subject_of(const Source& source, TreeView* view, const std::string& base) {
  std::string key;
  if (source.is_alias()) {
    key = "=" + view->at() + "\n" + base;
  } else {
    key = (source.repo ? source.repo->text() : "") + "\n" + (source.rev ? source.rev->text() : "") + "\n" +
          source.undivided + "\n" + source.directory + "\n" + std::to_string(static_cast<int>(source.rev_kind)) +
          (source.plain ? std::string(name(*source.plain)) + "?" : "");
  }
  const auto [subject, is_new] = subject_numbers_.try_emplace(std::move(key), static_cast<Subject>(subjects_.size()));
  if (is_new) {
    Common& common = subjects_.emplace_back(
        Common{source, source.is_alias() ? view : nullptr, base, {}, {}, decltype(Common::numbers)(&memory_)});
    common.source.path.clear();
  }
  return subject->second;
}

std::pair<QueryNumber, bool> AnswerStore::add(Subject subject, std::string_view path) {
  std::pmr::unordered_map<std::string_view, QueryNumber>& numbers = subjects_[subject].numbers;
  if (const auto known = numbers.find(path); known != numbers.end()) return {known->second, false};
  auto* const text = static_cast<char*>(memory_.allocate(path.size(), 1));
  path = {text, path.copy(text, path.size())};
  const QueryNumber number = static_cast<QueryNumber>(entries_.size());
  numbers.emplace(path, number);
  entries_.push_back({path, subject, false, nullptr, nullptr, nullptr, nullptr, nullptr});
  return {number, true};
}

void AnswerStore::note_pin(QueryNumber number, const Oid& pin) {
  Entry& entry = entries_[static_cast<std::size_t>(number)];
  if (entry.pin == nullptr) entry.pin = keep(pin);
}

const Oid* AnswerStore::keep(const Oid& oid) { return new (memory_.allocate(sizeof(Oid), alignof(Oid))) Oid(oid); }

void AnswerStore::sort(std::vector<QueryNumber>& numbers) const {
  std::sort(numbers.begin(), numbers.end(), [&](QueryNumber a, QueryNumber b) {
    return std::tuple(entry(a).subject, entry(a).path) < std::tuple(entry(b).subject, entry(b).path);
  });
}

Answer AnswerStore::get(QueryNumber number) const {
  const std::lock_guard lock(mutex_);
  const Entry& entry = this->entry(number);
  const Common& common = subjects_[entry.subject];
  Answer answer;  // all that is returned, so that it is made where the caller has it
  if (entry.whole) {
    answer = *entry.whole;
    if (!answer.pinned_blob) answer.pinned_blob = value_of(entry.pin);
    return answer;
  }
  if (entry.is_refused) answer = *common.refusal;
  answer.pinned_blob = value_of(entry.pin);
  if (entry.is_refused) {
    answer.source.path = entry.path;
    return answer;
  }
  answer.source = common.source;
  answer.source.path = entry.path;
  if (entry.object_type == nullptr && !entry.link) {
    answer.link_base = common.base;
    return answer;
  }
  answer.ref = common.revision->ref;
  answer.rev = common.revision->rev;
  answer.stored_rev = common.revision->stored_rev;
  answer.commit = common.revision->commit;
  answer.commit_time = common.revision->commit_time;
  answer.proof = common.revision->proof;
  answer.path = entry.path;
  answer.blob = value_of(entry.blob);
  if (!entry.link) answer.plain = common.source.plain;
  if (entry.object_type != nullptr) answer.object_type = *entry.object_type;
  if (entry.link) answer.link = *entry.link;
  return answer;
}

void AnswerStore::put(QueryNumber number, Answer&& answer) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[static_cast<std::size_t>(number)];
  Common& common = subjects_[entry.subject];
  entry.is_refused = false;
  if (is_refusal(answer) && answer.source.path == entry.path) {
    answer.source.path.clear();
    if (!common.refusal) common.refusal = std::make_unique<Answer>(answer);
    entry.is_refused = is_same_refusal(*common.refusal, answer);
    if (entry.is_refused) return entry.whole.reset();
    answer.source.path = entry.path;
  }
  const bool is_found = (answer.is_only_sought && answer.blob) || !answer.object_type.empty() ||
                        (answer.link && answer.link_base.empty()) ||
                        (answer.plain && answer.plain == common.source.plain);
  const bool is_common = !answer.failed() && is_found && answer.path == entry.path && answer.text.empty() &&
                         answer.warnings.empty() && answer.source.undivided.empty() && common.source.undivided.empty();
  if (is_common) {
    Revision revision{answer.ref, answer.rev, answer.stored_rev, answer.commit, answer.commit_time, answer.proof};
    if (!common.revision)
      common.revision = std::move(revision);
    else if (*common.revision != revision) {
      entry.whole = std::make_unique<Answer>(std::move(answer));
      return;
    }
    if (answer.blob) entry.blob = value_of(entry.pin) == answer.blob ? entry.pin : keep(*answer.blob);
    if (answer.link)
      entry.link = std::make_unique<Link>(*std::move(answer.link));
    else
      entry.object_type = &*object_types_.insert(std::move(answer.object_type)).first;
    entry.whole.reset();
    return;
  }
  entry.whole = std::make_unique<Answer>(std::move(answer));
}

}  // namespace mlem::resolve::detail
