#include "support/git_daemon.hpp"
#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace mlem::test;

namespace {

/// A source with a line of commits and one beside it, and a registry whose link is merged.
struct Merges : World {
  std::string first;  ///< the line begins with this one
  std::string second;
  std::string third;
  std::string aside;  ///< made from `first` too

  Merges() {
    first = models.commit({{"models/rf.mlem", model_meta({"rf", "one"})}});
    models.branch("side");
    second = models.commit({{"models/rf.mlem", model_meta({"rf", "two"})}});
    third = models.commit({{"models/rf.mlem", model_meta({"rf", "three"})}});
    models.checkout("side");
    aside = models.commit({{"models/rf.mlem", model_meta({"rf", "aside"})}});
    models.checkout("main");
  }

  /// Returns a link that is pinned to a commit.
  std::string pin(const std::string& commit, const std::string& more = {}, const std::string& ref = "refs/heads/main",
                  const std::string& repo = example_url + "/") const {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " +
           models.id(commit + ":models/rf.mlem") + "\n" + more + "    ref: " + ref +
           "\npath: models/rf.mlem\nrepo: " + repo + "\nrev: " + commit + "\n";
  }

  /// Runs the command on three files, of which the second has the result.
  Outcome merge(const std::string& base, const std::string& ours, const std::string& theirs,
                std::vector<std::string> options = {}) const {
    write_file(registry.path() / "base", base);
    write_file(registry.path() / "ours", ours);
    write_file(registry.path() / "theirs", theirs);
    options.insert(options.begin(), "merge-file");
    options.insert(options.end(), {"base", "ours", "theirs", "prod/a.mlem"});
    return mlem(options);
  }
  std::string merged() const { return read_file(registry.path() / "ours"); }

  /// Begins a registry whose link is `base`, which is `theirs` on the branch of that name and `ours` on main, where the
  /// driver is set up.
  void diverge(const std::string& base, const std::string& ours, const std::string& theirs) {
    registry.commit({{"prod/a.mlem", base}}, "base");
    REQUIRE(mlem({"install", "--drivers"}).code == 0);
    git({"checkout", "-q", "-b", "theirs"});
    registry.commit({{"prod/a.mlem", theirs}}, "theirs");
    git({"checkout", "-q", "main"});
    registry.commit({{"prod/a.mlem", ours}}, "ours");
  }
  std::string link() const { return read_file(registry.path() / "prod/a.mlem"); }
};

std::string short_id(const std::string& commit) { return commit.substr(0, 10); }

const std::string hold = "    hold: fell in the scoring test\n";

std::string plain_link(const std::string& rev, const std::string& path = "models/rf.mlem") {
  return link_text({.path = path, .repo = example_url + "/", .rev = rev});
}

}  // namespace

TEST_CASE("merge-file: what one side alone changed is taken") {
  const Merges world;
  const std::string base = world.pin(world.second);
  const std::string moved = world.pin(world.third);
  const std::string back = world.pin(world.first);
  struct Row {
    std::string name;
    std::string base;
    std::string ours;
    std::string theirs;
    std::string merged;
  };
  const std::string comment = "# approved by Ada\n";
  const Row rows[] = {
      {"nothing", base, base, base, base},
      {"ours alone", base, moved, base, moved},
      {"theirs alone", base, base, moved, moved},
      {"a step back by one side alone", base, base, back, back},
      {"both alike", base, moved, moved, moved},
      {"a comment and a pin", base, comment + base, moved, comment + moved},
      {"a pin and a comment", base, moved, comment + base, comment + moved},
      {"a hold and a comment", base, world.pin(world.second, hold), comment + base,
       comment + world.pin(world.second, hold)},
      {"a hold alone, on what is pinned alike", base, world.pin(world.third, hold), moved,
       world.pin(world.third, hold)},
      {"a held link that one side moves", world.pin(world.second, hold), world.pin(world.third, hold),
       world.pin(world.second, hold), world.pin(world.third, hold)},
      {"foreign params and a pin", base, world.pin(world.second, {}, "refs/heads/main\n  owner: team-a"), moved,
       world.pin(world.third, {}, "refs/heads/main\n  owner: team-a")},
      {"another way to write the repository and a pin", base,
       world.pin(world.second, {}, "refs/heads/main", example_url), moved,
       world.pin(world.third, {}, "refs/heads/main", example_url)},
      {"another dialect and a rev", plain_link("main"),
       link_text({.path = "models/rf.mlem", .project = example_url + "/", .rev = "main"}), plain_link("side"),
       link_text({.path = "models/rf.mlem", .project = example_url + "/", .rev = "side"})},
      {"the last line break and a pin", base, base.substr(0, base.size() - 1), moved,
       moved.substr(0, moved.size() - 1)},
      {"the same link added twice, once with a hold", "", base, world.pin(world.second), base},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Outcome outcome = world.merge(row.base, row.ours, row.theirs);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output + outcome.errors == "");
    CHECK(world.merged() == row.merged);
  }
}

