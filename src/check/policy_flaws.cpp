#include "check/policy_flaws.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/glob.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace mlem::check {
namespace {

/// A policy that is looked at, and where its flaws go.
struct Examined {
  const Policy& policy;
  const git::Registry& registry;
  std::vector<PolicyFlaw>& flaws;
  void add(std::string message, std::string hint) const {
    flaws.push_back({policy.name, std::move(message), std::move(hint)});
  }
};

/// Whether an environment could have a variable of this name.
bool is_variable_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void examine_approvers(const Examined& examined) {
  if (examined.policy.approvers.empty()) return;
  const auto variable = examined.registry.config().find("mlem.pusher");
  const std::string names =
      "name the variable that has the pusher: GL_USER (gitolite), GL_USERNAME (GitLab), "
      "GITEA_PUSHER_NAME (Gitea), REMOTE_USER (a web server)";
  if (!variable || variable->empty()) {
    examined.add("nobody is known to be an approver: 'mlem.pusher' is not set", names);
  } else if (!is_variable_name(*variable)) {
    examined.add("nobody is known to be an approver: 'mlem.pusher' is '" + *variable + "', which no variable is called",
                 names);
  }
  if (!examined.policy.covers_every_branch()) return;
  if (examined.policy.refs.empty()) {
    examined.add("only approvers may change what it is about, on any branch: nobody else can propose a change there",
                 "name the branch that is to be guarded, as in 'ref = refs/heads/main'");
  } else {
    examined.add("only approvers may create a branch, and change what it is about on any",
                 "name the branch that is to be guarded, as in 'ref = refs/heads/main'");
  }
}

/// Whether GnuPG has a key to verify a signature with, as far as its files tell.
bool has_keyring(const git::Registry& registry) {
  const Environment& environment = registry.environment();
  fs::path home = environment.find("GNUPGHOME").value_or("");
  if (home.empty()) home = fs::path(environment.find("HOME").value_or("/nowhere")) / ".gnupg";
  constexpr std::uintmax_t empty_keybox = 32;  // a header and no key
  for (const char* name : {"pubring.kbx", "pubring.gpg", "public-keys.d/pubring.db"}) {
    boost::system::error_code failed;
    const std::uintmax_t size = fs::file_size(home / name, failed);
    if (!failed && size > empty_keybox) return true;
  }
  return false;
}

void examine_signatures(const Examined& examined) {
  if (!examined.policy.require_signed || has_keyring(examined.registry)) return;
  const auto signers = examined.registry.config().find("gpg.ssh.allowedsignersfile");
  const std::string hint = "'gpg.ssh.allowedSignersFile' names a file of ssh keys; see git-verify-commit(1)";
  if (!signers || signers->empty()) {
    examined.add("no signature is trusted: there are neither allowed signers nor keys of GnuPG", hint);
    return;
  }
  // What git makes of other paths depends on who runs it and where.
  boost::system::error_code failed;
  if (signers->starts_with('/') && !fs::exists(*signers, failed)) {
    examined.add("no signature is trusted: 'gpg.ssh.allowedSignersFile' is '" + *signers + "', where no file is", hint);
  }
}

void examine_signer(const Examined& examined) {
  if (examined.policy.artifact_signer.empty()) return;
  try {
    load_artifact_signer(examined.registry, examined.policy);
  } catch (const Error& error) {
    examined.add("every push is refused: " + std::string(error.what()),
                 error.hint().empty() ? "'artifactSigner' names a file of public keys or of certificates of authorities"
                                      : error.hint());
  }
}

/// A glob that ends in letters which no link's name ends in.
void examine_paths(const Examined& examined) {
  for (const std::string& glob : examined.policy.paths) {
    const std::size_t wildcard = glob.find_last_of("*?[]\\");
    if (wildcard == std::string::npos) continue;  // what is below counts too
    const std::string_view end = std::string_view(glob).substr(wildcard + 1);
    if (end.ends_with('/') || mlem_suffix.ends_with(end) || end.ends_with(mlem_suffix)) continue;
    examined.add("'path = " + glob + "' is about no link: none is called so",
                 "'**' stands for all that is below, as in 'prod/**'");
  }
}

/// An address that a glob could be meant for: something for each wildcard. Nothing for brackets and backslashes.
std::optional<std::string> sample_address(const std::string& glob) {
  if (glob.starts_with('*') || glob.find_first_of("[\\") != std::string::npos) return std::nullopt;
  std::string sample;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const bool is_wild = glob[i] == '*' || glob[i] == '?';
    if (!is_wild)
      sample += glob[i];
    else if (i == 0 || glob[i - 1] != '*')
      sample += sample.ends_with(':') ? '1' : 'x';  // what follows a colon may be a port
  }
  return sample;
}

void examine_sources(const Examined& examined) {
  for (const std::string& glob : examined.policy.sources) {
    const auto sample = sample_address(glob);
    if (!sample) continue;
    const std::string lead = "'source = " + redact(glob) + "' allows nothing: ";
    try {
      const std::string address = RepoUrl::parse(*sample).normalized();
      if (glob_matches(glob, address)) continue;
      examined.add(lead + "addresses are compared in their normalised form",
                   "that of '" + redact(*sample) + "' is '" + redact(address) + "'");
    } catch (const Error& error) {
      examined.add(lead + error.why(), "write whole addresses, as 'https://git.example.com/teams/**'");
    }
  }
}

/// Whether whatever a glob covers is surely covered by another one: that is the same, has everything, or has all that
/// is below a directory which the narrow one begins with. What is not sure is not said.
bool includes(const std::string& wide, const std::string& narrow) {
  constexpr std::string_view all_below = "/**";
  if (wide == narrow || wide == "**") return true;
  const std::string directory = wide.ends_with(all_below) ? wide.substr(0, wide.size() - all_below.size()) : wide;
  const bool is_literal = directory.find_first_of("*?[]\\") == std::string::npos;
  return is_literal && !directory.empty() && narrow.starts_with(directory + '/');
}

/// Whether two lists of globs, where an empty one has everything, surely have something in common.
bool overlap(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  if (one.empty() || other.empty()) return true;
  return std::any_of(one.begin(), one.end(), [&](const std::string& glob) {
    return std::any_of(other.begin(), other.end(),
                       [&](const std::string& each) { return includes(glob, each) || includes(each, glob); });
  });
}

/// All policies must hold: where two are about the same links, an approver is one of both.
void examine_pairs(const std::vector<Policy>& policies, std::size_t i, const Examined& examined) {
  const Policy& policy = examined.policy;
  for (std::size_t j = 0; j < i; ++j) {
    const Policy& other = policies[j];
    if (policy.approvers.empty() || other.approvers.empty()) continue;
    if (!overlap(policy.refs, other.refs) || !overlap(policy.paths, other.paths)) continue;
    if (std::find_first_of(policy.approvers.begin(), policy.approvers.end(), other.approvers.begin(),
                           other.approvers.end()) != policy.approvers.end()) {
      continue;
    }
    examined.add("nobody approves both for it and for policy '" + other.name + "', which is about the same links",
                 "every policy must hold: name an approver in both");
  }
}

}  // namespace

std::vector<PolicyFlaw> find_flaws(const std::vector<Policy>& policies, const git::Registry& registry) {
  std::vector<PolicyFlaw> flaws;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const Examined examined{policies[i], registry, flaws};
    examine_approvers(examined);
    examine_signatures(examined);
    examine_signer(examined);
    examine_paths(examined);
    examine_sources(examined);
    examine_pairs(policies, i, examined);
  }
  return flaws;
}

}  // namespace mlem::check
