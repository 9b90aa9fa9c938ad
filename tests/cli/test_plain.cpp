#include "support/http_server.hpp"
#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/server.hpp"
#include "cli/world.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace mlem::test;

namespace {

const std::string hub = "https://huggingface.co";

std::string pointer(int number) {
  const std::string digits = std::to_string(number);
  return "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64 - digits.size(), '0') + digits +
         "\nsize 4294967296\n";
}

/// A registry, and repositories of the shape that Hugging Face's have, which git takes for those of that host.
struct Hub {
  Sandbox sandbox;
  RepoBuilder bert{sandbox, "hub/org/bert"};
  RepoBuilder squad{sandbox, "hub/datasets/org/squad"};
  RepoBuilder registry{sandbox, "registry"};
  std::string commit;

  Hub() {
    Files files = {{"config.json", "{\"architectures\": [\"Bert\"], \"hidden_size\": 768}\n"},
                   {"README.md", "---\nlicense: mit\n---\n# Bert\n\nReads text.\n"},
                   {".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"},
                   {"onnx/model.onnx", pointer(1000)}};
    for (int shard = 1; shard <= 100; ++shard) {
      files.emplace("model-" + std::to_string(shard) + "-of-100.safetensors", pointer(shard));
    }
    commit = bert.commit(files);
    bert.tag("v1.0");
    bert.git({"update-ref", "refs/pr/3", commit});
    squad.commit({{"README.md", "# Questions\n"}, {"data/train.parquet", "rows"}});
    sandbox.add_config("url." + (sandbox / "hub").string() + "/.insteadOf", hub + "/");
    registry.commit({{"README", "models"}});
  }

  Outcome mlem(const std::vector<std::string>& arguments, const std::string& input = {}) const {
    RunOptions options;
    options.directory = registry.path();
    options.input = input;
    return sandbox.mlem(arguments, options);
  }
  void stage(const std::string& name, const std::string& text) const {
    registry.write(name, text);
    registry.git({"add", name});
  }
  std::string text(const std::string& name) const { return read_file(registry.path() / name); }
};

std::string plain_link(const std::string& path, const std::string& rev, const std::string& fields,
                       const std::string& type = "model", const std::string& repo = hub + "/org/bert/") {
  return "link_type: " + type + "\nobject_type: link\nparams:\n  git-mlem:\n" + fields + "path: " + path +
         "\nrepo: " + repo + "\nrev: " + rev + "\n";
}

}  // namespace

