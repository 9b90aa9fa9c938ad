#include "cli/world.hpp"

using namespace mlem::test;

namespace {

std::string link_at(const std::string& rev) {
  return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
}

std::string pinned_link(const std::string& commit, const std::string& blob, const std::string& ref) {
  return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
         (ref.empty() ? "" : "\n    ref: " + ref) + "\npath: models/rf.mlem\nrepo: " + example_url +
         "/\nrev: " + commit + "\n";
}

}  // namespace

TEST_CASE("unpin: a pinned link names again what it follows") {
  World world;
  const std::string commit = world.model_commit;
  const std::string blob = world.models.id("main:models/rf.mlem");
  world.models.branch("both");
  world.models.tag("both");
  world.models.commit({{"other", "x"}});
  world.models.git({"update-ref", "refs/keep/one", "main"});
  struct Row {
    std::string ref;
    std::string rev;
  };
  const std::vector<Row> rows = {{"refs/heads/main", "main"},
                                 {"refs/tags/5-deploy-meta", "5-deploy-meta"},
                                 {"refs/heads/both", "refs/heads/both"},
                                 {"refs/keep/one", "refs/keep/one"},
                                 {"HEAD", "HEAD"}};
  for (const Row& row : rows) {
    CAPTURE(row.ref);
    world.registry.commit({{"a.mlem", "# mine\n" + pinned_link(commit, blob, row.ref)}});
    const Outcome dry = world.mlem({"unpin", "-n", "a"});
    CHECK(dry.output.starts_with("re-pointed  a.mlem: "));
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
    const Outcome outcome = world.mlem({"unpin", "a"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.errors == "1 link: 1 unpinned\n");
    CHECK(world.mlem({"diff", "--", "a"}).output == dry.output);
    CHECK(world.staged("a.mlem") + "\n" == "# mine\n" + link_at(row.rev));
  }
  CHECK(world.mlem({"unpin", "a"}).errors == "1 link: 1 kept\n");
}

TEST_CASE("unpin: what cannot be unpinned says why") {
  World world;
  const std::string commit = world.model_commit;
  const std::string blob = world.models.id("main:models/rf.mlem");
  world.registry.commit({{"fixed.mlem", pinned_link(commit, blob, "")},
                         {"gone.mlem", pinned_link(commit, blob, "refs/heads/gone")},
                         {"moved.mlem", pinned_link("main", blob, "refs/heads/main")},
                         {"none.mlem", pinned_link(commit, blob, "no ref")}});
  const Outcome outcome = world.mlem({"unpin"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output == "Unpinned 'moved.mlem': ref 'refs/heads/main' -> none, blob '" + blob + "' -> none\n");
  CHECK(contains(outcome.errors,
                 "warning: skipped 'fixed.mlem': it follows no branch or tag\n"
                 "hint: 'git mlem link --no-pin' writes it anew\n"));
  CHECK(contains(outcome.errors, "warning: skipped 'gone.mlem': missing-rev: no branch, tag or commit 'refs/heads/gone'"));
  CHECK(contains(outcome.errors, "warning: skipped 'none.mlem': invalid-link: "));
  CHECK(contains(outcome.errors, "4 links: 1 unpinned, 3 skipped\n"));
  CHECK(world.mlem({"unpin", "fixed"}).code == 1);
  CHECK(world.mlem({"unpin", ":/fixed.mlem"}).code == 0);
}

TEST_CASE("unpin: a link that was pinned is what it was before") {
  World world;
  const std::vector<std::string> texts = {
      link_at("main"), link_at("5-deploy-meta"), "{object_type: link, link_type: model, path: models/rf.mlem, repo: " + example_url + "/, rev: main}\n",
      "# a\r\nrev: main # b\r\nrepo: " + example_url + "/\r\npath: models/rf\r\nobject_type: link\r\nlink_type: model\r\n"};
  for (const std::string& text : texts) {
    CAPTURE(text);
    world.registry.commit({{"a.mlem", text}});
    CHECK(world.mlem({"pin", "a"}).code == 0);
    CHECK_FALSE(world.registry.git({"status", "--porcelain"}).empty());
    CHECK(world.mlem({"unpin", "a"}).code == 0);
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
  }
}