TEST_CASE("merge-file: of two pins that moved forward the one that contains the other is taken") {
  const Merges world;
  const std::string base = world.pin(world.first);
  const std::string comment = "# approved by Ada\n";
  const Outcome theirs = world.merge(base, comment + world.pin(world.second), world.pin(world.third));
  CAPTURE(theirs);
  CHECK(theirs.code == 0);
  CHECK(theirs.output == "");
  CHECK(theirs.errors == "Merging prod/a.mlem: takes " + short_id(world.third) + " of theirs, which contains " +
                             short_id(world.second) + " of ours\n");
  CHECK(world.merged() == comment + world.pin(world.third));

  const Outcome ours = world.merge(base, world.pin(world.third), comment + world.pin(world.second), {"-q"});
  CHECK(ours.code == 0);
  CHECK(ours.errors == "");
  CHECK(world.merged() == comment + world.pin(world.third));

  // The ref goes with its pin.
  CHECK(world.merge(base, world.pin(world.second), world.pin(world.third, {}, "refs/tags/v3")).code == 0);
  CHECK(world.merged() == world.pin(world.third, {}, "refs/tags/v3"));
  CHECK(
      world.merge(base, world.pin(world.second, {}, "refs/tags/v2"), world.pin(world.third, {}, "refs/tags/v3")).code ==
      0);
  CHECK(world.merged() == world.pin(world.third, {}, "refs/tags/v3"));

  // Line ends and a byte order mark are those that were there.
  std::string crlf = "\xef\xbb\xbf" + base;
  for (std::size_t at = crlf.find('\n'); at != std::string::npos; at = crlf.find('\n', at + 2)) crlf.insert(at, "\r");
  std::string moved = crlf;
  const auto replace = [&](const std::string& from, const std::string& to) {
    moved.replace(moved.find(from), from.size(), to);
  };
  replace(world.first, world.third);
  replace(world.models.id(world.first + ":models/rf.mlem"), world.models.id(world.third + ":models/rf.mlem"));
  CHECK(world.merge(base, crlf, world.pin(world.third)).code == 0);
  CHECK(world.merged() == moved);
}