TEST_CASE("plain: a whole repository of Hugging Face is linked to") {
  const Hub hub_world;
  const Outcome outcome = hub_world.mlem({"link", "--plain", hub + "/org/bert", "prod/bert"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "⏳️ Loading meta from https://huggingface.co/org/bert/tree/main\n💾 Saving link to prod/bert.mlem\n"
        "It is a plain link, which MLEM cannot load\n");
  CHECK(hub_world.text("prod/bert.mlem") == plain_link(".", "main", "    plain: tree\n"));
  CHECK(hub_world.registry.git({"status", "--porcelain"}) == "A  prod/bert.mlem");

  const Outcome check = hub_world.mlem({"check", "--json", "--strict"});
  CAPTURE(check);
  CHECK(check.code == 0);
  const auto row = json_rows(check).at(0);
  CHECK(row["verdict"] == "ok");
  CHECK(row["link_type"] == "model");
  CHECK(row["object_type"] == "model");
  CHECK(row["path"] == ".");
  CHECK(row["commit"] == hub_world.commit);
  CHECK(row["blob"] == hub_world.bert.id("main^{tree}"));
  CHECK(hub_world.mlem({"resolve", "prod/bert"}).output ==
        hub_world.commit + " " + hub_world.bert.id("main^{tree}") + " model . https://huggingface.co/org/bert/\n");
}

TEST_CASE("plain: addresses and names lead to files and directories") {
  const Hub world;
  struct Row {
    std::vector<std::string> words;
    std::string text;
  };
  const std::string squad = hub + "/datasets/org/squad/";
  const std::vector<Row> rows = {
      {{hub + "/org/bert/tree/main"}, plain_link(".", "main", "    plain: tree\n")},
      {{hub + "/org/bert/tree/v1.0/onnx"}, plain_link("onnx", "v1.0", "    plain: tree\n")},
      {{hub + "/org/bert/resolve/main/onnx/model.onnx"}, plain_link("onnx/model.onnx", "main", "    plain: blob\n")},
      {{hub + "/org/bert/blob/main/config.json"}, plain_link("config.json", "main", "    plain: blob\n")},
      {{hub + "/org/bert/tree/refs%2Fpr%2F3"}, plain_link(".", "refs/pr/3", "    plain: tree\n")},
      {{"--rev", "refs/pr/3", hub + "/org/bert"}, plain_link(".", "refs/pr/3", "    plain: tree\n")},
      {{"--sp", hub + "/org/bert", "."}, plain_link(".", "main", "    plain: tree\n")},
      {{"--sp", hub + "/org/bert", "./onnx"}, plain_link("onnx", "main", "    plain: tree\n")},
      {{"--type", "data", hub + "/datasets/org/squad"}, plain_link(".", "main", "    plain: tree\n", "data", squad)},
      {{"--type", "data", squad + "tree/main/data"}, plain_link("data", "main", "    plain: tree\n", "data", squad)},
      {{"--pin", hub + "/org/bert/tree/main/onnx"},
       plain_link("onnx", world.commit,
                  "    object: " + world.bert.id("main:onnx") + "\n    plain: tree\n    ref: refs/heads/main\n")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    std::vector<std::string> words = {"link", "--plain"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    words.push_back("it");
    const Outcome outcome = world.mlem(words);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.text("it.mlem") == row.text);
    CHECK(world.mlem({"check"}).code == 0);
    CHECK(world.registry.git({"rm", "-qf", "it.mlem"}).empty());
  }
}

TEST_CASE("plain: what cannot be linked to is refused and nothing is written") {
  World world;
  world.models.commit({{"plain.bin", "bytes"}, {"models/notes/a.txt", "a"}});
  world.models.git(
      {"update-index", "--add", "--cacheinfo", "120000," + world.models.id("HEAD:plain.bin") + ",symlink"});
  world.models.git({"commit", "-qm", "A symbolic link"});
  struct Row {
    std::vector<std::string> words;
    int code;
    std::string errors;
  };
  const std::string sp = example_url;
  const std::vector<Row> rows = {
      {{"--plain", "--sp", sp, "models/rf"},
       1,
       "error: cannot link to 'models/rf' in '" + sp +
           "': invalid-link: 'models/rf.mlem' is a metafile, which MLEM would follow a plain link to\n"
           "hint: a link to it is not plain: it has no 'plain', and is made without '--plain'\n"},
      {{"--plain", "--sp", sp, "models/rf.mlem"},
       1,
       "error: cannot link to 'models/rf.mlem' in '" + sp +
           "': invalid-link: 'models/rf.mlem' is a metafile, which MLEM would follow a plain link to\n"
           "hint: a link to it is not plain: it has no 'plain', and is made without '--plain'\n"},
      {{"--plain", "--sp", sp, "nothing"},
       1,
       "error: cannot link to 'nothing' in '" + sp + "': missing-path: nothing at 'nothing'\n"},
      {{"--plain", "--sp", sp, "symlink"},
       1,
       "error: cannot link to 'symlink' in '" + sp + "': not-an-object: 'symlink' is a symbolic link or a submodule\n"},
      {{"--plain", "--sp", sp, "../x"}, 128, "fatal: invalid path '../x': it leaves the repository\n"},
      {{"--plain", "README"},
       128,
       "fatal: cannot link to 'README' of this repository: an alias leads to a metafile, and a plain link to what has "
       "none\nhint: '--absolute' names the repository\n"},
      {{"--type", "data", "--sp", sp, "models/rf"},
       129,
       "error: '--type' is of a '--plain' link only\nhint: 'git mlem link -h' shows the usage\n"},
      {{"--sp", sp, "plain.bin"},
       1,
       "error: cannot link to 'plain.bin' in '" + sp +
           "': not-an-object: 'plain.bin' is not a MLEM object\n"
           "hint: there is no 'plain.bin.mlem' beside it; '--plain' links to what has no metafile\n"},
  };
  world.registry.commit({{"README", "r"}});
  for (const Row& row : rows) {
    CAPTURE(row.words);
    std::vector<std::string> words = {"link"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    words.push_back("it");
    const Outcome outcome = world.mlem(words);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(outcome.errors == row.errors);
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
  }
}

TEST_CASE("plain: this repository is named absolutely, for a plain link is not an alias") {
  World world;
  world.registry.commit({{"weights/a.bin", "a"}});
  const Outcome outcome = world.mlem({"link", "--plain", "--absolute", "weights", "prod/weights"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.staged("prod/weights.mlem") ==
        "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    plain: tree\npath: weights\nrepo: file://" +
            world.registry.path().string() + "/\nrev: main");
  world.registry.commit(
      {{"alias.mlem", "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    plain: tree\npath: weights\n"}});
  const Outcome check = world.mlem({"check", "alias"});
  CHECK(check.code == 1);
  CHECK(
      contains(check.output, "alias.mlem: invalid-link: invalid plain link: it names neither a repository nor a rev"));
}

TEST_CASE("plain: a link is held to what it says is there") {
  const Hub world;
  struct Row {
    std::string link;
    std::string verdict;
    std::string message;
  };
  const std::string tree = world.bert.id("main^{tree}");
  const std::string onnx = world.bert.id("main:onnx");
  const std::vector<Row> rows = {
      {plain_link(".", world.commit, "    object: " + tree + "\n    plain: tree\n"), "ok", ""},
      {plain_link(".", "main", "    plain: blob\n"), "wrong-type", "'.' is a directory, not a file"},
      {plain_link("onnx", "main", "    plain: blob\n"), "wrong-type", "'onnx' is a directory, not a file"},
      {plain_link("config.json", "main", "    plain: tree\n"), "wrong-type",
       "'config.json' is a file, not a directory"},
      {plain_link("onnx", world.commit, "    object: " + tree + "\n    plain: tree\n"), "changed",
       "'onnx' is tree " + onnx + ", not " + tree},
      {plain_link("onnx", world.commit, "    object: " + onnx.substr(0, 8) + "\n    plain: tree\n"), "invalid-link",
       "invalid params.git-mlem.object '" + onnx.substr(0, 8) + "': it is not a full object id"},
      {plain_link("nowhere", "main", "    plain: tree\n"), "missing-path", "nothing at 'nowhere'"},
      {plain_link("onnx", "main", "    blob: " + onnx + "\n    plain: tree\n"), "invalid-link",
       "line 5, column 11: a plain link is pinned by 'object', not by 'blob'"},
      {plain_link("onnx", "main", "    object: " + onnx + "\n"), "invalid-link",
       "line 5, column 13: 'params.git-mlem.object' is of a plain link only"},
      {plain_link("onnx", "main", "    plain: directory\n"), "invalid-link",
       "line 5, column 12: 'params.git-mlem.plain' is neither 'tree' nor 'blob'"},
      {plain_link("onnx/", "main", "    plain: tree\n"), "invalid-link", "invalid path 'onnx/': it ends in '/'"},
      {plain_link(".git", "main", "    plain: tree\n"), "invalid-link",
       "invalid path '.git': a component could be taken for '.git'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.link);
    world.stage("it.mlem", row.link);
    const auto found = json_rows(world.mlem({"check", "--json"})).at(0);
    CHECK(found["verdict"] == row.verdict);
    CHECK(found.value("message", "") == row.message);
  }
}

TEST_CASE("plain: a link to a plain link leads on, and one is copied as it is") {
  Hub world;
  RepoBuilder other(world.sandbox, "other");
  other.commit({{"bert.mlem", plain_link(".", world.commit, "    plain: tree\n")},
                {"set.mlem", plain_link("onnx", world.commit, "    plain: tree\n", "data")}});
  world.stage("via.mlem", link_text({.path = "bert.mlem", .repo = other.url(), .rev = "main"}));
  const auto row = json_rows(world.mlem({"check", "--json"})).at(0);
  CHECK(row["verdict"] == "ok");
  CHECK(row["object_type"] == "model");
  CHECK(row["path"] == ".");
  CHECK(row["hops"].size() == 1);
  const Outcome outcome = world.mlem({"link", "--sp", other.path().string(), "set", "copy"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.text("copy.mlem") == plain_link("onnx", world.commit, "    plain: tree\n", "data"));
}

TEST_CASE("plain: links live as others do") {
  Hub world;
  REQUIRE(world.mlem({"link", "--plain", "--pin", hub + "/org/bert", "prod/bert"}).code == 0);
  REQUIRE(world.mlem({"link", "--plain", "--pin", hub + "/org/bert/tree/main/onnx", "prod/onnx"}).code == 0);
  REQUIRE(world.mlem({"link", "--plain", hub + "/org/bert/tree/main/config.json", "prod/config"}).code == 0);
  world.registry.git({"commit", "-qm", "Link to Bert"});
  world.bert.commit({{"README.md", "# Bert, better described\n"}});
  const std::string onnx = world.bert.id("main:onnx");
  const std::string tip = world.bert.commit({{"onnx/model.onnx", pointer(2000)}});

  SUBCASE("status counts the commits that touch a directory") {
    const Outcome status = world.mlem({"status", "--porcelain"});
    CAPTURE(status);
    const auto rows = json_rows(world.mlem({"status", "--json"}));
    CHECK(rows.at(0)["state"] == "behind");
    CHECK(rows.at(0)["behind"] == 2);
    CHECK(rows.at(0)["touching"] == 2);
    CHECK(rows.at(1)["state"] == "floating");
    CHECK(rows.at(2)["state"] == "behind");
    CHECK(rows.at(2)["touching"] == 1);
  }
  SUBCASE("update goes on and rollback comes back") {
    const std::string before = world.text("prod/onnx.mlem");
    CHECK(world.mlem({"update"}).code == 0);
    CHECK(world.text("prod/onnx.mlem") ==
          plain_link("onnx", tip,
                     "    object: " + world.bert.id("main:onnx") + "\n    plain: tree\n    ref: refs/heads/main\n"));
    CHECK(world.mlem({"check", "--strict"}).code == 0);
    const Outcome diff = world.mlem({"diff", "--", "prod/onnx.mlem"});
    CAPTURE(diff);
    CHECK(contains(diff.output, "\n    2 commits\n    unknown\n        object: tree " + onnx.substr(0, 7) +
                                    " -> tree " + world.bert.id("main:onnx").substr(0, 7) + "\n"));
    world.registry.git({"commit", "-qm", "Update"});
    CHECK(world.mlem({"rollback", "-m", "worse", "prod/onnx"}).code == 0);
    CHECK(contains(world.text("prod/onnx.mlem"), "    hold: worse\n    object: " + onnx + "\n    plain: tree\n"));
  }
  SUBCASE("pin and unpin and promote") {
    CHECK(world.mlem({"pin", "prod/config"}).code == 0);
    CHECK(world.text("prod/config.mlem") == plain_link("config.json", tip,
                                                       "    object: " + world.bert.id("main:config.json") +
                                                           "\n    plain: blob\n    ref: refs/heads/main\n"));
    CHECK(world.mlem({"promote", "prod/config", "--to", "stage"}).code == 0);
    CHECK(world.text("stage/config.mlem") == world.text("prod/config.mlem"));
    CHECK(world.mlem({"unpin", "prod/config"}).code == 0);
    CHECK(world.text("prod/config.mlem") == plain_link("config.json", "main", "    plain: blob\n"));
  }
  SUBCASE("who knows that a directory has what is in it") {
    const Outcome outcome = world.mlem({"who", "--porcelain", hub + "/org/bert:onnx/model.onnx"});
    CAPTURE(outcome);
    CHECK(contains(outcome.output, "prod/bert.mlem"));
    CHECK(contains(outcome.output, "prod/onnx.mlem"));
    CHECK_FALSE(contains(outcome.output, "prod/config.mlem"));
  }
}

TEST_CASE("plain: show prints what Hugging Face has there") {
  const Hub world;
  REQUIRE(world.mlem({"link", "--plain", hub + "/org/bert", "bert"}).code == 0);
  REQUIRE(world.mlem({"link", "--plain", hub + "/org/bert/tree/main/onnx", "onnx"}).code == 0);
  REQUIRE(world.mlem({"link", "--plain", hub + "/org/bert/tree/main/README.md", "card"}).code == 0);
  const Outcome shown = world.mlem({"show", "bert"});
  CHECK(shown.code == 0);
  CHECK(shown.output ==
        "==> config.json <==\n{\"architectures\": [\"Bert\"], \"hidden_size\": 768}\n\n"
        "==> README.md <==\n---\nlicense: mit\n---\n# Bert\n\nReads text.\n");
  CHECK(world.mlem({"show", "--json", "bert"}).output ==
        "{\"schema\":1,\"config.json\":{\"architectures\":[\"Bert\"],\"hidden_size\":768},"
        "\"README.md\":\"---\\nlicense: mit\\n---\\n# Bert\\n\\nReads text.\\n\"}\n");
  const Outcome none = world.mlem({"show", "onnx"});
  CHECK(none.code == 0);
  CHECK(none.output.empty());
  CHECK(none.errors == "warning: 'onnx' has neither 'config.json' nor 'README.md' to show\n");
  CHECK(world.mlem({"show", "card"}).output == "==> README.md <==\n---\nlicense: mit\n---\n# Bert\n\nReads text.\n");
}

TEST_CASE("plain: what show prints obeys nobody") {
  Hub world;
  std::string deep(100000, '[');
  std::string lines;
  for (int line = 0; line < 100; ++line) lines += "line\n";
  world.bert.commit({{"config.json", deep}, {"README.md", "\x1b[31mred\n" + lines}});
  REQUIRE(world.mlem({"link", "--plain", hub + "/org/bert", "bert"}).code == 0);
  const Outcome shown = world.mlem({"show", "bert"});
  CHECK(shown.code == 0);
  CHECK(contains(shown.output, "==> README.md <==\n\\033[31mred\nline\n"));
  CHECK(shown.output.ends_with("line\n...\n"));
  CHECK(std::count(shown.output.begin(), shown.output.end(), '\n') == 45);
  CHECK(contains(world.mlem({"show", "--json", "bert"}).output, "\"config.json\":\"[[[["));
}

TEST_CASE("plain: of a remote source no file is fetched to resolve a link to it") {
  Hub world;
  const HttpServer server(world.sandbox);
  world.bert.bare_clone(server.root() / "bert.git");
  REQUIRE(world.mlem({"link", "--plain", "--pin", server.url("bert.git"), "bert"}).code == 0);
  REQUIRE(world.mlem({"link", "--plain", "--pin", server.url("bert.git") + "/onnx", "onnx"}).code == 0);
  CHECK(world.mlem({"check", "--offline"}).code == 0);
  const Outcome shown = world.mlem({"show", "bert"});
  CAPTURE(shown);
  CHECK(contains(shown.output, "# Bert"));
  world.bert.commit({{"onnx/model.onnx", pointer(2000)}});
  world.bert.git({"push", "-q", (server.root() / "bert.git").string(), "main"});
  const Outcome status = world.mlem({"status", "--json"});
  CAPTURE(status);
  for (const auto& row : json_rows(status)) {
    CHECK(row["state"] == "behind");
    CHECK(row["touching"] == 1);
  }
}

TEST_CASE("plain: many links are made from lines of JSON") {
  const Hub world;
  const Outcome outcome = world.mlem({"link", "--stdin", "--pin"},
                                     R"({"source": ")" + hub +
                                         R"(/org/bert", "target": "bert", "plain": true})"
                                         "\n"
                                         R"({"source": ")" +
                                         hub +
                                         R"(/datasets/org/squad", "target": "squad", "plain": true, "type": "data"})"
                                         "\n");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.text("squad.mlem").starts_with("link_type: data\n"));
  const Outcome refused = world.mlem({"link", "--stdin"}, R"({"source": "a", "target": "b", "type": "data"})"
                                                          "\n");
  CHECK(refused.code == 128);
  CHECK(refused.errors ==
        "fatal: line 1: cannot read '{\"source\": \"a\", \"target\": \"b\", \"type\": \"data\"}': "
        "'type' is of a plain link only\n");
}

TEST_CASE("plain: a policy admits plain links only if it says so") {
  Server server;
  server.world.models.commit({{"weights/a.bin", "a"}});
  server.config("mlem.allowProtocol", "https");
  server.config("mlem-policy.production.path", "prod/**");
  server.world.registry.commit(
      {{"prod/w.mlem", plain_link("weights", "main", "    plain: tree\n", "model", example_url + "/")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code != 0);
  CHECK(contains(refused.errors, "remote: error: refs/heads/main: prod/w.mlem: forbidden (plain)"));
  CHECK(contains(refused.errors, "policy 'production' allows no plain links, which lead to what has no"));
  CHECK(contains(refused.errors, "link to an object, or ask for 'allowPlain' in the policy"));
  server.config("mlem-policy.production.allowPlain", "true");
  const Outcome admitted = server.push({"origin", "main"});
  CAPTURE(admitted);
  CHECK(admitted.code == 0);
  RunOptions options;
  options.directory = server.bare;
  CHECK(contains(server.world.sandbox.mlem({"policy"}, options).output, "allowPlain = true"));
}
