#include "artifact/lfs_client.hpp"
#include "artifact/lfs_store.hpp"
#include "support/lfs_server.hpp"
#include "support/repo_builder.hpp"
#include "support/ssh_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "artifact_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

namespace {

using mlem::artifact::LfsClient;
using mlem::artifact::LfsEndpoint;
using mlem::artifact::LfsPointer;
using mlem::artifact::ObjectAnswer;
using mlem::artifact::Retries;
using mlem::artifact::TransferEngine;
using mlem::artifact::TransferResult;
using namespace mlem::test;
namespace fs = mlem::fs;
using namespace std::chrono_literals;

constexpr Retries impatient{.most = 1, .pause = 1ms, .longest = 2s};
const std::string absent_oid(64, '0');

LfsEndpoint endpoint_for(const std::string& source, const mlem::source::Settings& settings) {
  return std::get<LfsEndpoint>(mlem::artifact::find_lfs_endpoint(mlem::RepoUrl::parse(source), {}, settings));
}

std::size_t count_batches(const LfsServer& server) {
  const auto requests = server.requests();
  return static_cast<std::size_t>(
      std::count_if(requests.begin(), requests.end(), [](const auto& request) { return request.objects > 0; }));
}

/// Gives the user a helper that says this login, and notes what it is told.
void add_login(const Sandbox& box, const std::string& user, const std::string& password) {
  const fs::path helper = box / "helper";
  write_file(helper, "#!/bin/sh\necho \"$1\" >>" + (box / "told").string() +
                         "\n[ \"$1\" != get ] || printf 'username=" + user + "\\npassword=" + password + "\\n'\n");
  fs::permissions(helper, fs::owner_all);
  box.add_config("credential.helper", helper.string());
}

}  // namespace

TEST_CASE("lfs client: whether objects exist is asked without their bytes") {
  Sandbox box;
  const LfsServer server(box);
  const std::string oid = server.add("weights");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("org/m"), settings), engine);
  const std::string empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const auto answers = client.ask({{.oid = oid, .size = 9}, {.oid = absent_oid, .size = 5}, {.oid = empty, .size = 0}});
  REQUIRE(answers.size() == 3);
  CHECK(answers[0].kind == ObjectAnswer::Kind::exists);
  CHECK(answers[0].size == 7);
  CHECK(answers[1].kind == ObjectAnswer::Kind::missing);
  CHECK(answers[1].refusal.message == "Git LFS object " + absent_oid + ": the server answered 404: Object answers 404");
  CHECK(answers[2].size == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].path == "/org/m.git/info/lfs/objects/batch");
  CHECK(requests[0].accept == "application/vnd.git-lfs+json");
  CHECK(requests[0].content_type == "application/vnd.git-lfs+json");
  CHECK(requests[0].objects == 2);
}

TEST_CASE("lfs client: a thousand objects are ten requests") {
  Sandbox box;
  const LfsServer server(box);
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  const std::string oid = server.add("weights");
  std::vector<LfsPointer> pointers(1000, {.oid = oid, .size = 7});
  pointers[567].oid = absent_oid;
  const auto answers = client.ask(pointers);
  CHECK(count_batches(server) == 10);
  CHECK(answers.size() == 1000);
  CHECK(answers[567].kind == ObjectAnswer::Kind::missing);
  CHECK(std::count_if(answers.begin(), answers.end(),
                      [](const auto& answer) { return answer.kind == ObjectAnswer::Kind::exists; }) == 999);
  server.set_options(R"({"most":30})");
  CHECK(client.ask(std::vector<LfsPointer>(200, {.oid = oid, .size = 7}))[199].size == 7);
}

TEST_CASE("lfs client: an object is transferred with what the server told for it") {
  Sandbox box;
  const LfsServer server(box);
  const std::string oid = server.add("weights");
  const LfsPointer pointer{.oid = oid, .size = 7};
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  client.ask({pointer});
  CHECK(engine.run(client.transfer(pointer)).body == "weights");
  CHECK(count_batches(server) == 1);
  CHECK(server.requests().back().ticket == "1");
  // Without having been asked before.
  LfsClient other(endpoint_for(server.url("m"), settings), engine);
  CHECK(engine.run(other.transfer(pointer)).body == "weights");
  CHECK(count_batches(server) == 2);
  const TransferResult missing = engine.run(other.transfer({.oid = absent_oid, .size = 5}));
  REQUIRE(missing.refusal);
  CHECK(missing.refusal->verdict == mlem::Verdict::artifact_missing);
}

