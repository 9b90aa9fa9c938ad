#include "artifact/dvc_config.hpp"
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using mlem::Error;
using mlem::ErrorKind;
using mlem::artifact::DvcConfig;
using mlem::artifact::DvcRemote;

TEST_CASE("dvc_config: the default remote of the example repository") {
  const DvcConfig config = DvcConfig::parse(
      "[core]\n    remote = myremote\n    autostage = true\n"
      "['remote \"myremote\"']\n    url = https://examplemlem.blob.core.windows.net/example-mlem\n");
  const std::optional<DvcRemote> remote = config.find_remote("");
  REQUIRE(remote);
  CHECK(remote->name == "myremote");
  CHECK(remote->url == "https://examplemlem.blob.core.windows.net/example-mlem");
  CHECK(remote->kind == DvcRemote::Kind::http);
  CHECK_FALSE(remote->is_relative);
  CHECK_FALSE(remote->is_versioned);
  CHECK(config.find("core", "autostage") == "true");
}

TEST_CASE("dvc_config: names are in lower case and values as they are written") {
  const DvcConfig config = DvcConfig::parse(
      "\xef\xbb\xbf# of the team\r\n"
      "[ Core ] # the default\r\n"
      "Remote = 'Store' # which one\r\n"
      "\"note\" = \"a # b, c\"\r\n"
      "empty =\r\n"
      "\r\n"
      "['remote \"empty\"']\n"
      "[ 'remote \"STORE\"' ]\n"
      "url = HTTPS://Example.com/A#part\n"
      "auth = Basic\n"
      "user = 'me'\n"
      "Password = old\n"
      "password = \"it's\"\n"
      "Worktree = True\n");
  const std::optional<DvcRemote> remote = config.find_remote("");
  REQUIRE(remote);
  CHECK(remote->name == "store");
  CHECK(remote->url == "HTTPS://Example.com/A");
  CHECK(remote->kind == DvcRemote::Kind::http);
  CHECK(remote->auth == "basic");
  CHECK(remote->user == "me");
  CHECK(remote->password == "it's");
  CHECK(remote->is_versioned);
  CHECK(config.find_remote("Store")->url == remote->url);
  CHECK(config.find("core", "note") == "a # b, c");
  CHECK(config.find("core", "empty") == "");
}

TEST_CASE("dvc_config: a value with commas is a list and not an address") {
  const DvcConfig config = DvcConfig::parse(
      "[core]\nlist = a, 'b, c' , d # x\nnone = ,\none = a,\n"
      "['remote \"r\"']\nurl = https://example.com/a,b\n");
  CHECK_FALSE(config.find("core", "list"));
  CHECK_FALSE(config.find("core", "none"));
  CHECK_FALSE(config.find("core", "one"));
  CHECK_FALSE(config.find_remote("r"));
}

TEST_CASE("dvc_config: three quotes take lines together") {
  const DvcConfig config = DvcConfig::parse("[core]\na = '''x\n[y]''' # z\nb = \"\"\"one\"\"\"\n[[deeper]]\nb = 2\n");
  CHECK(config.find("core", "a") == "x\n[y]");
  CHECK(config.find("core", "b") == "one");
  CHECK_FALSE(config.find("deeper", "b"));
}

TEST_CASE("dvc_config: a remote inherits from another one") {
  const DvcConfig config = DvcConfig::parse(
      "['remote \"base\"']\nurl = https://example.com/dvc/\nauth = basic\nuser = base\n"
      "['remote \"middle\"']\nurl = remote://Base/sub\nuser = middle\n"
      "['remote \"top\"']\nurl = remote://middle/a/b\n"
      "['remote \"same\"']\nurl = remote://base\n");
  const std::optional<DvcRemote> top = config.find_remote("top");
  REQUIRE(top);
  CHECK(top->name == "top");
  CHECK(top->url == "https://example.com/dvc/sub/a/b");
  CHECK(top->auth == "basic");
  CHECK(top->user == "middle");
  CHECK(config.find_remote("same")->url == "https://example.com/dvc/");
}

TEST_CASE("dvc_config: no remote where there is none to use") {
  const DvcConfig config = DvcConfig::parse(
      "['remote \"a\"']\nurl = remote://b\n['remote \"b\"']\nurl = remote://a/x\n"
      "['remote \"c\"']\nauth = basic\n['remote \"d\"']\nurl = remote://nobody\n");
  for (const std::string name : {"", "a", "c", "d", "e"}) {
    CAPTURE(name);
    CHECK_FALSE(config.find_remote(name));
  }
}

TEST_CASE("dvc_config: kinds of remotes by their address") {
  struct Row {
    std::string url;
    DvcRemote::Kind kind;
    bool is_relative;
  };
  const std::vector<Row> rows = {
      {"http://example.com", DvcRemote::Kind::http, false}, {"/srv/dvc", DvcRemote::Kind::directory, false},
      {"../../storage", DvcRemote::Kind::directory, true},  {"file:///srv/dvc", DvcRemote::Kind::directory, false},
      {"s3://bucket/x", DvcRemote::Kind::other, false},     {"ssh://me@host/x", DvcRemote::Kind::other, false},
      {"azure://container", DvcRemote::Kind::other, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto remote = DvcConfig::parse("['remote \"r\"']\nurl = " + row.url + "\n").find_remote("r");
    REQUIRE(remote);
    CHECK(remote->kind == row.kind);
    CHECK(remote->is_relative == row.is_relative);
  }
}

TEST_CASE("dvc_config: what a nearer file says counts") {
  DvcConfig config = DvcConfig::parse("[core]\nremote = a\n['remote \"a\"']\nurl = https://example.com/\nuser = x\n");
  config.overlay(DvcConfig::parse("['remote \"a\"']\nuser = me\npassword = secret\n"));
  const std::optional<DvcRemote> remote = config.find_remote("");
  REQUIRE(remote);
  CHECK(remote->url == "https://example.com/");
  CHECK(remote->user == "me");
  CHECK(remote->password == "secret");
}

TEST_CASE("dvc_config: what ConfigObj refuses is refused with its line") {
  struct Row {
    std::string text;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"[core\nx = 1\n", "line 1: a section whose brackets do not match"},
      {"[core]]\n", "line 1: text after the name of a section"},
      {"[core] x\n", "line 1: text after the name of a section"},
      {"[]\n", "line 1: a name that is empty"},
      {"['core]\n", "line 1: quotes that are not closed"},
      {"[core]\n[core]\n", "line 2: the section 'core' is there twice"},
      {"[core]\na = 1\nb = 2\na = 3\n", "line 4: the option 'a' is there twice"},
      {"[core]\n\nword\n", "line 3: a line that is neither a section nor an option"},
      {"[core]\na = 'x\n", "line 2: quotes that are not closed"},
      {"[core]\na = 'x' y\n", "line 2: text after a value in quotes"},
      {"[core]\na = '''x\ny\n", "line 2: quotes that are not closed"},
      {"[core]\na = x,,y\n", "line 2: a list with nothing between two commas"},
      {"[core]\na = %(b)s\n", "line 2: '%(' begins an interpolation, which is not supported"},
      {"[core]\na = \xff\n", "it is not UTF-8"},
      {std::string((std::size_t{1} << 20) + 1, '\n'), "it is larger than 1 MiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    try {
      DvcConfig::parse(row.text);
      FAIL_CHECK("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid);
      CHECK(std::string(error.what()) == "not a configuration of DVC: " + row.why);
    }
  }
}
