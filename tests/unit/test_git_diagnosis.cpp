// What git 2.39.5 (Debian 12), 2.43.0 (Ubuntu 24.04) and 2.47.3 (Debian 13) print when a network command fails, with
// their curl 7.88, 8.5 and 8.14, and what is made of it. Progress lines are left out. Words that are nowhere among
// those known must not be taken for any, for then something is done about them whatever they say.

#include "git/detail/diagnosis.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::git::Explained;
using mlem::git::TransportFailure;
using mlem::git::detail::diagnose;
using mlem::git::detail::Diagnosis;

namespace {

constexpr const char* all = "2.39 2.43 2.47";

struct Row {
  std::string name;
  std::string versions;
  std::string errors;
  TransportFailure failure;
  Explained explained = Explained::yes;
  std::string missing{};
};

const std::string id(40, 'b');

const Row rows[] = {
    {"a repository that git-daemon does not have, with informative errors", all,
     "fatal: remote error: no such repository: /none.git\n", TransportFailure::missing_repo},
    {"a repository that git-daemon does not export, with informative errors", all,
     "fatal: remote error: repository not exported: /closed.git\n", TransportFailure::missing_repo},
    {"a ref that is not there", all, "fatal: couldn't find remote ref refs/heads/none\n", TransportFailure::missing_ref,
     Explained::yes, "refs/heads/none"},
    {"an object that is not there", all,
     "fatal: remote error: upload-pack: not our ref " + id + "\nfatal: git upload-pack: not our ref " + id + "\n",
     TransportFailure::missing_object, Explained::yes, id},
    {"an object that is not advertised, by protocol version 0", all,
     "error: Server does not allow request for unadvertised object " + id + "\n", TransportFailure::not_allowed},
    {"a filter that the server refuses", all,
     "fatal: remote error: filter 'tree' not supported\nfatal: filter 'tree' not supported\n",
     TransportFailure::refused_filter},
    {"a combined filter that the server refuses", "2.39",
     "fatal: remote error: filter 'combine' not supported\nfatal: filter 'combine' not supported\n",
     TransportFailure::refused_filter},
    {"the same in the other order", "2.43 2.47",
     "fatal: filter 'combine' not supported\nfatal: remote error: filter 'combine' not supported\n",
     TransportFailure::refused_filter},
    {"a filter that goes too deep", all, "fatal: remote error: tree filter allows max depth 0, but got 1\n",
     TransportFailure::refused_filter},
    {"a filter that is unknown", all, "fatal: invalid filter-spec 'bogus:1'\n", TransportFailure::refused_filter},
    {"ids of another object format", all, "fatal: mismatched algorithms: client sha1; server sha256\n",
     TransportFailure::unreachable, Explained::no},

    {"an entry whose pack lost its end", "2.47",
     "error: packfile e.git/objects/pack/pack-a.pack does not match index\n"
     "error: files 'e.git/objects/pack/tmp_pack_F3PvoE' and 'e.git/objects/pack/pack-a.pack' differ in contents\n"
     "fatal: unable to rename temporary '*.pack' file to 'e.git/objects/pack/pack-a.pack'\n"
     "fatal: fetch-pack: invalid index-pack output\n",
     TransportFailure::unreachable, Explained::no},
    {"an entry whose pack index is empty", "2.39 2.43",
     "error: index file e.git/objects/pack/pack-a.idx is too small\n"
     "fatal: bad object " +
         id + "\nerror: remote did not send all necessary objects\n",
     TransportFailure::broken_repository},
    {"the same", "2.47",
     "error: index file e.git/objects/pack/pack-a.idx is too small\n"
     "error: files 'e.git/objects/pack/tmp_idx_BrvfSr' and 'e.git/objects/pack/pack-a.idx' differ in contents\n"
     "fatal: unable to rename temporary '*.idx' file to 'e.git/objects/pack/pack-a.idx'\n"
     "fatal: fetch-pack: invalid index-pack output\n",
     TransportFailure::unreachable, Explained::no},
    {"an entry with a pack that has other bytes", "2.39",
     "error: inflate: data stream error (invalid code -- missing end-of-block)\n"
     "fatal: packed object " +
         id +
         " (stored in e.git/objects/pack/pack-a.pack) is corrupt\n"
         "fatal: fetch-pack: invalid index-pack output\n",
     TransportFailure::broken_repository},
    {"the same", "2.43 2.47",
     "error: inflate: data stream error (invalid code -- missing end-of-block)\n"
     "fatal: cannot read existing object " +
         id + "\nfatal: fetch-pack: invalid index-pack output\n",
     TransportFailure::unreachable, Explained::no},
    {"an entry with garbage for the edge of its history", all, "fatal: bad shallow line: garbage\n\n",
     TransportFailure::broken_repository},
    {"an entry that is not a repository", all, "fatal: not a git repository: 'e.git'\n",
     TransportFailure::broken_repository},
    {"an entry with garbage in a ref", all,
     "error: cannot lock ref 'refs/heads/main': unable to resolve reference 'refs/heads/main': reference broken\n"
     "From file:///w/s\n ! [new branch]      main       -> main  (unable to update local ref)\n",
     TransportFailure::broken_repository},
    {"an entry with a ref that is locked", all,
     "error: cannot lock ref 'refs/heads/new': Unable to create '/w/e.git/refs/heads/new.lock': File exists.\n\n"
     "Another git process seems to be running in this repository, e.g.\n",
     TransportFailure::broken_repository},
    {"an entry with garbage among its packed refs", all, "fatal: unexpected line in e.git/packed-refs: garbage\n",
     TransportFailure::unreachable, Explained::no},

    {"401", all, "fatal: could not read Username for 'http://127.0.0.1:8765': terminal prompts disabled\n",
     TransportFailure::auth_required},
    {"403", all, "fatal: unable to access 'http://127.0.0.1:8765/x.git/': The requested URL returned error: 403\n",
     TransportFailure::auth_required},
    {"404", all, "fatal: repository 'http://127.0.0.1:8765/x.git/' not found\n", TransportFailure::missing_repo},
    {"429", all, "fatal: unable to access 'http://127.0.0.1:8765/x.git/': The requested URL returned error: 429\n",
     TransportFailure::unreachable},
    {"500", all, "fatal: unable to access 'http://127.0.0.1:8765/x.git/': The requested URL returned error: 500\n",
     TransportFailure::unreachable},
    {"nobody at the port", "2.39 2.43",
     "fatal: unable to access 'http://127.0.0.1:1/x.git/': Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't "
     "connect to server\n",
     TransportFailure::unreachable},
    {"the same", "2.47",
     "fatal: unable to access 'http://127.0.0.1:1/x.git/': Failed to connect to 127.0.0.1 port 1 after 0 ms: Could not "
     "connect to server\n",
     TransportFailure::unreachable},
    {"no such host", all,
     "fatal: unable to access 'http://nosuchhost.invalid/x.git/': Could not resolve host: nosuchhost.invalid\n",
     TransportFailure::unreachable},
    {"an answer cut off", "2.39 2.43",
     "fatal: unable to access 'http://127.0.0.1:8766/x.git/': transfer closed with 9985 bytes remaining to read\n",
     TransportFailure::unreachable, Explained::no},
    {"the same", "2.47",
     "fatal: unable to access 'http://127.0.0.1:8766/x.git/': end of response with 9985 bytes missing\n",
     TransportFailure::unreachable, Explained::no},
    {"nobody at git's port", all,
     "fatal: unable to connect to 127.0.0.1:\n127.0.0.1[0: 127.0.0.1]: errno=Connection refused\n\n",
     TransportFailure::unreachable},
    {"a transport that is off", all, "fatal: transport 'ext' not allowed\n", TransportFailure::unreachable},
    {"no such host, by ssh", all,
     "ssh: Could not resolve hostname nosuchhost.invalid: Name or service not known\n"
     "fatal: Could not read from remote repository.\n",
     TransportFailure::unreachable},
    {"nobody at ssh's port", all,
     "ssh: connect to host 127.0.0.1 port 1: Connection refused\nfatal: Could not read from remote repository.\n",
     TransportFailure::unreachable},
    {"a redirect that may not be followed", all,
     "fatal: unable to access 'https://h/x/': The requested URL returned error: 301\n", TransportFailure::redirected},
    {"a redirect to a page to log in on", all,
     "fatal: unable to update url base from redirection:\n  asked for: https://h/x/info/refs?service=git-upload-pack\n"
     "   redirect: https://h/users/sign_in\n",
     TransportFailure::redirected},
    {"a page in git's place", all, "fatal: https://h/x/info/refs not valid: is this a git repository?\n",
     TransportFailure::unreachable},
    {"words of a git to come", "", "fatal: the pack has been eaten by a grue\n", TransportFailure::unreachable,
     Explained::no},
    {"no words", "", "", TransportFailure::unreachable, Explained::no},
};

}  // namespace

