#include "command/context.hpp"

#include "base/error.hpp"

#include <boost/filesystem/operations.hpp>

namespace mlem::command {

fs::path current_directory() {
  boost::system::error_code failure;
  const fs::path directory = fs::current_path(failure);
  if (failure) throw Error(ErrorKind::io, "cannot read the current directory", failure.message());
  return directory;
}

git::Registry open_registry(const Context& context) {
  return git::Registry::discover(context.environment, current_directory().string());
}

git::Registry open_registry_if_any(const Context& context) {
  return git::Registry::discover_if_any(context.environment, current_directory().string());
}

}  // namespace mlem::command