TEST_CASE("merge-file: every other difference is a conflict that explains both sides") {
  const Merges world;
  const std::string base = world.pin(world.second);
  struct Row {
    std::string base;
    std::string ours;
    std::string theirs;
    std::string why;
    std::string we;
    std::string they;
  };
  const std::string from = "re-pointed it from " + short_id(world.second) + " to ";
  const std::string to_third = from + short_id(world.third);
  const std::string moved = world.pin(world.third);
  const std::string first = world.pin(world.first);
  const Row rows[] = {
      {first, world.pin(world.second), world.pin(world.aside),
       "both sides moved the pin, and neither commit contains the other",
       "re-pointed it from " + short_id(world.first) + " to " + short_id(world.second),
       "re-pointed it from " + short_id(world.first) + " to " + short_id(world.aside)},
      {base, moved, first, "both sides moved the pin, and one of them not forward", to_third,
       from + short_id(world.first)},
      {base, moved, world.pin(world.second, hold), "one side changed the hold, and the other one re-pointed it",
       to_third, "held it: fell in the scoring test"},
      {base, world.pin(world.second, hold + "    until: '2027-01-31'\n"), moved,
       "one side changed the hold, and the other one re-pointed it",
       "held it until 2027-01-31: fell in the scoring test", to_third},
      {world.pin(world.second, hold), base, world.pin(world.third, hold),
       "one side changed the hold, and the other one re-pointed it", "lifted the hold", to_third},
      {base, world.pin(world.second, hold), world.pin(world.second, "    hold: no\n"), "both sides changed the hold",
       "held it: fell in the scoring test", "held it: no"},
      {base, moved, world.pin(world.second, {}, "refs/tags/v2"), "both sides re-pointed it", to_third,
       "follows 'refs/tags/v2'"},
      {first, world.pin(world.third), world.pin(world.second, {}, "refs/tags/v2"),
       "both sides moved the pin, and the one that is behind follows another ref now",
       "re-pointed it from " + short_id(world.first) + " to " + short_id(world.third),
       "re-pointed it from " + short_id(world.first) + " to " + short_id(world.second) + ", follows 'refs/tags/v2'"},
      {plain_link("main"), plain_link("4-pack"), plain_link("side"), "both sides re-pointed it",
       "re-pointed it from rev 'main' to rev '4-pack'", "re-pointed it from rev 'main' to rev 'side'"},
      {plain_link("main"), plain_link("main", "models/lr.mlem"), plain_link("side"), "both sides re-pointed it",
       "re-pointed it to 'models/lr.mlem' in '" + example_url + "/' at rev 'main'",
       "re-pointed it from rev 'main' to rev 'side'"},
      {"", plain_link("main"), moved, "both sides added it",
       "added it for 'models/rf.mlem' in '" + example_url + "/' at rev 'main'",
       "added it for 'models/rf.mlem' in '" + example_url + "/' at " + short_id(world.third)},
      {base, "# ours\n" + base, "# theirs\n" + base, "both sides changed the same lines", "changed other lines",
       "changed other lines"},
      {base, "# ours\n" + base, "# theirs\n" + moved, "both sides changed the same lines", "changed other lines",
       to_third},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const Outcome outcome = world.merge(row.base, row.ours, row.theirs);
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.output == "");
    CHECK(outcome.errors == "error: cannot merge 'prod/a.mlem': " + row.why + "\nhint: ours " + row.we +
                                "\nhint: theirs " + row.they + "\n");
    const std::string text = world.merged();
    CAPTURE(text);
    CHECK(contains(text, "<<<<<<< ours (" + row.we + ")\n"));
    CHECK(contains(text, "\n=======\n"));
    CHECK(contains(text, ">>>>>>> theirs (" + row.they + ")\n"));
    world.registry.write("prod/a.mlem", text);
    const Outcome check = world.mlem({"check", "--worktree", "prod/a.mlem"});
    CAPTURE(check);
    CHECK(contains(check.output, "invalid-link"));
  }
}

TEST_CASE("merge-file: all lines that differ are within the markers") {
  const Merges world;
  const Outcome outcome =
      world.merge(plain_link("main"), plain_link("4-pack", "models/lr.mlem"), plain_link("side"), {"--marker-size=9"});
  CHECK(outcome.code == 1);
  CHECK(world.merged() ==
        "link_type: model\nobject_type: link\n"
        "<<<<<<<<< ours (re-pointed it to 'models/lr.mlem' in '" +
            example_url +
            "/' at rev '4-pack')\n"
            "path: models/lr.mlem\nrepo: " +
            example_url +
            "/\nrev: 4-pack\n"
            "=========\n"
            "path: models/rf.mlem\nrepo: " +
            example_url +
            "/\nrev: side\n"
            ">>>>>>>>> theirs (re-pointed it from rev 'main' to rev 'side')\n");
}

