#include "command/context.hpp"

namespace mlem::command {

git::Registry open_registry(const Context& context) { return git::Registry::discover(context.environment); }

resolve::Settings open_settings(const git::Registry& registry, const Context& context) {
  resolve::Settings settings = resolve::load_settings(registry);
  settings.interrupt = context.interrupt;
  return settings;
}

}  // namespace mlem::command
