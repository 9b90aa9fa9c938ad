#include "support/repo_builder.hpp"
#include "support/ssh_server.hpp"
#include "support/text_file.hpp"

#include <doctest/doctest.h>

using namespace mlem::test;

TEST_CASE("ssh server: the right key and the known host get in and others do not") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  const std::string commit = models.commit({{"model.bin", "one"}});
  const SshServer server(box);
  const std::string url = server.url(models.path());
  struct Row {
    std::string command;
    int code;
    std::string output;
    std::string said;
  };
  const Row rows[] = {{server.command(), 0, commit + "\tHEAD\n", ""},
                      {server.command_with_refused_key(), 128, "", "Permission denied (publickey)"},
                      {server.command_with_unknown_host(), 128, "", "Host key verification failed."}};
  for (const Row& row : rows) {
    RunOptions options;
    options.environment["GIT_SSH_COMMAND"] = row.command;
    const Outcome outcome = box.git({"ls-remote", url, "HEAD"}, options);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(outcome.output == row.output);
    CHECK(outcome.errors.find(row.said) != std::string::npos);
  }
}

TEST_CASE("ssh server: a repository is cloned with the second protocol") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  models.commit({{"model.bin", "one"}});
  const SshServer server(box);
  box.add_config("core.sshCommand", server.command());
  RunOptions traced;
  traced.environment["GIT_TRACE_PACKET"] = "1";
  const Outcome outcome = box.git({"clone", "-q", server.url(models.path()), "copy"}, traced);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(box / "copy/model.bin") == "one");
  CHECK(outcome.errors.find("clone< version 2") != std::string::npos);
}