TEST_CASE("merge-file: with a dry run nothing is written") {
  const Merges world;
  const Outcome outcome = world.merge(world.pin(world.first), world.pin(world.second), world.pin(world.third), {"-n"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == world.pin(world.third));
  CHECK(world.merged() == world.pin(world.second));
}

TEST_CASE("merge-file: which commit contains the other is never asked over the network") {
  Merges world;
  const auto served = world.sandbox / "served";
  create_directory(served);
  world.models.bare_clone(served / "models.git");
  const GitDaemon daemon(world.sandbox, served);
  const std::string url = daemon.url("models.git") + "/";
  const std::string base = world.pin(world.first, {}, "refs/heads/main", url);
  const std::string ours = world.pin(world.second, {}, "refs/heads/main", url);
  const std::string theirs = world.pin(world.third, {}, "refs/heads/main", url);
  const Outcome unknown = world.merge(base, ours, theirs);
  CAPTURE(unknown);
  CHECK(unknown.code == 1);
  CHECK(unknown.errors ==
        "error: cannot merge 'prod/a.mlem': both sides moved the pin, and which commit contains the other cannot be "
        "told: cannot read '" +
            url +
            "': its history is not in the cache; 'git mlem check --reachable' fetches it\n"
            "hint: ours re-pointed it from " +
            short_id(world.first) + " to " + short_id(world.second) +
            "\n"
            "hint: theirs re-pointed it from " +
            short_id(world.first) + " to " + short_id(world.third) + "\n");

  // Once it is there, it is enough, though the server is gone.
  world.registry.commit({{"prod/a.mlem", base}});
  SUBCASE("left there by check") { CHECK(world.mlem({"check", "--reachable"}).code == 0); }
  SUBCASE("left there by status") { CHECK(world.mlem({"status"}).code == 0); }
  rename(served / "models.git", served / "gone.git");
  const Outcome known = world.merge(base, ours, theirs);
  CAPTURE(known);
  CHECK(known.code == 0);
  CHECK(world.merged() == theirs);

  const std::string unseen = "cannot be told: commit '" + std::string(40, 'a') + "' is not in the history at hand\n";
  std::string nowhere = theirs;
  nowhere.replace(nowhere.find(world.third), 40, std::string(40, 'a'));
  CHECK(contains(world.merge(base, ours, nowhere).errors, unseen));
}

TEST_CASE("merge-file: pins to the registry itself are compared by its own history") {
  Merges world;
  world.registry.commit({{"rf.mlem", model_meta({"rf", "one"})}});
  std::vector<std::string> links;
  for (const std::string bytes : {"two", "three", "four"}) {
    const std::string commit = world.registry.commit({{"rf.mlem", model_meta({"rf", bytes})}});
    links.push_back("link_type: model\nobject_type: link\npath: rf.mlem\nrev: " + commit + "\n");
  }
  CHECK(world.merge(links[0], links[2], links[1], {"-q"}).code == 0);
  CHECK(world.merged() == links[2]);
  CHECK(world.merge(links[1], links[2], links[0], {"-q"}).code == 1);
}

TEST_CASE("merge-file: what is not a link is merged by lines as git does") {
  const Merges world;
  const std::string object = model_meta({"rf", "one"});
  std::string edited = object;
  edited.replace(edited.find("sklearn"), 7, "xgboost");
  struct Row {
    std::string name;
    std::string base;
    std::string ours;
    std::string theirs;
    std::string why = "both sides changed the same lines";
  };
  const Row rows[] = {
      {"objects", object, "# ours\n" + object, edited},
      {"objects in conflict", object, "# ours\n" + object, "# theirs\n" + object},
      {"a link that became an object", plain_link("main"), object, plain_link("side"),
       "theirs is a valid link and ours is not"},
      {"an object that became a link", object, plain_link("main"), "# theirs\n" + object,
       "ours is a valid link and theirs is not"},
      {"a broken base", "<<<<<<<\n", plain_link("main"), plain_link("side")},
      {"broken text", "a: b\nc\nd\ne: 'f\n", "x\na: b\nc\nd\ne: 'f\n", "a: b\nc\nd\ne: 'f\ny\n"},
      {"no text at all", "", "a\n", "b\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Outcome outcome = world.merge(row.base, row.ours, row.theirs);
    CAPTURE(outcome);
    const std::string merged = world.merged();
    write_file(world.registry.path() / "ours", row.ours);
    const Outcome git =
        world.git({"merge-file", "-p", "-q", "-L", "ours", "-L", "base", "-L", "theirs", "ours", "base", "theirs"});
    CHECK(merged == git.output);
    CHECK((outcome.code == 0) == (git.code == 0));
    CHECK(outcome.code <= 1);
    CHECK(outcome.errors == (git.code == 0 ? "" : "error: cannot merge 'prod/a.mlem': " + row.why + "\n"));
  }

  const std::string binary("a\0b\n", 4);
  const Outcome outcome = world.merge(binary, binary + "c\n", "x" + binary);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == "error: cannot merge 'prod/a.mlem': it is a binary file\n");
  CHECK(world.merged() == binary + "c\n");
}

TEST_CASE("merge-file: lines that merge into what is not a metafile are a conflict") {
  const Merges world;
  const std::string base = "a: &x 1\nb: 2\nc: 3\nd: 4\nobject_type: builder\n";
  const std::string ours = "a: 1\nb: 2\nc: 3\nd: 4\nobject_type: builder\n";
  const std::string theirs = "a: &x 1\nb: 2\nc: 3\nd: *x\nobject_type: builder\n";
  const Outcome outcome = world.merge(base, ours, theirs);
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors ==
        "error: cannot merge 'prod/a.mlem': with the changes of both sides it would not be a metafile\n");
  CHECK(world.merged() ==
        "<<<<<<< ours\na: 1\nb: 2\nc: 3\nd: 4\n=======\na: &x 1\nb: 2\nc: 3\nd: *x\n>>>>>>> theirs\n"
        "object_type: builder\n");
}

