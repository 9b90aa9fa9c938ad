#include "resolve/detail/target_store.hpp"

#include <functional>
#include <utility>

namespace mlem::resolve::detail {

std::size_t TargetStore::Hash::operator()(int number) const noexcept {
  const Entry& entry = store->entry(number);
  // An odd constant (2^64 divided by the golden ratio) spreads what are small numbers.
  return std::hash<std::string>()(entry.path) ^ (entry.question * std::size_t{0x9e3779b97f4a7c15});
}

bool TargetStore::Equal::operator()(int a, int b) const noexcept {
  return store->entry(a).question == store->entry(b).question && store->entry(a).path == store->entry(b).path;
}

std::pair<int, bool> TargetStore::add(const Source& source, TreeView* view, const std::string& base) {
  std::string key;
  if (source.is_alias()) {
    key = "=" + view->at() + "\n" + base;
  } else {
    key = (source.repo ? source.repo->normalized() : "") + "\n" + (source.rev ? source.rev->text() : "") + "\n" +
          source.undivided + "\n" + std::to_string(static_cast<int>(source.rev_kind));
  }
  const auto [common, is_new_question] =
      question_numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(questions_.size()));
  if (is_new_question) {
    Question& question = questions_.emplace_back(Question{source, source.is_alias() ? view : nullptr, base, {}});
    question.source.path.clear();
  }
  const int number = static_cast<int>(entries_.size());
  entries_.push_back({source.path, common->second, {}, nullptr, nullptr});
  const auto [found, is_new] = numbers_.insert(number);
  if (!is_new) entries_.pop_back();
  return {*found, is_new};
}

Target TargetStore::get(int number) const {
  const std::lock_guard lock(mutex_);
  const Entry& entry = this->entry(number);
  if (entry.whole) return *entry.whole;
  const Question& question = questions_[entry.question];
  Target target;
  target.source = question.source;
  target.source.path = entry.path;
  if (entry.object_type == nullptr) {
    target.link_base = question.base;
    return target;
  }
  target.ref = question.revision->ref;
  target.rev = question.revision->rev;
  target.stored_rev = question.revision->stored_rev;
  target.commit = question.revision->commit;
  target.commit_time = question.revision->commit_time;
  target.proof_time = question.revision->proof_time;
  target.path = entry.path;
  target.blob = entry.blob;
  target.object_type = *entry.object_type;
  return target;
}

void TargetStore::put(int number, Target target) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[static_cast<std::size_t>(number)];
  Question& question = questions_[entry.question];
  const bool is_plain = !target.failed() && !target.object_type.empty() && target.path == entry.path &&
                        target.text.empty() && !target.pinned_blob && target.source.undivided.empty() &&
                        question.source.undivided.empty();
  if (is_plain) {
    Revision revision{target.ref, target.rev, target.stored_rev, target.commit, target.commit_time, target.proof_time};
    if (!question.revision)
      question.revision = std::move(revision);
    else if (*question.revision != revision) {
      entry.whole = std::make_unique<Target>(std::move(target));
      return;
    }
    entry.blob = target.blob;
    entry.object_type = &*object_types_.insert(std::move(target.object_type)).first;
    entry.whole.reset();
    return;
  }
  entry.whole = std::make_unique<Target>(std::move(target));
}

}  // namespace mlem::resolve::detail
