#include "git/detail/diagnosis.hpp"

#include "base/text.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace mlem::git::detail {
namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What a message of git, of ssh or of a server means.
struct Symptom {
  std::string_view words;  ///< in lower case
  TransportFailure failure;
  bool names_missing = false;  ///< the word that follows is the ref or object
};

// The first that is found anywhere counts. Unless they are somebody else's, the words are those of git 2.39, 2.43 and 2.47:
// tests/unit/test_git_diagnosis.cpp has what these print. They change, so nothing depends on them alone: a failure that
// none explains is tried again where it may be the fault of what is fetched into.
constexpr Symptom symptoms[] = {
    {"couldn't find remote ref ", TransportFailure::missing_ref, true},
    {"not our ref ", TransportFailure::missing_object, true},
    // Each has a blank, which no address has.
    {"filter '", TransportFailure::refused_filter},  // `filter 'tree' not supported`, of upload-pack
    {"tree filter allows", TransportFailure::refused_filter},
    {"filter-spec '", TransportFailure::refused_filter},     // of a git that does not know it
    {"invalid filter: ", TransportFailure::refused_filter},  // JGit
    {"unadvertised object ", TransportFailure::not_allowed},
    {"does not support shallow", TransportFailure::not_allowed},  // a server of plain files
    {"does not support --depth", TransportFailure::not_allowed},
    {"no space left on device", TransportFailure::unreachable},
    {"is corrupt", TransportFailure::broken_repository},
    {"bad object ", TransportFailure::broken_repository},
    {"fatal: not a git repository", TransportFailure::broken_repository},
    {"does not point to a valid object", TransportFailure::broken_repository},
    {"did not send all necessary objects", TransportFailure::broken_repository},
    {"bad shallow line: ", TransportFailure::broken_repository},
    {"cannot lock ref ", TransportFailure::broken_repository},
    {"local refs could not be updated", TransportFailure::broken_repository},
    // Our own disk, before what a server says with the same words.
    {"unable to create", TransportFailure::unreachable},
    {"insufficient permission", TransportFailure::unreachable},
    {"could not read username", TransportFailure::auth_required},
    {"could not read password", TransportFailure::auth_required},
    {"authentication failed", TransportFailure::auth_required},
    {"host key verification failed", TransportFailure::auth_required},
    {"permission denied", TransportFailure::auth_required},
    {"requested url returned error: 401", TransportFailure::auth_required},
    {"requested url returned error: 403", TransportFailure::auth_required},
    {"does not appear to be a git repository", TransportFailure::missing_repo},
    {"access denied or repository not exported", TransportFailure::missing_repo},
    {"repository not found", TransportFailure::missing_repo},                     // GitHub by ssh
    {"repository does not exist", TransportFailure::missing_repo},                // Bitbucket by ssh
    {"you were looking for could not be found", TransportFailure::missing_repo},  // GitLab by ssh
};

// Of curl, ssh and the C library about the way to a server. Each has a blank, which no address has.
constexpr std::string_view network_words[] = {
    "could not resolve host",       "failed to connect",      "couldn't connect to server",  // curl before 8.10
    "could not connect to server",  "connection refused",     "connection timed out",
    "operation timed out",          "network is unreachable", "no route to host",
    "requested url returned error", "ssl certificate",        "' not allowed",  // `transport 'ext' not allowed`
};

/// `fatal: repository '…' not found`: git's words for 404.
bool is_not_found(std::string_view line) {
  return line.starts_with("fatal: repository '") && line.ends_with("' not found");
}

/// Removes who speaks: `fatal: remote error: upload-pack: …`.
std::string_view without_speaker(std::string_view line) {
  constexpr std::array<std::string_view, 6> speakers{
      "fatal: ", "error: ", "remote: ", "remote error: ", "upload-pack: ", "ERROR: "};
  for (const std::string_view speaker : speakers) {
    if (line.starts_with(speaker)) line.remove_prefix(speaker.size());
  }
  if (line.ends_with('.')) line.remove_suffix(1);
  return line;
}

/// Returns the lines of a stderr, without those that a progress line overwrote.
std::vector<std::string_view> lines_of(std::string_view errors) {
  std::vector<std::string_view> lines;
  for (std::string_view line : split(errors, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line.substr(line.rfind('\r') + 1));
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

/// The line that tells most where no symptom is known: the last of git's or ssh's that is not only about a failure
/// told before.
std::string_view last_reason(const std::vector<std::string_view>& lines) {
  constexpr std::array<std::string_view, 4> speakers{"fatal: ", "error: ", "remote: ", "ssh: "};
  std::string_view reason;
  for (const std::string_view line : lines) {
    const bool speaks =
        std::any_of(speakers.begin(), speakers.end(), [&](std::string_view name) { return line.starts_with(name); });
    const bool repeats = contains(line, "Could not read from remote repository");
    if (speaks && (!repeats || reason.empty())) reason = line;
  }
  return reason;
}

}  // namespace

Diagnosis diagnose(std::string_view errors) {
  const std::vector<std::string_view> lines = lines_of(errors);
  std::vector<std::string> in_lower_case;
  in_lower_case.reserve(lines.size());
  for (const std::string_view line : lines) in_lower_case.push_back(to_lower_ascii(line));
  const auto told_by = [](std::string_view line) { return escape_for_terminal(redact(without_speaker(line))); };
  for (const Symptom& symptom : symptoms) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::size_t start = in_lower_case[i].find(symptom.words);
      if (start == std::string::npos) continue;
      const std::string_view line = lines[i];
      std::string_view rest = line.substr(start + symptom.words.size());
      if (!symptom.names_missing) rest = {};
      return {symptom.failure, told_by(line), std::string(rest.substr(0, rest.find(' '))), Explained::yes};
    }
  }
  for (const std::string_view line : lines) {
    if (is_not_found(line)) return {TransportFailure::missing_repo, told_by(line), {}, Explained::yes};
  }
  const bool is_network = std::any_of(in_lower_case.begin(), in_lower_case.end(), [](const std::string& line) {
    return std::any_of(std::begin(network_words), std::end(network_words),
                       [&](std::string_view words) { return contains(line, words); });
  });
  return {TransportFailure::unreachable, told_by(last_reason(lines)), {}, is_network ? Explained::yes : Explained::no};
}

}  // namespace mlem::git::detail