TEST_CASE("merge-file: wrong use is told") {
  const Merges world;
  CHECK(world.mlem({"merge-file", "a", "b"}).code == 129);
  CHECK(world.mlem({"merge-file", "a", "b", "c", "d", "e"}).code == 129);
  for (const std::string size : {"0", "x", "", "1001", "7 "}) {
    CAPTURE(size);
    const Outcome outcome = world.merge("a\n", "a\n", "b\n", {"--marker-size", size});
    CHECK(outcome.code == 129);
    CHECK(contains(outcome.errors, "error: '--marker-size' takes a number from 1 to 1000\n"));
  }
  const Outcome missing = world.mlem({"merge-file", "nowhere", "b", "c"});
  CHECK(missing.code == 128);
  CHECK(missing.errors == "fatal: cannot read 'nowhere': no such file\n");
}

TEST_CASE("merge-file: git merge takes the newer pin") {
  Merges world;
  world.diverge(world.pin(world.first), world.pin(world.second), world.pin(world.third));
  const Outcome outcome = world.git({"merge", "-m", "merge", "theirs"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.errors, "Merging prod/a.mlem: takes " + short_id(world.third)));
  CHECK(world.link() == world.pin(world.third));
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  CHECK(world.mlem({"check"}).code == 0);
}

TEST_CASE("merge-file: git merge leaves a conflict that commits are refused with") {
  Merges world;
  world.diverge(world.pin(world.first), world.pin(world.second, hold), world.pin(world.third));
  const Outcome outcome = world.git({"merge", "-m", "merge", "theirs"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.output, "CONFLICT (content): Merge conflict in prod/a.mlem\n"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "UU prod/a.mlem");
  CHECK(contains(world.link(), "<<<<<<< ours ("));
  CHECK(world.git({"commit", "-a", "-m", "all of it"}).code == 1);
  // The conflict is solved as any other.
  world.registry.write("prod/a.mlem", world.pin(world.third));
  world.git({"add", "prod/a.mlem"});
  CHECK(world.git({"commit", "-m", "merge"}).code == 0);
}

TEST_CASE("merge-file: git rebase and cherry-pick merge links too") {
  SUBCASE("rebase") {
    Merges world;
    world.diverge(world.pin(world.first), "# ours\n" + world.pin(world.third), world.pin(world.second));
    const Outcome outcome = world.git({"rebase", "theirs"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.link() == "# ours\n" + world.pin(world.third));
    CHECK(world.registry.git({"log", "--format=%s"}) == "ours\ntheirs\nbase");
  }
  SUBCASE("a rebase in conflict") {
    Merges world;
    world.diverge(world.pin(world.first), world.pin(world.aside), world.pin(world.second));
    const Outcome outcome = world.git({"rebase", "theirs"});
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.errors,
                   "error: cannot merge 'prod/a.mlem': both sides moved the pin, and neither commit "
                   "contains the other\n"));
    CHECK(world.git({"rebase", "--abort"}).code == 0);
    CHECK(world.link() == world.pin(world.aside));
  }
  SUBCASE("cherry-pick") {
    Merges world;
    world.diverge(world.pin(world.first), "# ours\n" + world.pin(world.second), world.pin(world.third));
    const Outcome outcome = world.git({"cherry-pick", "theirs"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.link() == "# ours\n" + world.pin(world.third));
  }
  SUBCASE("both have added the file") {
    Merges world;
    world.registry.commit({{"readme", "x"}});
    REQUIRE(world.mlem({"install", "--drivers"}).code == 0);
    world.git({"checkout", "-q", "-b", "theirs"});
    world.registry.commit({{"prod/a.mlem", world.pin(world.third)}});
    world.git({"checkout", "-q", "main"});
    world.registry.commit({{"prod/a.mlem", world.pin(world.second)}});
    const Outcome outcome = world.git({"merge", "theirs"});
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.errors, "error: cannot merge 'prod/a.mlem': both sides added it\n"));
  }
}

