#include "history/object_texts.hpp"

#include "yaml/read_object.hpp"

#include <optional>
#include <utility>

namespace mlem::history {

void ObjectTexts::add(const Oid& blob, std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    if (has(blob)) return;
  }
  std::optional<yaml::DividedObject> divided = yaml::divide_object(text);
  const std::lock_guard lock(mutex_);
  const bool is_known = divided && interfaces_.contains(divided->interface);
  const std::size_t size = is_known ? divided->rest.size() : text.size();
  if (size > room_) return;
  room_ -= size;
  Object object;
  if (divided) object.interface = &*interfaces_.insert(std::move(divided->interface)).first;
  object.rest = divided ? std::move(divided->rest) : std::string(text);
  objects_.emplace(blob, std::move(object));
}

const object::Description& ObjectTexts::read_rest(const Object& object) {
  const auto [known, is_new] = read_.try_emplace(&object);
  if (is_new) {
    known->second = yaml::read_object(object.rest);
    read_size_ += object.rest.size();
  }
  return known->second;
}

Comparison ObjectTexts::compare(const Oid& before, const Oid& after) {
  // What was read takes many times the room of its text.
  constexpr std::size_t most_read = std::size_t{4} << 20;
  if (read_size_ > most_read) {
    read_.clear();
    read_size_ = 0;
  }
  const Object& old = objects_.at(before);
  const Object& now = objects_.at(after);
  if (old.interface == now.interface) return mlem::compare(read_rest(old), read_rest(now));
  const auto whole = [](const Object& object) {
    return yaml::read_object(object.interface != nullptr ? *object.interface + object.rest : object.rest);
  };
  return mlem::compare(whole(old), whole(now));
}

}  // namespace mlem::history
