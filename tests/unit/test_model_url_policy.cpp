#include "model/url_policy.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::RepoUrl;
using mlem::UrlPolicy;

TEST_CASE("url policy: what is forbidden by default and why") {
  struct Row {
    std::string url;
    std::string why;  // empty: allowed
  };
  const std::string user = "it has a user, which only ssh addresses may have";
  const std::string password = "it has a password";
  const Row rows[] = {
      {"https://example.com/o/r", ""},
      {"http://example.com/o/r", ""},
      {"git://example.com/o/r", ""},
      {"ssh://git@example.com/o/r", ""},
      {"git@example.com:o/r", ""},
      {"file:///srv/r", ""},
      {"HTTPS://example.com/o/r", ""},
      {"https://token@example.com/o/r", user},
      {"http://user@example.com/o/r", user},
      {"git://user@example.com/o/r", user},
      {"https://u:p@example.com/o/r", password},
      {"https://:p@example.com/o/r", password},
      {"ssh://git:p@example.com/o/r", password},
      {"ssh://git%3ap@example.com/o/r", password},
      {"ext::sh -c x", "remote helpers such as 'ext' are never used"},
      {"EXT::sh -c x", "remote helpers such as 'ext' are never used"},
      {"fd::0", "remote helpers such as 'fd' are never used"},
      {"https::https://example.com/o/r", "remote helpers such as 'https' are never used"},
      {"ftp://example.com/o/r", "remote helpers such as 'ftp' are never used"},
      {"git+ssh://git@example.com/o/r", "'git+ssh' is an old name of the protocol 'ssh'"},
      {"git+https://example.com/o/r", "git knows no protocol 'git+https'"},
      {"ext://example.com/o", "remote helpers such as 'ext' are never used"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(why_forbidden(RepoUrl::parse(row.url), UrlPolicy{}).value_or("") == row.why);
  }
}

TEST_CASE("url policy: the protocol must be in the list and a helper never is") {
  const UrlPolicy server{{"https", "ssh"}};
  CHECK_FALSE(why_forbidden(RepoUrl::parse("git@example.com:o/r"), server));
  CHECK(why_forbidden(RepoUrl::parse("file:///srv/r"), server) == "the protocol 'file' is not in mlem.allowProtocol");
  CHECK(why_forbidden(RepoUrl::parse("ext::x"), UrlPolicy{{"ext"}}) == "remote helpers such as 'ext' are never used");
  CHECK(why_forbidden(RepoUrl::parse("https://example.com/"), UrlPolicy{{}}));
}

TEST_CASE("url policy: where hosts must be public an address in any spelling is none") {
  const UrlPolicy server{.protocols = {"https", "ssh", "file"}, .public_hosts = true};
  struct Row {
    std::string url;
    bool allowed;
  };
  const Row rows[] = {
      {"https://example.com/o/r", true},
      {"git@example.com:o/r", true},
      {"https://127.0.0.1/o/r", false},
      {"https://127.1/o/r", false},
      {"https://0x7f000001/o/r", false},
      {"https://0x7F.1/o/r", false},
      {"https://017700000001/o/r", false},
      {"https://2130706433/o/r", false},
      {"https://[::1]/o/r", false},
      {"https://[::ffff:127.0.0.1]/o/r", false},
      {"https://93.184.216.34/o/r", false},
      {"git@127.1:o/r", false},
      {"https://localhost/o/r", false},
      {"https://LOCALHOST:8080/o/r", false},
      {"https://a.localhost/o/r", false},
      {"https://printer.local/o/r", false},
      {"https://git.corp.internal/o/r", false},
      {"https://intranet/o/r", false},
      {"https://\xEF\xBC\x91.example.com/o/r", false},
      {"file:///srv/r", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(!why_forbidden(RepoUrl::parse(row.url), server) == row.allowed);
    CHECK_FALSE(why_forbidden(RepoUrl::parse(row.url), server, true));
  }
}

TEST_CASE("url policy: allowed sources are matched in the normalised form") {
  const UrlPolicy server{.protocols = {"https", "file"},
                         .sources = {"https://git.example.com/teams/**", "https://127.0.0.1/**", "file:///srv/git/*"},
                         .public_hosts = true};
  CHECK_FALSE(why_forbidden(RepoUrl::parse("HTTPS://Git.Example.com:443/teams/%61/"), server));
  CHECK_FALSE(why_forbidden(RepoUrl::parse("https://127.0.0.1/x"), server));
  CHECK_FALSE(why_forbidden(RepoUrl::parse("file:///srv/git/models.git"), server));
  const std::string why = "it is not in mlem.allowSource";
  CHECK(why_forbidden(RepoUrl::parse("https://git.example.com/other/a"), server) == why);
  CHECK(why_forbidden(RepoUrl::parse("https://git.example.com/other/a"), server, true) == why);
  CHECK(why_forbidden(RepoUrl::parse("file:///etc"), server) == why);
}