TEST_CASE("lfs client: an address that has expired is asked for again") {
  Sandbox box;
  const LfsServer server(box);
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  server.set_options(R"({"expires_in":1})");
  client.ask({pointer});
  server.set_options(R"({"stale":1})");
  CHECK(engine.run(client.transfer(pointer)).body == "weights");
  CHECK(server.requests().size() == 3);
  // The server may end it before its time, too.
  client.ask({pointer});
  server.set_options(R"({"stale":3})");
  CHECK(engine.run(client.transfer(pointer)).body == "weights");
  CHECK(server.requests().size() == 7);
}

TEST_CASE("lfs client: logins come from git's helpers") {
  Sandbox box;
  const LfsServer server(box);
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  server.set_options(R"({"user":"alice","password":"sesame","authenticated":false})");
  {
    const auto settings = user_settings(box);
    TransferEngine engine(settings, impatient);
    LfsClient client(endpoint_for(server.url("m"), settings), engine);
    const auto answer = client.ask(std::vector<LfsPointer>(250, pointer)).back();
    CHECK(answer.kind == ObjectAnswer::Kind::refused);
    CHECK(count_batches(server) == 1);
    CHECK(answer.refusal.verdict == mlem::Verdict::auth_required);
    const std::string url = server.url("");
    CHECK(answer.refusal.message == "cannot read '" + url + "m.git/info/lfs/objects/batch': " +
                                        "the server answered 401 Unauthorized: Credentials needed");
    CHECK(answer.refusal.hint ==
          "set up a login for '" + url.substr(0, url.size() - 1) + "', as gitcredentials(7) tells");
  }
  add_login(box, "alice", "sesame");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  CHECK(client.ask({pointer, pointer}).back().size == 7);
  CHECK(read_file(box / "told") == "get\nstore\n");
  CHECK(engine.run(client.transfer(pointer)).body == "weights");
  CHECK(server.requests().back().authorization == "Basic YWxpY2U6c2VzYW1l");
  CHECK(client.ask({pointer}).back().size == 7);
  CHECK(read_file(box / "told") == "get\nstore\n");
}

TEST_CASE("lfs client: a login that is refused is forgotten") {
  Sandbox box;
  const LfsServer server(box);
  server.set_options(R"({"user":"alice","password":"sesame"})");
  add_login(box, "alice", "wrong");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  CHECK(client.ask({{.oid = absent_oid, .size = 7}}).front().refusal.verdict == mlem::Verdict::auth_required);
  CHECK(read_file(box / "told") == "get\nerase\n");
  CHECK(count_batches(server) == 2);
}

TEST_CASE("lfs client: a token of the user's insteadOf is used") {
  Sandbox box;
  const LfsServer server(box);
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  server.set_options(R"({"user":"alice","password":"sesame"})");
  const std::string url = server.url("");
  box.add_config("url.http://alice:sesame@" + url.substr(7) + ".insteadOf", "https://models.example.com/");
  auto settings = user_settings(box);
  // The user's own configuration leads there.
  settings.access.url_policy.public_hosts = true;
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for("https://models.example.com/m", settings), engine);
  CHECK(client.ask({pointer}).front().size == 7);
  CHECK(count_batches(server) == 1);
  CHECK(engine.run(client.transfer(pointer)).body == "weights");
}

