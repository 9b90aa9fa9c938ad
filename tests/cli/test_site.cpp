#include "support/text_file.hpp"

#include "cli/pinned_world.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

std::string content_of(const fs::path& path) {
  std::ifstream file(path.string(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All files of a site by their names, with their content.
std::map<std::string, std::string> files_of(const fs::path& site) {
  std::map<std::string, std::string> files;
  for (fs::recursive_directory_iterator entry(site), end; entry != end; ++entry) {
    if (fs::is_regular_file(entry->path()))
      files.emplace(fs::relative(entry->path(), site).string(), content_of(entry->path()));
  }
  return files;
}

/// A registry with two environments, whose link `churn` has led to two objects.
struct SiteWorld : World {
  std::string first = model_commit;
  std::string second = models.commit(
      {{"models/rf.mlem", "object_type: model\nrequirements:\n- module: sklearn\n  version: 1.5.0\n"}}, "Train again");
  std::string tip;
  fs::path site = sandbox / "site";

  SiteWorld() {
    const auto pin = [&](const std::string& commit) {
      return pinned(commit, models.id(commit + ":models/rf.mlem"), "refs/heads/main");
    };
    registry.commit({{"prod/churn.mlem", pin(first)}, {"staging/churn.mlem", pin(first)}}, "Start");
    registry.commit({{"staging/churn.mlem", pin(second)}}, "Try the second");
    tip = registry.commit(
        {{"top.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "5-deploy-meta"})}},
        "One more");
  }
  std::string page(const std::string& name) const { return content_of(site / name); }
};

}  // namespace

TEST_CASE("site: a site has a table of links and a page for each and a feed") {
  SiteWorld world;
  const Outcome outcome = world.mlem({"site", "--title", "Models", "../site"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors.empty());
  CHECK(outcome.output == "site of " + world.tip.substr(0, 7) + " in ../site: 11 files, 11 written, 0 removed\n");
  const auto files = files_of(world.site);
  std::vector<std::string> names;
  for (const auto& [name, content] : files) names.push_back(name);
  CHECK(names == std::vector<std::string>{".git-mlem-site", "assets/icon.svg", "assets/links.js", "assets/site.css",
                                          "assets/site.js", "changes.html", "environments.html", "feed.xml",
                                          "index.html", "links/prod.churn.html", "links/staging.churn.html",
                                          "links/top.html"});
  const std::string index = world.page("index.html");
  CHECK(contains(index, "<title>Models</title>"));
  CHECK(contains(index, "3 links in 2 environments</p>"));
  CHECK(contains(index, "<a href=\"links/staging.churn.html\"><span class=\"dir\">staging/</span>churn</a>"));
  CHECK(contains(index, "<span class=\"state pinned\">pinned</span>"));
  CHECK(contains(index, "<span class=\"state tag\">tag</span>"));
  CHECK(contains(index, example_url + "/tree/" + world.second + "/models/rf.mlem"));
}

TEST_CASE("site: a link's page has its object and its history with what differs between versions") {
  SiteWorld world;
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  const std::string page = world.page("links/staging.churn.html");
  CAPTURE(page);
  CHECK(contains(page, "<th scope=\"row\">sklearn</th><td>1.5.0</td>"));
  CHECK(contains(page, "<a href=\"prod.churn.html\">prod</a> main"));
  CHECK(contains(page, "<span class=\"state differs\">differs</span>"));
  CHECK(contains(page, "<li id=\"v2\""));
  CHECK(contains(page, "<span class=\"kind re-pointed\">re-pointed</span>"));
  CHECK(contains(page, "<span class=\"compat breaking\">breaking</span> for callers of the version before"));
  CHECK(contains(page, "/compare/" + world.first + "..." + world.second));
  CHECK(contains(page, "<li id=\"v1\""));
  CHECK(contains(page, "<summary>Object <code>" + world.models.id(world.first + ":models/rf.mlem").substr(0, 7)));
  const std::string environments = world.page("environments.html");
  CHECK(contains(environments, "<th scope=\"row\">churn <span class=\"state differs\">differs</span></th>"));
  CHECK(contains(environments, "<td data-label=\"prod\"><a href=\"links/prod.churn.html\">main</a>"));
  CHECK_FALSE(contains(environments, "links/top.html"));
}

TEST_CASE("site: the history of a link goes on under its former names") {
  SiteWorld world;
  world.registry.git({"mv", "staging/churn.mlem", "staging/leavers.mlem"});
  world.registry.git({"commit", "-q", "-m", "Rename"});
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  const std::string page = world.page("links/staging.leavers.html");
  CAPTURE(page);
  CHECK(contains(page, "<li id=\"v3\""));
  CHECK(contains(page, "renamed</span> from staging/churn"));
  CHECK(contains(page, "<span class=\"kind added\">added</span>"));
  CHECK_FALSE(fs::exists(world.site / "links/staging.churn.html"));
}

TEST_CASE("site: the same registry gives the same bytes and only what changed is written") {
  SiteWorld world;
  const fs::path other = world.sandbox / "other";
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  REQUIRE(world.mlem({"site", "../other"}).code == 0);
  const auto before = files_of(world.site);
  CHECK(files_of(other) == before);
  for (const auto& [name, content] : before) fs::last_write_time(world.site / name, 1'000'000'000);
  CHECK(contains(world.mlem({"site", "../site"}).output, ": 11 files, 0 written, 0 removed\n"));
  for (const auto& [name, content] : before) CHECK(fs::last_write_time(world.site / name) == 1'000'000'000);

  world.registry.remove({"prod/churn.mlem"});
  write_file(world.site / "links/mine.html", "mine");
  const Outcome outcome = world.mlem({"site", "../site"});
  CAPTURE(outcome);
  CHECK(contains(outcome.output, ": 10 files, "));
  CHECK(contains(outcome.output, ", 1 removed\n"));
  CHECK_FALSE(fs::exists(world.site / "links/prod.churn.html"));
  CHECK(world.page("links/mine.html") == "mine");
  for (const char* const asset : {"assets/site.css", "assets/site.js", "assets/icon.svg"})
    CHECK(fs::last_write_time(world.site / asset) == 1'000'000'000);
  CHECK(contains(world.page("changes.html"), "<span class=\"kind removed\">removed</span>"));
}

TEST_CASE("site: a run after one that was interrupted completes the site") {
  SiteWorld world;
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  const auto whole = files_of(world.site);
  write_file(world.site / "links/top.html", "<!DOCTYPE");
  fs::remove(world.site / "index.html");
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  CHECK(files_of(world.site) == whole);
}

TEST_CASE("site: what is not a site's is not touched") {
  SiteWorld world;
  write_file(world.site / "notes.txt", "mine");
  const Outcome foreign = world.mlem({"site", "../site"});
  CHECK(foreign.code == 128);
  CHECK(foreign.errors ==
        "fatal: cannot write a site to '../site': there are files in it that are not a site's\n"
        "hint: name a directory that is empty or not there yet\n");
  CHECK(files_of(world.site) == std::map<std::string, std::string>{{"notes.txt", "mine"}});

  fs::remove(world.site / "notes.txt");
  // The work tree of a branch of pages.
  write_file(world.site / ".git", "gitdir: elsewhere\n");
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  write_file(world.site / "links/late.html", "mine");
  world.registry.commit(
      {{"late.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  const Outcome taken = world.mlem({"site", "../site"});
  CHECK(taken.code == 128);
  CHECK(taken.errors ==
        "fatal: cannot write '../site/links/late.html': there is a file of that name that is not the site's\n"
        "hint: move it away, or name another directory\n");
  CHECK(world.page("links/late.html") == "mine");
}

TEST_CASE("site: a list of files that leads out of the directory removes nothing there") {
  SiteWorld world;
  write_file(world.sandbox / "precious", "mine");
  write_file(world.site / ".git-mlem-site",
             "git-mlem site 1\n../precious\n" + (world.sandbox / "precious").string() + "\n.git/x\n");
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  CHECK(content_of(world.sandbox / "precious") == "mine");
  fs::create_directory(world.sandbox / "elsewhere");
  fs::remove_all(world.site);
  fs::create_directory(world.site);
  fs::create_symlink(world.sandbox / "elsewhere", world.site / "links");
  write_file(world.site / ".git-mlem-site", "git-mlem site 1\n");
  const Outcome outcome = world.mlem({"site", "../site"});
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot write to '../site/links': it is not a directory\n");
  CHECK(fs::is_empty(world.sandbox / "elsewhere"));
}

TEST_CASE("site: names and texts of others do not become markup") {
  World world;
  const std::string evil = "<script>alert(1)</script>";
  const std::string link = "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    hold: \"</p>" + evil +
                           "\"\npath: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + world.model_commit + "\n";
  world.registry.commit(
      {{"a&'\"><img src=x onerror=alert(2)>.mlem", link},
       {"A.mlem", link},
       {"a.mlem", link},
       {"con.mlem", link},
       {"new\nline\x1b.mlem", link},
       {"not utf-8 \xff.mlem", link},
       {"\xef\xbf\xbe.mlem", link},
       {"js.mlem", "link_type: model\nobject_type: link\npath: m.mlem\nrepo: javascript:alert(3)//\nrev: '" +
                       std::string("x") + "'\n"},
       {"text.mlem", link_text({.path = "models/" + evil + ".mlem", .repo = example_url + "/", .rev = "main"})},
       {evil.substr(0, 8) + "/deep.mlem", link}},
      evil);
  const fs::path site = world.sandbox / "site";
  const Outcome outcome = world.mlem({"site", "--title", evil, "../site"});
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  std::size_t pages = 0;
  for (const auto& [name, content] : files_of(site)) {
    CAPTURE(name);
    if (name.starts_with("links/")) ++pages;
    if (!name.ends_with(".html") && !name.ends_with(".xml")) continue;
    CHECK_FALSE(contains(content, "<script>"));
    CHECK_FALSE(contains(content, "<img"));
    CHECK_FALSE(contains(content, "href=\"javascript:"));
    CHECK_FALSE(contains(content, " style="));
    CHECK_FALSE(contains(content, " onerror=alert(2)>"));
    CHECK_FALSE(contains(content, "\x1b"));
    if (name.ends_with(".html"))
      CHECK(contains(content,
                     "content=\"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
                     "base-uri 'none'; form-action 'none'\""));
  }
  CHECK(pages == 10);
  const Outcome parsed =
      world.sandbox.run({"/usr/bin/python3", "-c", "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])",
                         (site / "feed.xml").string()});
  CAPTURE(parsed);
  CHECK(parsed.code == 0);
}

TEST_CASE("site: the feed is what RFC 4287 wants") {
  SiteWorld world;
  REQUIRE(world.mlem({"site", "--base-url", "https://acme.example/models", "../site"}).code == 0);
  const std::string script =
      "import sys, datetime, uuid, xml.etree.ElementTree as tree\n"
      "a = '{http://www.w3.org/2005/Atom}'\n"
      "feed = tree.parse(sys.argv[1]).getroot()\n"
      "assert feed.tag == a + 'feed' and feed.find(a + 'id').text == 'https://acme.example/models/'\n"
      "links = {link.get('rel'): link.get('href') for link in feed.findall(a + 'link')}\n"
      "assert links['self'] == 'https://acme.example/models/feed.xml', links\n"
      "entries = feed.findall(a + 'entry')\n"
      "assert len(entries) == 4 == len({entry.find(a + 'id').text for entry in entries})\n"
      "for entry in entries:\n"
      "    uuid.UUID(entry.find(a + 'id').text.removeprefix('urn:uuid:'))\n"
      "    datetime.datetime.strptime(entry.find(a + 'updated').text, '%Y-%m-%dT%H:%M:%SZ')\n"
      "    assert entry.find(a + 'author/' + a + 'name').text\n"
      "    assert entry.find(a + 'link').get('href').startswith('https://acme.example/models/links/')\n"
      "assert feed.find(a + 'updated').text == entries[0].find(a + 'updated').text\n"
      "print(entries[1].find(a + 'title').text)\n";
  const Outcome outcome = world.sandbox.run({"/usr/bin/python3", "-c", script, (world.site / "feed.xml").string()});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "staging/churn: re-pointed to main\n");
  for (const char* const url : {"javascript:x", "https://a b", "https://x/?q", "ftp://x"}) {
    CAPTURE(url);
    CHECK(world.mlem({"site", "--base-url", url, "../site"}).code == 129);
  }
}

TEST_CASE("site: a bare repository has a site and so has its past") {
  SiteWorld world;
  REQUIRE(world.mlem({"site", "--title", "Models", "../site"}).code == 0);
  RunOptions there;
  there.directory = world.registry.bare_clone(world.sandbox / "bare.git");
  REQUIRE(world.sandbox.mlem({"site", "--title", "Models", "../bare-site"}, there).code == 0);
  CHECK(files_of(world.sandbox / "bare-site") == files_of(world.site));
  REQUIRE(world.sandbox.mlem({"site", "--at", "HEAD~2", "../past"}, there).code == 0);
  const std::string index = content_of(world.sandbox / "past/index.html");
  CHECK(contains(index, "<title>bare</title>"));
  CHECK(contains(index, "2 links in 2 environments"));
  CHECK_FALSE(contains(content_of(world.sandbox / "past/links/staging.churn.html"), "re-pointed"));
}

TEST_CASE("site: links that lead nowhere are told and their pages say why") {
  SiteWorld world;
  world.registry.commit(
      {{"prod/gone.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "v9"})},
       {"prod/broken.mlem", "object_type: link\n"}});
  const Outcome outcome = world.mlem({"site", "-q", "../site"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output.empty());
  CHECK(outcome.errors == "warning: 5 links: 3 ok, 2 broken, 0 undecided; their pages say why\n");
  CHECK(contains(world.page("links/prod.gone.html"), "<strong>missing-rev</strong>"));
  CHECK(contains(world.page("links/prod.broken.html"), "<strong>invalid-link</strong>"));
  CHECK(contains(world.page("index.html"), "<span class=\"state broken\">missing-rev</span>"));
}

TEST_CASE("site: a directory without environments is told") {
  SiteWorld world;
  const Outcome outcome = world.mlem({"site", "-q", "--environments", "production", "../site"});
  CHECK(outcome.code == 0);
  CHECK(outcome.errors == "warning: no link is in an environment below 'production'\n");
  // Links are in it, and not in directories of it.
  CHECK(world.mlem({"site", "-q", "--environments", "prod", "../site"}).errors ==
        "warning: no link is in an environment below 'prod'\n");
}

TEST_CASE("site: a title has something in it") {
  SiteWorld world;
  for (const std::string& title : std::vector<std::string>{"", " "}) {
    const Outcome outcome = world.mlem({"site", "--title", title, "../site"});
    CHECK(outcome.code == 129);
    CHECK(outcome.errors == "error: '--title' is empty\nhint: usage: git mlem site [<options>] <dir>\n");
  }
  CHECK_FALSE(fs::exists(world.site));
}

TEST_CASE("site: nothing is written into a git directory") {
  SiteWorld world;
  const fs::path bare = world.sandbox / "bare.git";
  world.registry.git({"clone", "-q", "--bare", ".", bare.string()});
  fs::create_symlink(bare, world.sandbox / "public");
  const std::string own = (fs::canonical(world.registry.path()) / ".git").string();
  const std::string other = fs::canonical(bare).string();
  for (const auto& [directory, git_directory] : std::vector<std::pair<std::string, std::string>>{
           {".git", own}, {".git/site", own}, {"../bare.git/a/b", other}, {"../public/site", other}}) {
    CAPTURE(directory);
    const Outcome outcome = world.mlem({"site", directory});
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: cannot write a site to '" + directory + "': it is in the git directory '" +
                                git_directory + "'\nhint: name a directory outside of it\n");
  }
  CHECK_FALSE(fs::exists(world.registry.path() / ".git/site"));
  CHECK_FALSE(fs::exists(bare / "a"));
}

TEST_CASE("site: a site without its list is not touched and it is told how to go on") {
  SiteWorld world;
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  fs::remove(world.site / ".git-mlem-site");
  const auto before = files_of(world.site);
  const Outcome outcome = world.mlem({"site", "../site"});
  CHECK(outcome.code == 128);
  CHECK(
      outcome.errors ==
      "fatal: cannot write a site to '../site': it looks like a site, but '.git-mlem-site', the list of its files, is "
      "not there\n"
      "hint: bring that back, remove what is in the directory, or name a directory that is empty or not there yet\n");
  CHECK(files_of(world.site) == before);
}

TEST_CASE("site: objects have a page whichever way their source is read") {
  SiteWorld world;
  for (const std::string address : {"git@github.com:org/repo", "ssh://git@gitlab.com/org/repo"})
    world.sandbox.add_config("url." + world.models.path().string() + ".insteadOf", address);
  world.registry.commit(
      {{"scp.mlem", link_text({.path = "models/rf.mlem", .repo = "git@github.com:org/repo/", .rev = "main"})},
       {"ssh.mlem", link_text({.path = "models/rf.mlem", .repo = "ssh://git@gitlab.com/org/repo/", .rev = "main"})}});
  const Outcome outcome = world.mlem({"site", "../site"});
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  CHECK(contains(world.page("links/scp.html"),
                 "\"https://github.com/org/repo/tree/" + world.second + "/models/rf.mlem\""));
  CHECK(contains(world.page("links/ssh.html"),
                 "\"https://gitlab.com/org/repo/-/tree/" + world.second + "/models/rf.mlem\""));
}

TEST_CASE("site: an address of e-mail is not published where it is somebody's name either") {
  SiteWorld world;
  for (const std::string name : {"AUTHOR", "COMMITTER"})
    world.sandbox.environment()["GIT_" + name + "_NAME"] = "ada.lovelace@example.org";
  world.registry.git({"mv", "top.mlem", "bottom.mlem"});
  world.registry.git({"commit", "-q", "-m", "Rename"});
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  CHECK(contains(world.page("feed.xml"), "<author><name>ada.lovelace</name></author>"));
  CHECK(contains(world.page("changes.html"), "by ada.lovelace, commit"));
  for (const auto& [name, content] : files_of(world.site)) {
    CAPTURE(name);
    CHECK_FALSE(contains(content, "@example.org"));
  }
}

TEST_CASE("site: environments may be in a directory of their own") {
  SiteWorld world;
  world.registry.git({"mv", "prod", "envs-prod"});
  fs::create_directory(world.registry.path() / "envs");
  world.registry.git({"mv", "envs-prod", "envs/prod"});
  world.registry.git({"mv", "staging", "envs/staging"});
  world.registry.git({"commit", "-q", "-m", "Move"});
  REQUIRE(world.mlem({"site", "--environments", "envs", "../site"}).code == 0);
  const std::string environments = world.page("environments.html");
  CHECK(contains(environments, "<th scope=\"col\">prod</th><th scope=\"col\">staging</th>"));
  CHECK(contains(environments, "<th scope=\"row\">churn <span"));
}

TEST_CASE("site: a registry without commits has no site and one without links an empty one") {
  World world;
  const Outcome none = world.mlem({"site", "../site"});
  CHECK(none.code == 128);
  CHECK(none.errors == "fatal: the current branch has no commits yet\n");
  CHECK_FALSE(fs::exists(world.sandbox / "site"));
  world.registry.commit({{"README", "x"}});
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  CHECK(contains(content_of(world.sandbox / "site/index.html"), "There is not a link in this registry yet."));
  CHECK(world.mlem({"site"}).code == 129);
  CHECK(world.mlem({"site", "a", "b"}).code == 129);
}

TEST_CASE("site: a clone without history has a site") {
  SiteWorld world;
  world.sandbox.git_output({"clone", "-q", "--depth=1", world.registry.url(), (world.sandbox / "shallow").string()});
  RunOptions there;
  there.directory = world.sandbox / "shallow";
  const Outcome outcome = world.sandbox.mlem({"site", "../site"}, there);
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  CHECK(contains(world.page("index.html"), "3 links in 2 environments"));
  CHECK(contains(world.page("links/top.html"), "History ends where this clone of the registry was cut off."));
}

TEST_CASE("site: a table of many links has several pages") {
  World world;
  Files files;
  for (int i = 0; i < 501; ++i)
    files.emplace("dev/m" + std::to_string(1000 + i) + ".mlem",
                  link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"}));
  world.registry.commit(files);
  REQUIRE(world.mlem({"site", "../site"}).code == 0);
  const fs::path site = world.sandbox / "site";
  CHECK_FALSE(contains(content_of(site / "index.html"), "links/dev.m1500.html"));
  CHECK(contains(content_of(site / "index-2.html"), "links/dev.m1500.html"));
  CHECK(contains(content_of(site / "index.html"), "<a href=\"index-2.html\">2</a>"));
  CHECK(contains(content_of(site / "environments-2.html"), "links/dev.m1500.html"));
  CHECK(contains(content_of(site / "assets/links.js"), "links/dev.m1500.html"));
}

TEST_CASE("site: secrets in addresses are not published") {
  World world;
  world.models.commit({{"models/rf.mlem",
                        "object_type: model\nartifacts:\n- {uri: 'https://me:hunter2@files.example/x', size: 1}\n"
                        "- {uri: 'https://files.example/y?token=hunter2', size: 1}\n"}});
  world.registry.commit(
      {{"good.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})},
       {"password.mlem", link_text({.path = "m.mlem", .repo = "https://me:hunter2@git.invalid/x/", .rev = "main"})},
       {"token.mlem", link_text({.path = "m.mlem", .repo = "https://hunter2@git.invalid/x/", .rev = "main"})}});
  const Outcome outcome = world.mlem({"site", "--offline", "../site"});
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  for (const auto& [name, content] : files_of(world.sandbox / "site")) {
    CAPTURE(name);
    CHECK_FALSE(contains(content, "hunter2"));
  }
  CHECK(contains(content_of(world.sandbox / "site/links/good.html"), "https://***@files.example/x"));
}

TEST_CASE("site: history tells nothing of what cannot be known any more") {
  World world;
  for (int i = 0; i < 20; ++i) world.registry.commit({}, "Some time goes by");
  const std::string link = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "5-deploy-meta"});
  world.registry.commit(
      {{"tag.mlem", link},
       {"branch.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})},
       {"alias.mlem", link_text({.path = "tag.mlem"})}},
      "Start");
  REQUIRE(world.mlem({"site", "-q", "../site"}).code == 0);
  const auto history = [&](const char* page) {
    const std::string text = content_of(world.sandbox / "site/links" / page);
    return text.substr(text.find("<h2 id=\"history\""));
  };
  const std::string now = world.models.id("5-deploy-meta").substr(0, 7);
  CHECK(history("tag.html").find(now) != std::string::npos);
  CHECK(history("branch.html").find(world.models.id("main").substr(0, 7)) == std::string::npos);
  CHECK(history("alias.html").find(now) == std::string::npos);

  // A tag that leads to what was not there yet has moved.
  for (int i = 0; i < 60; ++i) world.models.commit({}, "More time goes by");
  world.models.commit({{"models/rf.mlem", "object_type: model\nrequirements: []\n"}}, "Later");
  world.models.tag("5-deploy-meta", "HEAD", Force::yes);
  REQUIRE(world.mlem({"site", "-q", "../site"}).code == 0);
  CHECK(history("tag.html").find(world.models.id("5-deploy-meta").substr(0, 7)) == std::string::npos);
}

TEST_CASE("site: the text of a hold and the address of the feed publish no secret") {
  World world;
  world.registry.commit(
      {{"rf.mlem",
        "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    hold: see https://u:t0k3n@example.com/\n"
        "path: models/rf.mlem\nproject: " +
            example_url + "/\nrev: 5-deploy-meta\n"}},
      "Start");
  REQUIRE(world.mlem({"site", "-q", "../site"}).code == 0);
  for (const auto& [name, text] : files_of(world.sandbox / "site")) {
    CAPTURE(name);
    CHECK(text.find("t0k3n") == std::string::npos);
  }
  const Outcome status = world.mlem({"status"});
  CHECK(status.output.find("t0k3n") == std::string::npos);
  CHECK(status.output.find("held: see https://") != std::string::npos);

  const Outcome outcome = world.mlem({"site", "--base-url", "https://u:t0k3n@example.com/", "../other"});
  CHECK(outcome.code == 129);
  CHECK(outcome.errors.starts_with("error: 'https://***@example.com/' has a user, and everybody reads the feed\n"));
  for (const char* const url : {"https://", "https:///a", "https://example.com/\u00e9", "ftp://example.com/"}) {
    CAPTURE(url);
    CHECK(world.mlem({"site", "--base-url", url, "../other"}).code == 129);
  }
}

TEST_CASE("site: directories have the permissions that the umask leaves") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}},
                        "a");
  const mode_t before = umask(0077);
  const int code = world.mlem({"site", "-q", "../site"}).code;
  umask(before);
  REQUIRE(code == 0);
  for (const char* const name : {"", "links", "assets"}) {
    CHECK((fs::status(world.sandbox / "site" / name).permissions() & fs::all_all) == fs::owner_all);
  }
}

TEST_CASE("site: a link that cannot be read is not said to lead into the registry") {
  World world;
  world.registry.commit({{"bad.mlem", "link_type: [\n"}}, "a");
  REQUIRE(world.mlem({"site", "-q", "../site"}).code == 0);
  CHECK(content_of(world.sandbox / "site/links/bad.html").find("<dd>unknown</dd>") != std::string::npos);
}