TEST_CASE("merge-file: a name with blanks and quotes is told as it is") {
  Merges world;
  const std::string name = "-prod's/a b.mlem";
  world.registry.commit({{name, world.pin(world.first)}}, "base");
  REQUIRE(world.mlem({"install", "--drivers"}).code == 0);
  world.git({"checkout", "-q", "-b", "theirs"});
  world.registry.commit({{name, world.pin(world.second)}});
  world.git({"checkout", "-q", "main"});
  world.registry.commit({{name, world.pin(world.aside)}});
  const Outcome outcome = world.git({"merge", "theirs"});
  CAPTURE(outcome);
  CHECK(contains(outcome.errors, "error: cannot merge '" + name + "': both sides moved the pin"));
}

TEST_CASE("install: drivers are set up once and taken back") {
  World world;
  world.registry.commit({{"a.mlem", plain_link("main")}});
  const auto attributes = world.registry.path() / ".git/info/attributes";
  const std::string own = "*.bin binary";
  const std::string ours = "# by 'git mlem install --drivers'\n*.mlem merge=mlem diff=mlem\n";
  const auto config = [&] { return world.git({"config", "--local", "--get-regexp", "^(merge|diff)\\."}).output; };
  const std::string place = (world.registry.path() / ".git").string();
  const std::string hooks = "Installed hooks in '" + place + "/hooks'\n";
  write_file(attributes, own);

  const Outcome plain = world.mlem({"install"});
  CHECK(plain.output == hooks);
  CHECK(config() == "");
  CHECK(read_file(attributes) == own);

  const Outcome first = world.mlem({"install", "--drivers"});
  CAPTURE(first);
  CHECK(first.code == 0);
  CHECK(first.output == "Set up the drivers of links in '" + place + "/info/attributes'\n" + hooks);
  CHECK(config() ==
        "merge.mlem.name links of git-mlem\n"
        "merge.mlem.driver git mlem merge-file --marker-size=%L -- %O %A %B %P\n"
        "diff.mlem.command git mlem diff\n");
  CHECK(read_file(attributes) == own + "\n" + ours);

  const Outcome again = world.mlem({"install", "--drivers"});
  CHECK(again.output == "The drivers of links are set up in '" + place + "/info/attributes'\n" + hooks);
  CHECK(read_file(attributes) == own + "\n" + ours);
  CHECK(world.mlem({"install", "--drivers", "-q"}).output == "");

  write_file(attributes, own + "\n" + ours + "*.txt text\n");
  const Outcome removed = world.mlem({"uninstall"});
  CAPTURE(removed);
  CHECK(removed.output == "Removed hooks from '" + place + "/hooks'\nRemoved the drivers of links from '" + place +
                              "/info/attributes'\n");
  CHECK(config() == "");
  CHECK(read_file(attributes) == own + "\n*.txt text\n");
  CHECK(world.mlem({"uninstall"}).output == "No hooks of git-mlem in '" + place + "/hooks'\n");
}

