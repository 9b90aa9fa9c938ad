#include "history/detail/standing_item.hpp"

#include <memory>
#include <utility>

// The part of Standings that knows from where answers are: from the source, or from the cache if that cannot be asked.

namespace mlem::history {
namespace {

/// Whether an answer is about a source that could not be asked, and not about what it has.
bool is_about_source(const resolve::Answer& answer) {
  switch (answer.verdict) {
    case Verdict::missing_repo:
    case Verdict::auth_required:
    case Verdict::unreachable:
    case Verdict::timeout:
    case Verdict::too_large:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Standings::ask_cache() {
  source::Settings offline = settings_;
  offline.offline = true;
  for (Item& item : items_) {
    if (item.known) continue;
    const detail::Number decisive = item.asked.tip ? item.asked.tip : item.asked.pin;
    if (!is_about_source(resolver_.answer(*decisive))) continue;
    if (!cached_) {
      cached_ = std::make_unique<resolve::Resolver>(registry_, offline, resolve::ResolverOptions{.only_seeks = true});
    }
    const auto again = [&](detail::Number number) -> detail::Number {
      if (!number) return {};
      return cached_->add(*item.view, {}, resolver_.answer(*number).source);
    };
    item.cached = std::make_unique<Asked>(
        Asked{.pin = again(item.asked.pin), .tip = again(item.asked.tip), .newest = again(item.asked.newest)});
  }
  if (cached_) cached_->run();
}

Standings::Answers Standings::answers_of(const Item& item) const {
  const auto answer = [](const resolve::Resolver& resolver, detail::Number number) {
    return number ? std::optional(resolver.answer(*number)) : std::nullopt;
  };
  Answers answers{.pin = answer(resolver_, item.asked.pin),
                  .tip = answer(resolver_, item.asked.tip),
                  .newest = answer(resolver_, item.asked.newest)};
  if (!item.cached) return answers;
  Answers cached{.pin = answer(*cached_, item.cached->pin),
                 .tip = answer(*cached_, item.cached->tip),
                 .newest = answer(*cached_, item.cached->newest)};
  const bool is_known =
      (!cached.pin || !is_about_source(*cached.pin)) && (!cached.tip || !is_about_source(*cached.tip));
  if (!is_known) return answers;
  cached.refusal = answers.tip ? answers.tip : answers.pin;
  return cached;
}

}  // namespace mlem::history
