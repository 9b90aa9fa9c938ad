#include "git/ssh.hpp"
#include "support/sandbox.hpp"
#include "support/ssh_server.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

namespace {

using mlem::Environment;
using mlem::git::parse_ssh_address;
using mlem::git::SshAddress;
using namespace mlem::test;
namespace fs = mlem::fs;

Environment ssh_environment(const Sandbox& box) {
  Environment environment;
  for (const auto& [name, value] : box.environment()) environment.set(name, value);
  const auto config = mlem::git::Config::parse_with_scopes(box.git({"config", "-z", "--show-scope", "--list"}).output);
  return mlem::git::with_transport_config(environment, config);
}

}  // namespace

TEST_CASE("ssh: addresses are read as git reads them") {
  struct Row {
    std::string address;
    std::optional<SshAddress> parsed;
  };
  const Row rows[] = {
      {"git@github.com:org/m.git", SshAddress{"git@github.com", "", "org/m.git"}},
      {"host:/srv/m", SshAddress{"host", "", "/srv/m"}},
      {"git@[host:2222]:m", SshAddress{"git@host", "2222", "m"}},
      {"[::1]:m", SshAddress{"::1", "", "m"}},
      {"ssh://git@host:2222/srv/m.git", SshAddress{"git@host", "2222", "/srv/m.git"}},
      {"ssh://host/~alice/m", SshAddress{"host", "", "~alice/m"}},
      {"ssh://[::1]:22/m", SshAddress{"::1", "22", "/m"}},
      {"ssh://host", std::nullopt},
      {"ssh://host:22x/m", std::nullopt},
      {"ssh://-oProxyCommand=x/m", std::nullopt},
      {"ssh://git@-oProxyCommand=x/m", std::nullopt},
      {"-oProxyCommand=x:m", std::nullopt},
      {"https://host/m", std::nullopt},
      {"/srv/m", std::nullopt},
      {"host:a\nb", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.address);
    CHECK((parse_ssh_address(row.address) == row.parsed));
  }
}

TEST_CASE("ssh: a command is run by the ssh that git uses and its words are one each") {
  Sandbox box;
  const SshServer server(box);
  const auto address = parse_ssh_address(server.url("/srv/m.git"));
  REQUIRE(address);
  const std::vector<std::string> command{"printf", "[%s]", address->path, "a b", "it's", "$(id)"};
  box.add_config("core.sshCommand", server.command());
  CHECK(run_ssh(*address, command, ssh_environment(box), {}).output == "[/srv/m.git][a b][it's][$(id)]");
  box.add_config("core.sshCommand", "false");
  CHECK(run_ssh(*address, command, ssh_environment(box), {}).code == 1);
  box.environment()["GIT_SSH_COMMAND"] = server.command();
  CHECK(run_ssh(*address, command, ssh_environment(box), {}).output == "[/srv/m.git][a b][it's][$(id)]");
  CHECK(run_ssh(*address, {"git-lfs-authenticate-is-not-here"}, ssh_environment(box), {}).code == 127);
}

TEST_CASE("ssh: the program of GIT_SSH gets a port by its own option") {
  Sandbox box;
  for (const char* const name : {"plink", "other"}) {
    write_file(box / name, "#!/bin/sh\nprintf '[%s]' \"$@\"\n");
    fs::permissions(box / name, fs::owner_all);
  }
  const SshAddress address{"git@host", "2222", "m"};
  box.environment()["GIT_SSH"] = (box / "plink").string();
  CHECK(run_ssh(address, {"id"}, ssh_environment(box), {}).output == "[-P][2222][git@host][id]");
  box.environment()["GIT_SSH"] = (box / "other").string();
  CHECK(run_ssh(address, {"id"}, ssh_environment(box), {}).output == "[-p][2222][git@host][id]");
}
