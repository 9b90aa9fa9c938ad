#include "command/context.hpp"

namespace mlem::command {

git::Registry open_registry(const Context& context) { return git::Registry::discover(context.environment); }

}  // namespace mlem::command
