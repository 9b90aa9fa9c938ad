#include "artifact/detail/dvc_program.hpp"

#include "artifact/dvc_directory.hpp"
#include "artifact/strict_json.hpp"
#include "base/error.hpp"
#include "base/find_program.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::artifact::detail {
namespace {

/// Of each file DVC tells a mapping of six keys and their values.
constexpr std::size_t most_values = 16 * max_dvc_directory_entries;

/// Returns the line that says what went wrong. Bars of progress are written over with `\r`.
std::string error_line(std::string_view text) {
  constexpr std::size_t longest = 300;
  std::string_view last;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (trim(line).empty() || (last.starts_with("ERROR:") && !line.starts_with("ERROR:"))) continue;
    last = trim(line);
  }
  return escape_for_terminal(redact(last.substr(0, longest)));
}

/// Runs `dvc` with these arguments to its end. Returns what it says on stdout, or why it did not do it.
std::variant<std::string, source::Refusal> run_dvc(std::vector<std::string> arguments,
                                                   const source::Settings& settings) {
  using End = RunResult::End;
  const std::string name = "'dvc " + arguments.front() + "'";
  arguments.insert(arguments.begin(), "dvc");
  Program program{.arguments = std::move(arguments),
                  .environment = settings.access.environment,
                  // Where nothing of the source is: what it says may name files relative to where the program runs.
                  .directory = "/"};
  // Its bars of progress tell that it has not stopped; without a terminal they are shown with this only.
  program.environment.set("DVC_IGNORE_ISATTY", "true");
  program.environment.set("DVC_NO_ANALYTICS", "true");
  program.environment.set("GIT_TERMINAL_PROMPT", "0");
  const Limits limits{.idle = settings.budget.timeout,
                      .deadline = settings.budget.deadline,
                      .output = max_dvc_directory_size,
                      .exceeded = {}};
  RunResult ran = run(program, {}, Session::own, limits, settings.observer.interrupt);
  if (ran.end == End::idle) {
    return source::Refusal{
        Verdict::timeout,
        name + " has not said a word for " + std::to_string(settings.budget.timeout.count() / 1000) + " seconds",
        "mlem.timeout sets how long to wait"};
  }
  if (ran.end == End::output) return source::Refusal{Verdict::too_large, name + " says more than 128 MiB", {}};
  if (ran.end != End::exited) return source::Refusal{Verdict::timeout, name + " took too long", {}};
  if (ran.code != 0) {
    const std::string why = error_line(ran.errors);
    return source::Refusal{Verdict::unreachable, name + " failed" + (why.empty() ? "" : ": " + why), {}};
  }
  return std::move(ran.output);
}

}  // namespace

bool has_dvc(const source::Settings& settings) { return find_program("dvc", settings.access.environment).has_value(); }

std::optional<source::Refusal> get_by_dvc(const DvcRequest& request, const fs::path& directory,
                                          const source::Settings& settings) {
  const std::string out = (directory / "file").string();
  const auto ran =
      run_dvc({"get", "--rev", request.commit.hex(), "-o", out, "--", request.repo, request.path}, settings);
  if (const auto* const refusal = std::get_if<source::Refusal>(&ran)) return *refusal;
  const fs::file_type type = load_type(directory / "file");
  if (type == (request.is_directory ? fs::directory_file : fs::regular_file)) return std::nullopt;
  return source::Refusal{
      Verdict::unreachable,
      std::string("'dvc get' has made no ") + (request.is_directory ? "directory" : "file") + " of it",
      {}};
}

std::variant<std::string, source::Refusal> list_by_dvc(const DvcRequest& request, const source::Settings& settings) {
  auto ran =
      run_dvc({"list", "--dvc-only", "-R", "--json", "--rev", request.commit.hex(), "--", request.repo, request.path},
              settings);
  if (auto* const refusal = std::get_if<source::Refusal>(&ran)) return std::move(*refusal);
  const auto unreadable = [](std::string why) {
    return source::Refusal{Verdict::unreachable, "'dvc list' gives no list of its files: " + std::move(why), {}};
  };
  std::vector<DvcEntry> entries;
  try {
    const nlohmann::json list = read_strict_json(std::get<std::string>(ran), "what it says", {}, most_values);
    if (!list.is_array()) return unreadable("it is not a list");
    for (const nlohmann::json& item : list) {
      const auto path = item.find("path");
      const auto md5 = item.find("md5");
      if (path == item.end() || !path->is_string()) return unreadable("a file has no path");
      if (md5 == item.end() || !md5->is_string()) {
        source::Refusal refusal = unreadable("'" + escape_for_terminal(path->get<std::string>()) + "' has no hash");
        refusal.hint = "DVC tells hashes since its version 3.56";
        return refusal;
      }
      entries.push_back({*path, *md5});
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return unreadable(error.what());
  }
  return dvc_directory_text(std::move(entries));
}

}  // namespace mlem::artifact::detail