TEST_CASE("lfs client: what is not an answer of Git LFS is not taken for no") {
  struct Row {
    std::string options;
    std::string verdict;
    std::string message;
  };
  const Row rows[] = {
      {R"({"answer":"<html>","status":200})", "unreachable", "not an answer of Git LFS: it is not JSON"},
      {R"({"answer":"{\"message\":\"Gone away\"}","status":404})", "artifact-missing",
       "the server answered 404 Not Found: Gone away"},
      {R"({"answer":"{\"message\":\"Quota\"}","status":509})", "unreachable", "the server answered 509: Quota"},
      {R"({"answer":"no","status":500})", "unreachable", "the server answered 500 Internal Server Error"},
  };
  Sandbox box;
  const LfsServer server(box);
  const auto settings = user_settings(box);
  for (const Row& row : rows) {
    CAPTURE(row.options);
    TransferEngine engine(settings, impatient);
    LfsClient client(endpoint_for(server.url("m"), settings), engine);
    server.set_options(row.options);
    const auto answer = client.ask({{.oid = absent_oid, .size = 7}}).front();
    CHECK(std::string(name(answer.refusal.verdict)) == row.verdict);
    CHECK(answer.refusal.message.ends_with(row.message));
  }
}

TEST_CASE("lfs client: by ssh git-lfs-authenticate says where and with what") {
  Sandbox box;
  const LfsServer server(box);
  const SshServer ssh(box);
  box.add_config("core.sshCommand", ssh.command());
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  server.set_options(R"({"user":"alice","password":"sesame"})");
  const fs::path script = box / "authenticate";
  write_file(script, "#!/bin/sh\necho \"$SSH_ORIGINAL_COMMAND\" >>" + (box / "asked").string() + "\nprintf '%s' '" +
                         R"({"href":")" + server.url("there/") +
                         R"(","header":{"Authorization":"Basic YWxpY2U6c2VzYW1l"},"expires_in":600})" + "'\n");
  fs::permissions(script, fs::owner_all);
  ssh.force_command(script.string());
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(ssh.url("/srv/m odels.git"), settings), engine);
  CHECK(client.ask({pointer}).front().size == 7);
  CHECK(client.ask({pointer}).front().size == 7);
  CHECK(server.requests().front().path == "/there/objects/batch");
  CHECK(engine.run(client.transfer(pointer)).body == "weights");
  CHECK(read_file(box / "asked") == "git-lfs-authenticate '/srv/m odels.git' download\n");
}

TEST_CASE("lfs client: a server that has no git-lfs-authenticate is asked by https") {
  Sandbox box;
  const SshServer ssh(box);
  box.add_config("core.sshCommand", ssh.command());
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsEndpoint endpoint = endpoint_for(ssh.url("/srv/m.git"), settings);
  const LfsServer server(box);
  endpoint.url = server.url("m.git/info/lfs");
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  ssh.force_command("exit 127");
  CHECK(LfsClient(endpoint, engine).ask({pointer}).front().size == 7);
  ssh.force_command("echo 'no LFS for you' >&2; exit 3");
  const auto refused = LfsClient(endpoint, engine).ask({pointer}).front();
  CHECK(refused.refusal.verdict == mlem::Verdict::unreachable);
  CHECK(refused.refusal.message ==
        "cannot ask '" + endpoint.ssh->user_and_host + "' for Git LFS by ssh: no LFS for you");
  box.add_config("core.sshCommand", ssh.command_with_refused_key());
  const auto other = user_settings(box);
  TransferEngine locked_out(other, impatient);
  CHECK(LfsClient(endpoint, locked_out).ask({pointer}).front().refusal.verdict == mlem::Verdict::auth_required);
}

TEST_CASE("lfs client: certificates are judged as git judges them") {
  Sandbox box;
  const LfsServer server(box, LfsServer::Tls::yes);
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  const auto ask = [&] {
    const auto settings = user_settings(box);
    TransferEngine engine(settings, impatient);
    LfsClient client(endpoint_for(server.url("m"), settings), engine);
    auto answer = client.ask({pointer}).front();
    if (answer.kind == ObjectAnswer::Kind::exists) CHECK(engine.run(client.transfer(pointer)).body == "weights");
    return answer;
  };
  const auto unknown = ask();
  CHECK(unknown.refusal.verdict == mlem::Verdict::unreachable);
  CHECK(unknown.refusal.message.find("SSL certificate problem: self-signed certificate") != std::string::npos);
  box.add_config("http." + server.url("") + ".sslCAInfo", server.certificate().string());
  CHECK(ask().size == 7);
  box.add_config("http." + server.url("") + ".sslCAInfo", "/nowhere");
  CHECK(ask().kind == ObjectAnswer::Kind::refused);
  box.environment()["GIT_SSL_NO_VERIFY"] = "1";
  box.add_config("http." + server.url("") + ".sslCAInfo", server.certificate().string());
  CHECK(ask().size == 7);
}

