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

// The first that is found anywhere counts. Unless they are somebody else's, the words are those of git 2.39, 2.43
// and 2.47: tests/unit/test_git_diagnosis.cpp has what these print. They change, so nothing depends on them alone: a
// failure that none explains is tried again where it may be the fault of what is fetched into.
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
    // Of ssh's own files, before what a server says with the same words.
    {"bad owner or permissions on ", TransportFailure::unreachable},
    {"bad configuration option", TransportFailure::unreachable},
    // Our own disk, the same.
    {"unable to create", TransportFailure::unreachable},
    {"insufficient permission", TransportFailure::unreachable},
    {"could not read username", TransportFailure::auth_required},
    {"could not read password", TransportFailure::auth_required},
    {"authentication failed", TransportFailure::auth_required},
    {"host key verification failed", TransportFailure::auth_required},
    {"remote host identification has changed", TransportFailure::auth_required},
    {"too many authentication failures", TransportFailure::auth_required},
    {"is not authorized to ", TransportFailure::auth_required},             // Gitea by ssh; Azure: TF400813
    {"public key authentication failed", TransportFailure::auth_required},  // Azure by ssh
    {"saml sso", TransportFailure::auth_required},                          // GitHub, of an organisation
    {"ip allow list", TransportFailure::auth_required},                     // the same
    {"is suspended", TransportFailure::auth_required},
    {"has been blocked", TransportFailure::auth_required},
    {"you are not allowed to download code", TransportFailure::auth_required},  // GitLab
    {"git access forbidden", TransportFailure::auth_required},                  // JGit by http: Gerrit
    {"upload-pack not permitted", TransportFailure::auth_required},             // Gerrit by ssh
    {"redirection:", TransportFailure::redirected},   // `unable to update url base from redirection:`
    {" denied by ", TransportFailure::missing_repo},  // gitolite, which does not tell the two apart
    {"permission denied", TransportFailure::auth_required},
    {"requested url returned error: 401", TransportFailure::auth_required},
    {"requested url returned error: 403", TransportFailure::auth_required},
    {"requested url returned error: 30", TransportFailure::redirected},
    {"requested url returned error: 410", TransportFailure::missing_repo},
    {"does not appear to be a git repository", TransportFailure::missing_repo},
    // git-daemon(1), which is asked anonymously; the others with --informative-errors.
    {"access denied or repository not exported", TransportFailure::missing_repo},
    {"repository not exported: ", TransportFailure::missing_repo},
    {"no such repository: ", TransportFailure::missing_repo},
    {"repository not found", TransportFailure::missing_repo},                             // GitHub by ssh, JGit by http
    {"project not found", TransportFailure::missing_repo},                                // Gerrit
    {"cannot find repository", TransportFailure::missing_repo},                           // Gitea by ssh
    {"repository does not exist", TransportFailure::missing_repo},                        // Bitbucket, Gitea by ssh
    {"either does not exist or you do not have access", TransportFailure::missing_repo},  // Bitbucket
    {"you were looking for could not be found", TransportFailure::missing_repo},          // GitLab by ssh
    {"tf401019", TransportFailure::missing_repo},                                         // Azure
    {"tf200016", TransportFailure::missing_repo},
    {"vs800075", TransportFailure::missing_repo},
};

// Of curl, ssh and the C library about the way to a server. Each has a blank, which no address has.
constexpr std::string_view network_words[] = {
    "could not resolve host",
    "failed to connect",
    "couldn't connect to server",  // curl before 8.10
    "could not connect to server",
    "connection refused",
    "connection timed out",
    "operation timed out",
    "network is unreachable",
    "no route to host",
    "requested url returned error",
    "ssl certificate",
    "' not allowed",  // `transport 'ext' not allowed`
    "unable to negotiate with ",
    "kex_exchange_identification",
    "connection closed by ",
    "connection reset by ",

    // Of what a server has in git's place: a page, another shell.
    "is this a git repository?",
    "git-upload-pack: command not found",
    "git-upload-pack: not found",
    "cannot run ssh",
};

/// `fatal: repository '…' not found`: git's words for 404.
bool is_not_found(std::string_view line) {
  return line.starts_with("fatal: repository '") && line.ends_with("' not found");
}

