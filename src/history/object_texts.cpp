#include "history/object_texts.hpp"

#include "yaml/read_object.hpp"

#include <optional>
#include <utility>

namespace mlem::history {
namespace {

object::Description read_whole(const std::string* interface, const std::string& rest) {
  return yaml::read_object(interface != nullptr ? *interface + rest : rest);
}

}  // namespace

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
  return mlem::compare(read_whole(old.interface, old.rest), read_whole(now.interface, now.rest));
}

const object::Description& ObjectTexts::read_interface(const std::string& interface) {
  const auto [known, is_new] = read_interfaces_.try_emplace(&interface);
  // Only a model's are read.
  if (is_new) known->second = yaml::read_object(interface + "object_type: model\n");
  return known->second;
}

object::Description ObjectTexts::describe(const Oid& blob) {
  const Object& object = objects_.at(blob);
  object::Description description = yaml::read_object(object.rest);
  if (object.interface == nullptr || object.interface->empty()) return description;
  if (description.object_type != "model" || !description.unread.empty())
    return read_whole(object.interface, object.rest);
  const object::Description& interface = read_interface(*object.interface);
  if (!interface.unread.empty()) return read_whole(object.interface, object.rest);
  description.methods = interface.methods;
  description.format = interface.format;
  return description;
}

}  // namespace mlem::history
