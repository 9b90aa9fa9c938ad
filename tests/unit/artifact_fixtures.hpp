#pragma once

#include "git/config.hpp"
#include "git/transport.hpp"
#include "source/settings.hpp"
#include "support/sandbox.hpp"

#include <chrono>

namespace mlem::test {

/// Returns the settings of the sandbox's user, outside of a repository.
inline source::Settings user_settings(const Sandbox& box) {
  source::Settings settings;
  for (const auto& [name, value] : box.environment()) settings.access.environment.set(name, value);
  const auto config = git::Config::parse_with_scopes(box.git({"config", "-z", "--show-scope", "--list"}).output);
  settings.access.config = config.entries();
  settings.access.environment = git::with_transport_config(settings.access.environment, config);
  settings.access.directory = box.path().string();
  settings.budget.timeout = std::chrono::seconds(60);
  return settings;
}

}  // namespace mlem::test
