#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <nlohmann/json.hpp>

#include <ctime>

using namespace mlem::test;

namespace {

std::string link_at(const std::string& rev, const std::string& own = {}) {
  return "link_type: model\nobject_type: link\n" + (own.empty() ? "" : "params:\n  git-mlem:\n" + own) +
         "path: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + rev + "\n";
}

std::string staged_text(const World& world, const std::string& name) { return world.staged(name) + "\n"; }

/// The date in UTC, some days from now.
std::string date_in(int days) {
  const std::time_t time = std::time(nullptr) + std::time_t{days} * 24 * 60 * 60;
  char text[] = "2000-01-01";
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&time));
  return text;
}

}  // namespace

TEST_CASE("hold: a link is held for a reason and released") {
  World world;
  world.registry.commit({{"prod/a.mlem", "# mine\n" + link_at("main")}});
  const Outcome dry = world.mlem({"hold", "-n", "-m", "it fell", "prod/a"});
  CAPTURE(dry);
  CHECK(dry.output == "edited      prod/a.mlem: hold none -> 'it fell'\n");
  CHECK(dry.errors == "1 link: 1 would be held\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  const Outcome outcome = world.mlem({"hold", "-m", "it fell", "--until", "2999-12-31", "prod/a"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Held 'prod/a.mlem': hold none -> 'it fell', until none -> '2999-12-31'\n");
  CHECK(outcome.errors == "1 link: 1 held\n");
  CHECK(staged_text(world, "prod/a.mlem") ==
        "# mine\n" + link_at("main", "    hold: it fell\n    until: '2999-12-31'\n"));
  CHECK(world.mlem({"check", "--strict"}).code == 0);
  CHECK(world.mlem({"hold", "-m", "it fell", "--until", "2999-12-31"}).errors == "1 link: 1 kept\n");

  // Another hold takes the place of the first, with its end.
  const Outcome row = world.mlem({"hold", "--json", "-m", "'quoted: #", "prod"});
  CAPTURE(row);
  CHECK(row.code == 0);
  CHECK(row.output == R"({"schema":1,"link":"prod/a.mlem","link_type":"model","repo":")" + example_url +
                          R"(/","rev":"main","path":"models/rf.mlem","at":"index","action":"held","hold":"'quoted: #"})" +
                          "\n");
  CHECK(staged_text(world, "prod/a.mlem") == "# mine\n" + link_at("main", "    hold: '''quoted: #'\n"));

  const Outcome released = world.mlem({"unhold", "prod/a"});
  CAPTURE(released);
  CHECK(released.code == 0);
  CHECK(released.output == "Released 'prod/a.mlem': hold ''quoted: #' -> none\n");
  CHECK(released.errors == "1 link: 1 released\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  CHECK(world.mlem({"unhold", "prod/a"}).errors == "1 link: 1 kept\n");
}

