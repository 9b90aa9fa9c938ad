#include "base/environment.hpp"

#include <unistd.h>

namespace mlem {

Environment Environment::of_this_process() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (const auto equals = text.find('='); equals != std::string_view::npos) {
      environment.set(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

std::optional<std::string> Environment::find(std::string_view name) const {
  const auto found = values_->find(name);
  if (found == values_->end()) return std::nullopt;
  return found->second;
}

void Environment::set(std::string_view name, std::string_view value) {
  const auto found = values_->find(name);
  if (found != values_->end() && found->second == value) return;
  own().insert_or_assign(std::string(name), std::string(value));
}

void Environment::unset(std::string_view name) {
  if (!values_->contains(name)) return;
  Values& values = own();
  values.erase(values.find(name));
}

std::vector<std::string> Environment::entries() const {
  std::vector<std::string> result;
  result.reserve(values_->size());
  for (const auto& [name, value] : *values_) result.push_back(name + "=" + value);
  return result;
}

Environment::Values& Environment::own() {
  if (values_.use_count() > 1) values_ = std::make_shared<Values>(*values_);
  return *values_;
}

}  // namespace mlem
