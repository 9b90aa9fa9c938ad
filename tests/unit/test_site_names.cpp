#include "site/names.hpp"
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace mlem;
using namespace mlem::site;

TEST_CASE("names: the page of a link with a plain name is called like it") {
  CHECK(page_name("prod/churn.mlem") == "prod.churn.html");
  CHECK(page_name("a/b_c/d-1.mlem") == "a.b_c.d-1.html");
}

TEST_CASE("names: pages of different links have different names on every file system") {
  const std::vector<std::string> links = {"a.mlem",
                                          "A.mlem",
                                          "a/b.mlem",
                                          "a.b.mlem",
                                          "a-b.mlem",
                                          "a b.mlem",
                                          "con.mlem",
                                          "com1/x.mlem",
                                          "aux/y.mlem",
                                          ".mlem",
                                          "..x.mlem",
                                          "a/.mlem",
                                          "caf\xc3\xa9.mlem",
                                          "caf\xff.mlem",
                                          "<b>.mlem",
                                          "a\nb.mlem",
                                          "x\"y.mlem",
                                          "%2e.mlem",
                                          std::string(300, 'x') + ".mlem",
                                          std::string(301, 'x') + ".mlem",
                                          "a.html.mlem",
                                          "javascript:x.mlem"};
  std::set<std::string> met;
  for (const std::string& link : links) {
    CAPTURE(link);
    const std::string page = page_name(link);
    CAPTURE(page);
    CHECK(met.insert(page).second);
    CHECK(page.size() <= 140);
    CHECK(page.front() != '.');
    CHECK(page.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.~") == std::string::npos);
  }
  CHECK(page_name("con.mlem").starts_with("con~"));
  CHECK(page_name("a.b.mlem").starts_with("a-b~"));
}

TEST_CASE("names: two commits are compared on the page of the host that is known to have one") {
  const Oid from = *Oid::parse(std::string(40, 'a'));
  const Oid to = *Oid::parse(std::string(40, 'b'));
  const std::string a(40, 'a');
  const std::string b(40, 'b');
  struct Row {
    std::string repo;
    std::string url;
  };
  const std::vector<Row> rows = {
      {"https://github.com/org/repo/", "https://github.com/org/repo/compare/" + a + "..." + b},
      {"https://github.com/org/repo.git", "https://github.com/org/repo/compare/" + a + "..." + b},
      {"https://gitlab.com/org/group/repo/", "https://gitlab.com/org/group/repo/-/compare/" + a + "..." + b},
      {"https://codeberg.org/org/repo/", "https://codeberg.org/org/repo/compare/" + a + "..." + b},
      {"https://bitbucket.org/org/repo/", "https://bitbucket.org/org/repo/branches/compare/" + b + "%0D" + a},
      {"https://huggingface.co/org/repo/", ""},
      {"https://git.example.com/org/repo/", ""},
      {"https://user@github.com/org/repo/", ""},
      {"ssh://git@github.com/org/repo/", "https://github.com/org/repo/compare/" + a + "..." + b},
      {"git@gitlab.com:org/repo.git", "https://gitlab.com/org/repo/-/compare/" + a + "..." + b},
      {"git@git.example.com:org/repo.git", ""},
      {"file:///srv/repo/", ""}};
  for (const Row& row : rows) {
    CAPTURE(row.repo);
    CHECK(compare_url(RepoUrl::parse(row.repo), from, to).value_or("") == row.url);
  }
}

TEST_CASE("names: a URN is a UUID of version 5 and the same each time") {
  const std::string urn = urn_of("a name");
  CHECK(urn == urn_of("a name"));
  CHECK(urn != urn_of("another name"));
  CHECK(urn.size() == std::string("urn:uuid:00000000-0000-5000-8000-000000000000").size());
  CHECK(urn.starts_with("urn:uuid:"));
  CHECK(urn[23] == '5');
  CHECK(std::string("89ab").find(urn[28]) != std::string::npos);
}