TEST_CASE("hold: bad reasons and dates change nothing") {
  World world;
  world.registry.commit({{"a.mlem", link_at("main")}});
  const std::string usage = "hint: usage: git mlem hold [<options>] -m <why> [--] [<link> | <pathspec>...]\n";
  const std::string no_line =
      "error: cannot hold for this reason: it has to be one line of UTF-8 without control characters\n" + usage;
  struct Row {
    std::vector<std::string> arguments;
    int code;
    std::string errors;
  };
  const std::vector<Row> rows = {
      {{}, 129, "error: '-m' has to say why\n" + usage},
      {{"-m", ""}, 129, "error: cannot hold for this reason: it is empty\n" + usage},
      {{"-m", " "}, 129, "error: cannot hold for this reason: it is empty\n" + usage},
      {{"-m", "two\nlines"}, 129, no_line},
      {{"-m", "\xff"}, 129, no_line},
      {{"-m", "x", "--until", "soon"},
       129,
       "error: cannot hold until 'soon': it is not a date\nhint: write it as in '2027-01-31'\n"},
      {{"-m", "x", "--until", "2999-02-29"},
       129,
       "error: cannot hold until '2999-02-29': it is not a date\nhint: write it as in '2027-01-31'\n"},
      {{"-m", "x", "--until", "2999-2-1x"},
       129,
       "error: cannot hold until '2999-2-1x': it is not a date\nhint: write it as in '2027-01-31'\n"},
      {{"-m", "x", "--until", date_in(-2)},
       129,
       "error: cannot hold until '" + date_in(-2) + "': it is past: today is '" + date_in(0) + "' in UTC\n" + usage}};
  for (const Row& row : rows) {
    std::vector<std::string> arguments{"hold"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(outcome.errors == row.errors);
  }
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  CHECK(world.mlem({"hold", "-m", "x", "--until", date_in(1)}).code == 0);
}

TEST_CASE("hold: what is malformed in a pin or a hold makes the link invalid everywhere") {
  World world;
  struct Row {
    std::string own;
    std::string flaw;
  };
  const std::vector<Row> rows = {
      {"    blob: '12'\n", "invalid params.git-mlem.blob '12': it is not a full object id"},
      {"    hold: fell\n    until: soon\n",
       "line 6, column 12: 'params.git-mlem.until' is not a date as in '2027-01-31'"},
      {"    ref: a..b\n",
       "line 5, column 10: 'params.git-mlem.ref' is neither the name of a ref nor a question of GTO"}};
  for (const Row& row : rows) {
    CAPTURE(row.own);
    world.registry.commit({{"a.mlem", link_at(world.model_commit, row.own)}});
    for (const std::string command : {"check", "status", "hold -m fell"}) {
      CAPTURE(command);
      std::vector<std::string> arguments{command.substr(0, command.find(' ')), "--json"};
      if (command.starts_with("hold")) arguments.insert(arguments.end(), {"-m", "fell"});
      const Outcome outcome = world.mlem(arguments);
      CAPTURE(outcome);
      CHECK(outcome.code == 1);
      const auto json = nlohmann::json::parse(outcome.output.substr(0, outcome.output.find('\n')));
      CHECK(json["verdict"] == "invalid-link");
      CHECK(contains(json["message"].get<std::string>(), row.flaw));
    }
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
  }
}

TEST_CASE("hold: a link that is held is re-pointed by force alone which lifts the hold") {
  World world;
  const std::string blob = world.models.id("main:models/rf.mlem");
  const std::string pin = "    blob: " + blob + "\n";
  const std::string ref = "    ref: refs/heads/main\n";
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta({"rf", "other weights\n"})}});
  const std::string other = world.models.id("main:models/rf.mlem");
  const std::string hold = "    hold: it fell\n";
  const std::string held = pin + hold + ref;
  const std::string why = "it is held: it fell\nhint: '-f' re-points it and lifts the hold\n";
  struct Row {
    std::string name;
    std::string before;
    std::vector<std::string> arguments;
    std::string errors;
    std::string after;
  };
  const std::vector<Row> rows = {
      {"link", link_at("main", hold), {"link", "--sp", example_url, "--rev", "4-pack", "models/rf", "a"},
       "error: cannot re-point 'a.mlem': " + why, link_at("4-pack")},
      {"refresh", link_at(second, held), {"pin", "--refresh", "a"}, "error: cannot refresh 'a.mlem': " + why + "nothing was changed\n",
       link_at(second, "    blob: " + other + "\n" + ref)},
      {"unpin", link_at(world.model_commit, held), {"unpin", "a"}, "error: cannot unpin 'a.mlem': " + why + "nothing was changed\n",
       link_at("main")}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.registry.commit({{"a.mlem", row.before}});
    const Outcome refused = world.mlem(row.arguments);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(refused.errors == row.errors);
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
    std::vector<std::string> arguments = row.arguments;
    arguments.insert(arguments.begin() + 1, "-f");
    const Outcome forced = world.mlem(arguments);
    CAPTURE(forced);
    CHECK(forced.code == 0);
    CHECK(staged_text(world, "a.mlem") == row.after);
  }
  // What has ended counts as none, and stays until somebody lifts it.
  const std::string ended = "    hold: it fell\n    until: '2020-01-01'\n";
  world.registry.commit({{"a.mlem", link_at("main", ended)}});
  CHECK(world.mlem({"link", "--sp", example_url, "--rev", "4-pack", "models/rf", "a"}).code == 0);
  CHECK(staged_text(world, "a.mlem") == link_at("4-pack", ended));
  // A pin leads where the link does already.
  world.registry.commit({{"a.mlem", link_at("4-pack", hold)}});
  CHECK(world.mlem({"pin", "a"}).code == 0);
  CHECK(staged_text(world, "a.mlem") == link_at(world.model_commit, pin + hold + "    ref: refs/tags/4-pack\n"));
  CHECK(world.mlem({"pin", "-f", "a"}).code == 129);
}

TEST_CASE("hold: of many links those that are held are no failure") {
  World world;
  const std::string blob = world.models.id("main:models/rf.mlem");
  const std::string own = "    blob: " + blob + "\n    hold: it fell\n    ref: refs/heads/main\n    until: '2999-12-31'\n";
  world.registry.commit({{"a.mlem", link_at(world.model_commit, own)}, {"b.mlem", link_at("main")}});
  const Outcome outcome = world.mlem({"unpin"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors ==
        "warning: skipped 'a.mlem': it is held until 2999-12-31: it fell\n"
        "hint: '-f' re-points it and lifts the hold\n2 links: 1 kept, 1 skipped\n");
  // One that another program has moved is broken, held or not.
  world.registry.commit({{"a.mlem", link_at(world.model_commit, "    blob: " + std::string(40, 'a') + "\n    hold: it fell\n")}});
  CHECK(world.mlem({"pin", "--refresh"}).code == 1);
}