TEST_CASE("diagnosis: what every git in use prints is understood or known to be not") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.versions);
    const Diagnosis diagnosis = diagnose(row.errors);
    CHECK(diagnosis.failure == row.failure);
    CHECK((diagnosis.explained == row.explained));
    CHECK(diagnosis.missing == row.missing);
  }
}

TEST_CASE("diagnosis: what the server or ssh said is kept and has its verdict") {
  const std::string closing =
      "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
      "and the repository exists.\n";
  struct Said {
    std::string errors;
    TransportFailure failure;
    std::string why;
  };
  const Said said[] = {
      {"FATAL: R any org/repo alice DENIED by fallthru\n(or you mis-spelled the reponame)\n" + closing,
       TransportFailure::missing_repo, "R any org/repo alice DENIED by fallthru (or you mis-spelled the reponame)"},
      {"remote: \nremote: ====\nremote: ERROR: The project you were looking for could not be found or you don't have "
       "permission to view it.\nremote: \nremote: ====\nremote: \n" +
           closing,
       TransportFailure::missing_repo,
       "The project you were looking for could not be found or you don't have permission to view it"},
      {"remote: You are not allowed to download code from this project.\n"
       "fatal: unable to access 'https://h/x/': The requested URL returned error: 403\n",
       TransportFailure::auth_required, "You are not allowed to download code from this project"},
      {"remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/x/'\n",
       TransportFailure::auth_required, "HTTP Basic: Access denied; Authentication failed for 'https://h/x/'"},
      {"Gitea: Repository does not exist\n" + closing, TransportFailure::missing_repo,
       "Gitea: Repository does not exist"},
      {"Gitea: User: 2:bob with Key: 3:k is not authorized to read org/repo.\n" + closing,
       TransportFailure::auth_required, "Gitea: User: 2:bob with Key: 3:k is not authorized to read org/repo"},
      {"ERROR: The 'org' organization has enabled or enforced SAML SSO. To access\nthis repository, you must use "
       "SSH.\n" +
           closing,
       TransportFailure::auth_required,
       "The 'org' organization has enabled or enforced SAML SSO. To access this repository, you must use SSH"},
      {"ERROR: Repository not found.\n" + closing, TransportFailure::missing_repo, "Repository not found"},
      {"remote: Repository not found.\nfatal: repository 'https://h/x/' not found\n", TransportFailure::missing_repo,
       "Repository not found"},
      {"remote: TF401019: The Git repository with name or identifier r does not exist or you do not have permissions.\n"
       "fatal: repository 'https://dev.azure.com/o/p/_git/r/' not found\n",
       TransportFailure::missing_repo,
       "TF401019: The Git repository with name or identifier r does not exist or you do not have permissions"},
      {"remote: Public key authentication failed.\n" + closing, TransportFailure::auth_required,
       "Public key authentication failed"},
      {"fatal: remote error: Git repository not found\n", TransportFailure::missing_repo, "Git repository not found"},
      {"fatal: remote error: Git access forbidden\n", TransportFailure::auth_required, "Git access forbidden"},
      {"fatal: upload-pack not permitted on this server\n" + closing, TransportFailure::auth_required,
       "upload-pack not permitted on this server"},
      {"@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@\n"
       "Offending ED25519 key in /k:1\nHost key verification failed.\n" +
           closing,
       TransportFailure::auth_required,
       "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!; Offending ED25519 key in /k:1; Host key verification failed"},
      {"Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found. Their offer: x\n" + closing,
       TransportFailure::unreachable,
       "Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found. Their offer: x"},
      {"kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22\n" +
           closing,
       TransportFailure::unreachable,
       "kex_exchange_identification: Connection closed by remote host; Connection closed by 10.0.0.1 port 22"},
      {"/h/.ssh/config: line 1: Bad configuration option: nonsense\n/h/.ssh/config: terminating, 1 bad configuration "
       "options\n" +
           closing,
       TransportFailure::unreachable,
       "/h/.ssh/config: line 1: Bad configuration option: nonsense; /h/.ssh/config: terminating, 1 bad configuration "
       "options"},
      {"Bad owner or permissions on /h/.ssh/config\n" + closing, TransportFailure::unreachable,
       "Bad owner or permissions on /h/.ssh/config"},
      {"bash: line 1: git-upload-pack: command not found\n" + closing, TransportFailure::unreachable,
       "bash: line 1: git-upload-pack: command not found"},
      {"This account is currently not available.\n" + closing, TransportFailure::unreachable,
       "This account is currently not available"},
      {"Warning: Permanently added '10.0.0.1' (ED25519) to the list of known hosts.\n"
       "git@h: Permission denied (publickey).\n" +
           closing,
       TransportFailure::auth_required, "git@h: Permission denied (publickey)"},
      {closing, TransportFailure::unreachable, "Could not read from remote repository"},
      {"remote: Enumerating objects: 5, done.\nfatal: the pack has been eaten by a grue\n",
       TransportFailure::unreachable, "the pack has been eaten by a grue"},
  };
  for (const Said& row : said) {
    CAPTURE(row.errors);
    const Diagnosis diagnosis = diagnose(row.errors);
    CHECK(diagnosis.failure == row.failure);
    CHECK(diagnosis.why == row.why);
  }
}
