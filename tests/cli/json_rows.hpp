#pragma once

#include "support/run.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace mlem::test {

/// Returns the rows of `--json`.
inline std::vector<nlohmann::json> json_rows(const Outcome& outcome) {
  std::vector<nlohmann::json> rows;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

}  // namespace mlem::test