TEST_CASE("lfs client: nothing leads from https to http") {
  Sandbox box;
  const LfsServer server(box, LfsServer::Tls::yes);
  CountingListener plain;
  box.add_config("http.sslVerify", "false");
  const LfsPointer pointer{.oid = server.add("weights"), .size = 7};
  server.set_options(R"({"answer":"{\"objects\":[{\"oid\":\")" + pointer.oid +
                     R"(\",\"size\":7,\"actions\":{\"download\":{\"href\":\")" + plain.url("x") + R"(\"}}}]}"})");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  CHECK(client.ask({pointer}).front().size == 7);
  const TransferResult result = engine.run(client.transfer(pointer));
  REQUIRE(result.refusal);
  CHECK(result.refusal->verdict == mlem::Verdict::forbidden);
  CHECK(result.refusal->message ==
        "cannot read 'Git LFS object " + pointer.oid + "': the server sends from https to '" + plain.url("x") + "'");
  server.set_options(R"({"redirect":")" + plain.url("y") + R"("})");
  const TransferResult redirected = engine.run({.url = server.url("files/rf"), .name = "rf"});
  REQUIRE(redirected.refusal);
  CHECK(redirected.refusal->verdict == mlem::Verdict::forbidden);
  CHECK(redirected.refusal->message == "cannot read 'rf': it redirects from https to '" + plain.url("y") + "'");
  CHECK(plain.attempts() == 0);
}

TEST_CASE("lfs client: git-lfs itself is content with the server of these tests") {
  Sandbox box;
  if (!find_program("git-lfs", box.environment().at("PATH"))) return;
  const LfsServer server(box);
  RepoBuilder models(box, "models");
  models.git({"lfs", "install", "--local"});
  models.git({"config", "lfs.url", server.url("m.git/info/lfs")});
  models.git({"lfs", "track", "*.bin"});
  models.commit(
      {{"model.bin", "weights of a large model"}, {".gitattributes", read_file(models.path() / ".gitattributes")}});
  const fs::path remote = models.bare_clone(box / "remote.git");
  models.git({"remote", "add", "origin", remote.string()});
  models.git({"lfs", "push", "--all", "origin"});
  const std::string pointer_text = models.git({"cat-file", "blob", "HEAD:model.bin"}) + "\n";
  const auto pointer = mlem::artifact::parse_lfs_pointer(pointer_text);
  REQUIRE(pointer);
  CHECK(read_file(server.objects() / pointer->oid) == "weights of a large model");
  fs::remove_all(models.path() / ".git/lfs/objects");
  models.git({"lfs", "fetch", "--all", "origin"});
  CHECK(read_file(mlem::artifact::lfs_object_path(models.path() / ".git/lfs/objects", pointer->oid)) ==
        "weights of a large model");
  // And what git-lfs has put there comes back by this client, from the server and from git-lfs's own store.
  const auto settings = user_settings(box);
  TransferEngine engine(settings, impatient);
  LfsClient client(endpoint_for(server.url("m"), settings), engine);
  CHECK(engine.run(client.transfer(*pointer)).body == "weights of a large model");
  LfsClient local(endpoint_for(models.url(), settings), engine);
  CHECK(local.ask({*pointer}).front().size == 24);
  REQUIRE(local.find_local(*pointer));
  CHECK(read_file(*local.find_local(*pointer)) == "weights of a large model");
  // What the store of a repository lacks that names no server is missing.
  LfsClient bare(endpoint_for(RepoBuilder::file_url(remote), settings), engine);
  const TransferResult absent = engine.run(bare.transfer(*pointer));
  REQUIRE(absent.refusal);
  CHECK(absent.refusal->message ==
        "the store of Git LFS in '" + (remote / "lfs/objects").string() + "' lacks object " + pointer->oid);
}