TEST_CASE("install: with its drivers git shows what links name") {
  World world;
  world.registry.commit({{"a.mlem", plain_link("main")}, {"other", "1\n"}});
  REQUIRE(world.mlem({"install", "--drivers", "-q"}).code == 0);
  world.registry.write("a.mlem", plain_link("4-pack"));
  world.registry.write("other", "2\n");
  const Outcome outcome = world.git({"diff"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.output, "link a.mlem\nre-pointed  a.mlem: "));
  CHECK(contains(outcome.output, " from main to 4-pack\n"));
  CHECK(contains(outcome.output, "\n-1\n+2\n"));
  world.registry.git({"commit", "-q", "--no-verify", "-a", "-m", "move"});
  CHECK(contains(world.git({"log", "-p", "--ext-diff", "-1"}).output, "re-pointed  a.mlem: "));
  CHECK(contains(world.git({"log", "-p", "-1"}).output, "\n-rev: main\n+rev: 4-pack\n"));
  REQUIRE(world.mlem({"uninstall", "-q"}).code == 0);
  CHECK_FALSE(contains(world.git({"show", "--ext-diff"}).output, "re-pointed"));
}

TEST_CASE("install: drivers of others stay") {
  World world;
  world.registry.commit({{"a.mlem", plain_link("main")}});
  world.git({"config", "merge.mlem.driver", "mine %A"});
  const auto attributes = world.registry.path() / ".git/info/attributes";
  const Outcome refused = world.mlem({"install", "--drivers"});
  CAPTURE(refused);
  CHECK(refused.code == 128);
  CHECK(refused.errors == "fatal: cannot set 'merge.mlem.driver': it is 'mine %A' here\nhint: '-f' replaces it\n");
  CHECK_FALSE(exists(attributes));
  CHECK(world.mlem({"uninstall", "-q"}).code == 0);
  CHECK(world.git({"config", "merge.mlem.driver"}).output == "mine %A\n");

  CHECK(world.mlem({"install", "--drivers", "-f"}).code == 0);
  CHECK(world.git({"config", "merge.mlem.driver"}).output == "git mlem merge-file --marker-size=%L -- %O %A %B %P\n");
  CHECK(world.mlem({"uninstall"}).code == 0);
  CHECK_FALSE(exists(attributes));

  create_symlink(world.sandbox / "elsewhere", attributes);
  const Outcome linked = world.mlem({"install", "--drivers"});
  CHECK(linked.code == 128);
  CHECK(linked.errors == "fatal: cannot change '" + attributes.string() + "': it is not a regular file\n");
  CHECK_FALSE(exists(world.sandbox / "elsewhere"));
}

TEST_CASE("install: drivers of a linked work tree are those of its repository") {
  World world;
  world.registry.commit({{"a.mlem", plain_link("main")}});
  const auto tree = world.registry.add_worktree("linked");
  RunOptions there;
  there.directory = tree;
  CHECK(world.sandbox.mlem({"install", "--drivers"}, there).code == 0);
  CHECK(contains(read_file(world.registry.path() / ".git/info/attributes"), "*.mlem merge=mlem diff=mlem\n"));
  CHECK(world.sandbox.git({"check-attr", "merge", "x.mlem"}, there).output == "x.mlem: merge: mlem\n");

  const Outcome bare = world.sandbox.mlem({"install", "--server", "--drivers"}, there);
  CHECK(bare.code == 129);
}