/// Removes who speaks: `fatal: remote error: upload-pack: …`.
std::string_view without_speaker(std::string_view line) {
  constexpr std::array<std::string_view, 7> speakers{
      "fatal: ", "error: ", "remote: ", "remote error: ", "upload-pack: ", "ERROR: ", "FATAL: "};
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
/// told before. Its place, or none.
std::size_t last_reason(const std::vector<std::string_view>& lines) {
  constexpr std::array<std::string_view, 4> speakers{"fatal: ", "error: ", "remote: ", "ssh: "};
  std::size_t reason = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool speaks = std::any_of(speakers.begin(), speakers.end(),
                                    [&](std::string_view name) { return lines[i].starts_with(name); });
    const bool repeats = contains(lines[i], "Could not read from remote repository");
    if (speaks && (!repeats || reason == lines.size())) reason = i;
  }
  return reason;
}

/// Whether a line is what the server or ssh had to say: no word of git's, no progress, no ornament.
bool is_said(std::string_view line) {
  constexpr std::string_view others[] = {"fatal: ",
                                         "error: ",
                                         "warning: ",
                                         "hint: ",
                                         "Warning: Permanently added ",
                                         "** ",  // of ssh, about the ciphers of a server
                                         "remote: Enumerating objects",
                                         "remote: Counting objects",
                                         "remote: Compressing objects",
                                         "remote: Total ",
                                         "Please make sure you have the correct access rights",
                                         "and the repository exists."};
  const bool is_other = std::any_of(std::begin(others), std::end(others),
                                    [&](std::string_view beginning) { return line.starts_with(beginning); });
  const std::string_view words = line == "remote:" ? std::string_view() : without_speaker(line);
  const bool has_words = std::any_of(words.begin(), words.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
  });
  return has_words && !is_other;
}

/// Puts the line `decisive` and all that the server or ssh said together: they know more of the reason than we do.
std::string told_by(const std::vector<std::string_view>& lines, std::size_t decisive) {
  constexpr std::size_t most = 600;
  constexpr std::string_view ornament = "@ ";
  std::string told;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != decisive && !(is_said(lines[i]) && told.size() < most)) continue;
    std::string_view line = without_speaker(lines[i]);
    const std::size_t first = line.find_first_not_of(ornament);
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(ornament) + 1 - first);
    // A sentence may go on in the next line.
    const bool goes_on = (line.front() >= 'a' && line.front() <= 'z') || line.front() == '(';
    if (!told.empty()) told += goes_on ? " " : "; ";
    told += line;
  }
  return escape_for_terminal(redact(told));
}

/// Whether others than git know why: whoever keeps the repository, or the way to it.
bool is_about_server(TransportFailure failure) {
  return failure == TransportFailure::auth_required || failure == TransportFailure::missing_repo ||
         failure == TransportFailure::redirected || failure == TransportFailure::unreachable;
}

}  // namespace

Diagnosis diagnose(std::string_view errors) {
  const std::vector<std::string_view> lines = lines_of(errors);
  std::vector<std::string> in_lower_case;
  in_lower_case.reserve(lines.size());
  for (const std::string_view line : lines) in_lower_case.push_back(to_lower_ascii(line));
  for (const Symptom& symptom : symptoms) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::size_t start = in_lower_case[i].find(symptom.words);
      if (start == std::string::npos) continue;
      const std::string_view line = lines[i];
      std::string_view rest = line.substr(start + symptom.words.size());
      if (!symptom.names_missing) rest = {};
      const std::string why =
          is_about_server(symptom.failure) ? told_by(lines, i) : escape_for_terminal(redact(without_speaker(line)));
      return {symptom.failure, why, std::string(rest.substr(0, rest.find(' '))), Explained::yes};
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_not_found(lines[i])) return {TransportFailure::missing_repo, told_by(lines, i), {}, Explained::yes};
  }
  const bool is_network = std::any_of(in_lower_case.begin(), in_lower_case.end(), [](const std::string& line) {
    return std::any_of(std::begin(network_words), std::end(network_words),
                       [&](std::string_view words) { return contains(line, words); });
  });
  std::size_t reason = last_reason(lines);
  const bool is_told = std::any_of(lines.begin(), lines.end(), is_said);
  if (is_told && reason < lines.size() && contains(lines[reason], "Could not read from remote repository")) {
    reason = lines.size();
  }
  return {TransportFailure::unreachable, told_by(lines, reason), {}, is_network ? Explained::yes : Explained::no};
}

}  // namespace mlem::git::detail
