#include "support/trace.hpp"

#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace mlem::test {

std::vector<GitCommand> git_commands(const fs::path& trace_file) {
  std::vector<GitCommand> commands;
  if (!fs::exists(trace_file)) return commands;
  std::istringstream lines(read_file(trace_file));
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    if (event.at("event") != "start") continue;
    // The session id of a child is its parent's, a slash and its own (api-trace2(7)).
    const auto session = event.at("sid").get<std::string>();
    commands.push_back({event.at("argv").get<std::vector<std::string>>(),
                        static_cast<std::size_t>(std::count(session.begin(), session.end(), '/'))});
  }
  return commands;
}

}  // namespace mlem::test
