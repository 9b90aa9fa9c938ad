#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

std::string link_at(const std::string& rev) {
  return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
}

/// A world with two commits of a model, and a registry whose staging has the second and prod the first.
struct Environments : World {
  std::string first = model_commit;
  std::string second = models.commit({{"models/rf.mlem", model_meta() + "requirements: []\n"}});
  std::string first_blob = models.id(first + ":models/rf.mlem");
  std::string second_blob = models.id(second + ":models/rf.mlem");

  Environments() {
    models.tag("7-next");
    registry.commit({{"staging/rf.mlem", pinned(second, second_blob, "7-next")},
                     {"staging/more/deep.mlem", pinned(second, second_blob, "7-next")},
                     {"prod/rf.mlem", "# in production\n" + pinned(first, first_blob, "6-deploy-app")},
                     {"float.mlem", link_at("main")}});
    registry.branch("production");
  }

  static std::string pinned(const std::string& commit, const std::string& blob, const std::string& tag) {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob + "\n    ref: refs/tags/" +
           tag + "\npath: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + commit + "\n";
  }
  std::string tree(const std::string& rev) const { return registry.git({"ls-tree", "-r", "--name-only", rev}); }
};

}  // namespace

TEST_CASE("promote: a link that is there is re-pointed, and what else is in its file stays") {
  Environments world;
  const Outcome dry = world.mlem({"promote", "-n", "staging/rf", "--to", "prod"});
  CAPTURE(dry);
  const std::string change = "'staging/rf.mlem' to 'prod/rf.mlem': rev '" + world.first + "' -> '" + world.second +
                             "', ref 'refs/tags/6-deploy-app' -> 'refs/tags/7-next', blob '" + world.first_blob +
                             "' -> '" + world.second_blob + "'\n";
  CHECK(dry.output.starts_with("re-pointed  prod/rf.mlem: "));
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  const Outcome outcome = world.mlem({"promote", "staging/rf", "--to", "prod"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Promoted " + change);
  CHECK(world.mlem({"diff", "--", "prod/rf"}).output == dry.output);
  CHECK(outcome.errors == "1 link: 1 promoted\n");
  CHECK(world.staged("prod/rf.mlem") + "\n" ==
        "# in production\n" + Environments::pinned(world.second, world.second_blob, "7-next"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  prod/rf.mlem");
  CHECK(world.mlem({"check"}).code == 0);

  const Outcome again = world.mlem({"promote", "staging/rf", "--to", "prod"});
  CHECK(again.code == 0);
  CHECK(again.errors == "1 link: 1 kept\n");
}

TEST_CASE("promote: a link keeps its name and a directory what is below it") {
  Environments world;
  CHECK(world.mlem({"promote", "staging/more/deep", "--to", "live"}).code == 0);
  CHECK(world.mlem({"promote", "staging", "--to", "live/all"}).code == 0);
  CHECK(world.mlem({"promote", ":(glob)staging/**", "--to", "live/glob"}).code == 0);
  CHECK(world.registry.git({"diff", "--cached", "--name-only"}) ==
        "live/all/more/deep.mlem\nlive/all/rf.mlem\nlive/deep.mlem\nlive/glob/deep.mlem\nlive/glob/rf.mlem");
  CHECK(read_file(world.registry.path() / "live/deep.mlem") == world.staged("staging/rf.mlem") + "\n");
}

TEST_CASE("promote: what is not pinned is refused and '--pin' pins the copy") {
  Environments world;
  const Outcome refused = world.mlem({"promote", "staging/rf", "float", "--to", "prod"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors ==
        "error: cannot promote 'float.mlem': it is not pinned\n"
        "hint: '--pin' pins the copy, 'git mlem pin' the link itself\n"
        "nothing was changed\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  CHECK(world.mlem({"promote", "float", "--to", "prod", "--pin"}).code == 0);
  CHECK(world.staged("prod/float.mlem").find("rev: " + world.second) != std::string::npos);
  CHECK(world.staged("prod/float.mlem").find("ref: refs/heads/main") != std::string::npos);
  CHECK(world.staged("float.mlem").find("rev: main") != std::string::npos);
}

TEST_CASE("promote: of what a pathspec selects the rest is promoted") {
  Environments world;
  const Outcome outcome = world.mlem({"promote", ".", "--to", "all"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors ==
        "warning: skipped 'float.mlem': it is not pinned\n"
        "hint: '--pin' pins the copy, 'git mlem pin' the link itself\n"
        "4 links: 3 promoted, 1 skipped\n");
  // What is there already is not copied deeper and deeper.
  const Outcome again = world.mlem({"promote", "-q", ".", "--to", "all"});
  CHECK(again.code == 0);
  CHECK(world.registry.git({"diff", "--cached", "--name-only"}) ==
        "all/prod/rf.mlem\nall/staging/more/deep.mlem\nall/staging/rf.mlem");
}

TEST_CASE("promote: broken links and links that would take each other's place are refused") {
  Environments world;
  world.registry.commit({{"broken.mlem", Environments::pinned(world.first, world.second_blob, "6-deploy-app")}});
  const Outcome broken = world.mlem({"promote", "broken", "--to", "prod"});
  CAPTURE(broken);
  CHECK(broken.code == 1);
  CHECK(contains(broken.errors, "error: cannot promote 'broken.mlem': changed: "));

  const Outcome both = world.mlem({"promote", "staging/rf", "prod/rf", "--to", "live"});
  CHECK(both.code == 1);
  CHECK(both.errors ==
        "error: cannot promote 'prod/rf.mlem': cannot write 'live/rf.mlem': another link would get that name, too\n"
        "error: cannot promote 'staging/rf.mlem': cannot write 'live/rf.mlem': another link would get that name, too\n"
        "nothing was changed\n");
  const Outcome itself = world.mlem({"promote", "prod/rf", "--to", "prod"});
  CHECK(itself.code == 1);
  CHECK(itself.errors == "error: cannot promote 'prod/rf.mlem': it would be copied onto itself\nnothing was changed\n");
}

TEST_CASE("promote: a held link and a file that is not a link are replaced by force alone") {
  Environments world;
  REQUIRE(world.mlem({"hold", "-q", "-m", "fell in the test", "prod/rf"}).code == 0);
  REQUIRE(world.mlem({"hold", "-q", "-m", "theirs", "staging/more/deep"}).code == 0);
  write_file(world.registry.path() / "prod/deep.mlem", "object_type: model\n");
  const Outcome held = world.mlem({"promote", "staging/rf", "--to", "prod"});
  CAPTURE(held);
  CHECK(held.code == 1);
  CHECK(held.errors ==
        "error: cannot promote 'staging/rf.mlem': cannot re-point 'prod/rf.mlem': it is held: fell in the test\n"
        "hint: '-f' re-points it and lifts the hold\n"
        "nothing was changed\n");
  const Outcome other = world.mlem({"promote", "staging/more/deep", "--to", "prod"});
  CHECK(other.code == 1);
  CHECK(other.errors ==
        "error: cannot promote 'staging/more/deep.mlem': cannot write 'prod/deep.mlem': it exists and is not a link\n"
        "hint: '-f' replaces it\n"
        "nothing was changed\n");
  const Outcome forced = world.mlem({"promote", "-f", "staging/rf", "staging/more/deep", "--to", "prod"});
  CAPTURE(forced);
  CHECK(forced.code == 0);
  CHECK_FALSE(contains(world.staged("prod/rf.mlem"), "hold"));
  // A hold is about the place where it is.
  CHECK(world.staged("prod/deep.mlem") + "\n" == Environments::pinned(world.second, world.second_blob, "7-next"));
}

TEST_CASE("promote: onto a branch it is one commit that touches neither index nor work tree") {
  Environments world;
  const std::string tip = world.registry.id("production");
  const Outcome dry = world.mlem({"promote", "-n", "staging", "--to", "prod", "--onto", "production"});
  CHECK(world.registry.id("production") == tip);
  const Outcome outcome = world.mlem({"promote", "staging", "--to", "prod", "--onto", "production"});
  CHECK(world.mlem({"diff", tip, "production"}).output == dry.output);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const std::string id = world.registry.id("production");
  CHECK(outcome.output ==
        "Promoted 'staging/more/deep.mlem' to 'prod/more/deep.mlem'\n"
        "Promoted 'staging/rf.mlem' to 'prod/rf.mlem': rev '" +
            world.first + "' -> '" + world.second + "', ref 'refs/tags/6-deploy-app' -> 'refs/tags/7-next', blob '" +
            world.first_blob + "' -> '" + world.second_blob + "'\n[production " + id.substr(0, 7) +
            "] Promote 2 links\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  CHECK(world.registry.git({"log", "--format=%P %B", "-1", "production"}) ==
        tip + " Promote 2 links\n\nprod/more/deep.mlem: " + world.second.substr(0, 12) + " (7-next)\nprod/rf.mlem: " +
            world.first.substr(0, 12) + " -> " + world.second.substr(0, 12) + " (7-next)\n");
  CHECK(world.tree("production") ==
        "float.mlem\nprod/more/deep.mlem\nprod/rf.mlem\nstaging/more/deep.mlem\nstaging/rf.mlem");
  CHECK(world.registry.git({"show", "production:prod/rf.mlem"}) + "\n" ==
        "# in production\n" + Environments::pinned(world.second, world.second_blob, "7-next"));

  const Outcome again = world.mlem({"promote", "staging", "--to", "prod", "--onto", "production"});
  CHECK(again.code == 0);
  CHECK(again.errors == "2 links: 2 kept\n");
  CHECK(world.registry.id("production") == id);
}

TEST_CASE("promote: onto a branch without a directory the paths are the same") {
  Environments world;
  world.registry.commit({{"prod/rf.mlem", Environments::pinned(world.second, world.second_blob, "7-next")}});
  const Outcome outcome =
      world.mlem({"promote", "prod/rf", "--onto", "refs/heads/production", "-m", "Ship it\n\nNow."});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.registry.git({"log", "--format=%B", "-1", "production"}) == "Ship it\n\nNow.\n");
  CHECK(contains(world.registry.git({"show", "production:prod/rf.mlem"}), "rev: " + world.second));
}

TEST_CASE("promote: onto a branch no more objects are written than the trees on the way and two") {
  Environments world;
  const auto count = [&] { return std::stoul(world.registry.git({"count-objects"})); };
  const std::size_t before = count();
  REQUIRE(world.mlem({"promote", "staging/rf", "--to", "prod/eu/west", "--onto", "production"}).code == 0);
  // prod/eu/west, prod/eu, prod and the root; a commit; the blob is that of staging/rf.mlem.
  CHECK(count() - before == 5);
}

TEST_CASE("promote: in a bare repository links are read from HEAD") {
  Environments world;
  const fs::path bare = world.registry.bare_clone(world.sandbox / "bare.git");
  RunOptions options;
  options.directory = bare;
  const Outcome outcome =
      world.sandbox.mlem({"promote", "staging/rf", "--to", "prod", "--onto", "production"}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(world.sandbox.git({"show", "production:prod/rf.mlem"}, options).output, "rev: " + world.second));
  const Outcome head = world.sandbox.mlem({"promote", "staging/rf", "--to", "prod", "--onto", "main"}, options);
  CHECK(head.code == 0);
  const Outcome index = world.sandbox.mlem({"promote", "staging/rf", "--to", "prod"}, options);
  CHECK(index.code == 128);
  CHECK(index.errors == "fatal: this operation must be run in a work tree\n");
}

TEST_CASE("promote: a branch has to be there and not to be checked out") {
  Environments world;
  const Outcome absent = world.mlem({"promote", "staging/rf", "--onto", "absent"});
  CHECK(absent.code == 128);
  CHECK(absent.errors == "fatal: there is not a branch 'absent'\nhint: 'git branch' lists the branches\n");
  const Outcome here = world.mlem({"promote", "staging/rf", "--onto", "main"});
  CHECK(here.code == 128);
  CHECK(here.errors == "fatal: cannot commit onto 'main': it is checked out in '" + world.registry.path().string() +
                           "'\nhint: without '--onto' the links are staged there\n");
}

TEST_CASE("promote: a branch that somebody else moves meanwhile stays as they left it") {
  Environments world;
  const std::string theirs = world.registry.commit({{"theirs", "1"}});
  // git commit-tree signs by this program, and meanwhile the branch moves.
  const fs::path signer = world.sandbox / "signer";
  write_file(signer, "#!/bin/sh\ngit update-ref refs/heads/production " + theirs +
                         "\necho '[GNUPG:] SIG_CREATED ' >&2\necho '-----BEGIN PGP SIGNATURE-----'\n"
                         "echo '-----END PGP SIGNATURE-----'\n");
  fs::permissions(signer, fs::owner_all);
  world.registry.git({"config", "gpg.program", signer.string()});
  world.registry.git({"config", "user.signingKey", "key"});
  world.registry.git({"config", "commit.gpgSign", "true"});
  const Outcome outcome = world.mlem({"promote", "staging/rf", "--to", "prod", "--onto", "production"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors ==
        "fatal: cannot commit onto 'production': somebody else has moved it meanwhile\n"
        "hint: the same command takes what is there now into account\n");
  CHECK(world.registry.id("production") == theirs);
}

TEST_CASE("promote: files that a branch converts are refused there") {
  Environments world;
  world.registry.checkout("production");
  world.registry.commit({{".gitattributes", "prod/*.mlem filter=secret\n"}});
  world.registry.checkout("main");
  const Outcome outcome = world.mlem({"promote", "staging/rf", "--to", "prod", "--onto", "production"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.errors, "error: cannot promote 'staging/rf.mlem': cannot write 'prod/rf.mlem': "));
}

TEST_CASE("promote: rows for scripts tell what the target was and is") {
  Environments world;
  const Outcome outcome = world.mlem({"promote", "--json", "-n", "staging/rf", "--to", "prod"});
  const auto row = nlohmann::json::parse(outcome.output);
  CHECK(row["link"] == "prod/rf.mlem");
  CHECK(row["action"] == "promoted");
  CHECK(row["verdict"] == "ok");
  CHECK(row["from"]["commit"] == world.first);
  CHECK(row["to"]["commit"] == world.second);
  CHECK(row["to"]["ref"] == "refs/tags/7-next");
  const Outcome added = world.mlem({"promote", "--json", "-n", "staging/rf", "--to", "live"});
  CHECK_FALSE(nlohmann::json::parse(added.output).contains("from"));
  const Outcome porcelain = world.mlem({"promote", "--porcelain", "-n", "staging/rf", "--to", "prod"});
  CHECK(porcelain.output == "promoted\tprod/rf.mlem\tmodel\t" + world.second + "\t" + world.second_blob +
                                "\tmodels/rf.mlem\t" + example_url + "/\t" + world.second + "\n");
}

TEST_CASE("promote: it says what is needed") {
  Environments world;
  CHECK(contains(world.mlem({"promote", "staging/rf"}).errors, "'--to', '--onto' or both are needed"));
  CHECK(contains(world.mlem({"promote", "--to", "prod"}).errors, "a link is needed; '.' is all of them"));
  CHECK(contains(world.mlem({"promote", "-m", "x", "--to", "prod", "staging/rf"}).errors,
                 "'--message' goes with '--onto': there is not a commit"));
  const Outcome outside = world.mlem({"promote", "staging/rf", "--to", ".."});
  CHECK(outside.code == 128);
  CHECK(contains(outside.errors, "is outside the work tree"));
  const Outcome git_dir = world.mlem({"promote", "staging/rf", "--to", ".git/x"});
  CHECK(git_dir.code == 128);
}

TEST_CASE("promote: a copy that is in the work tree alone is staged") {
  Environments world;
  REQUIRE(world.mlem({"promote", "-q", "staging/rf", "--to", "live"}).code == 0);
  world.registry.git({"reset", "-q"});
  CHECK(world.mlem({"promote", "staging/rf", "--to", "live"}).errors == "1 link: 1 promoted\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  live/rf.mlem");
}
