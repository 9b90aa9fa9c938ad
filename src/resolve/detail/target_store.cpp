#include "resolve/detail/target_store.hpp"

#include <utility>

namespace mlem::resolve::detail {

TargetStore::Subject TargetStore::subject_of(const Source& source, TreeView* view, const std::string& base) {
  std::string key;
  if (source.is_alias()) {
    key = "=" + view->at() + "\n" + base;
  } else {
    key = (source.repo ? source.repo->normalized() : "") + "\n" + (source.rev ? source.rev->text() : "") + "\n" +
          source.undivided + "\n" + std::to_string(static_cast<int>(source.rev_kind));
  }
  const auto [subject, is_new] = subject_numbers_.try_emplace(std::move(key), static_cast<Subject>(subjects_.size()));
  if (is_new) {
    Common& common = subjects_.emplace_back(
        Common{source, source.is_alias() ? view : nullptr, base, {}, decltype(Common::numbers)(&memory_)});
    common.source.path.clear();
  }
  return subject->second;
}

std::pair<TargetNumber, bool> TargetStore::add(Subject subject, std::string_view path) {
  std::pmr::unordered_map<std::string_view, TargetNumber>& numbers = subjects_[subject].numbers;
  if (const auto known = numbers.find(path); known != numbers.end()) return {known->second, false};
  auto* const text = static_cast<char*>(memory_.allocate(path.size(), 1));
  path = {text, path.copy(text, path.size())};
  const TargetNumber number = static_cast<TargetNumber>(entries_.size());
  numbers.emplace(path, number);
  entries_.push_back({path, subject, {}, nullptr, nullptr, nullptr});
  return {number, true};
}

Target TargetStore::get(TargetNumber number) const {
  const std::lock_guard lock(mutex_);
  const Entry& entry = this->entry(number);
  if (entry.whole) return *entry.whole;
  const Common& common = subjects_[entry.subject];
  Target target;
  target.source = common.source;
  target.source.path = entry.path;
  if (entry.object_type == nullptr && !entry.link) {
    target.link_base = common.base;
    return target;
  }
  target.ref = common.revision->ref;
  target.rev = common.revision->rev;
  target.stored_rev = common.revision->stored_rev;
  target.commit = common.revision->commit;
  target.commit_time = common.revision->commit_time;
  target.proof_time = common.revision->proof_time;
  target.path = entry.path;
  target.blob = entry.blob;
  if (entry.object_type != nullptr) target.object_type = *entry.object_type;
  if (entry.link) target.link = *entry.link;
  return target;
}

void TargetStore::put(TargetNumber number, Target target) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[static_cast<std::size_t>(number)];
  Common& common = subjects_[entry.subject];
  const bool is_found = !target.object_type.empty() || (target.link && target.link_base.empty());
  const bool is_plain = !target.failed() && is_found && target.path == entry.path && target.text.empty() &&
                        !target.pinned_blob && target.source.undivided.empty() && common.source.undivided.empty();
  if (is_plain) {
    Revision revision{target.ref, target.rev, target.stored_rev, target.commit, target.commit_time, target.proof_time};
    if (!common.revision)
      common.revision = std::move(revision);
    else if (*common.revision != revision) {
      entry.whole = std::make_unique<Target>(std::move(target));
      return;
    }
    entry.blob = target.blob;
    if (target.link)
      entry.link = std::make_unique<Link>(*std::move(target.link));
    else
      entry.object_type = &*object_types_.insert(std::move(target.object_type)).first;
    entry.whole.reset();
    return;
  }
  entry.whole = std::make_unique<Target>(std::move(target));
}

}  // namespace mlem::resolve::detail
