// What git 2.39.5 (Debian 12), 2.43.0 (Ubuntu 24.04) and 2.47.3 (Debian 13) print when a network command fails, with their
// curl 7.88, 8.5 and 8.14, and what is made of it. Progress lines are left out. Words that are nowhere among those known
// must not be taken for any, for then something is done about them whatever they say.

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
     "fatal: bad object " + id + "\nerror: remote did not send all necessary objects\n",
     TransportFailure::broken_repository},
    {"the same", "2.47",
     "error: index file e.git/objects/pack/pack-a.idx is too small\n"
     "error: files 'e.git/objects/pack/tmp_idx_BrvfSr' and 'e.git/objects/pack/pack-a.idx' differ in contents\n"
     "fatal: unable to rename temporary '*.idx' file to 'e.git/objects/pack/pack-a.idx'\n"
     "fatal: fetch-pack: invalid index-pack output\n",
     TransportFailure::unreachable, Explained::no},
    {"an entry with a pack that has other bytes", "2.39",
     "error: inflate: data stream error (invalid code -- missing end-of-block)\n"
     "fatal: packed object " + id + " (stored in e.git/objects/pack/pack-a.pack) is corrupt\n"
     "fatal: fetch-pack: invalid index-pack output\n",
     TransportFailure::broken_repository},
    {"the same", "2.43 2.47",
     "error: inflate: data stream error (invalid code -- missing end-of-block)\n"
     "fatal: cannot read existing object " + id + "\nfatal: fetch-pack: invalid index-pack output\n",
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
