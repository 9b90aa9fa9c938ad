#include "base/error.hpp"
#include "model/repo_url.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::RepoUrl;

TEST_CASE("repo url: each spelling has its stored and its normalised form") {
  struct Row {
    std::string written;
    std::string text;
    std::string normalized;
  };
  const Row rows[] = {
      {"https://example.com/o/r", "https://example.com/o/r/", "https://example.com/o/r"},
      {"https://example.com/o/r/", "https://example.com/o/r/", "https://example.com/o/r"},
      {"https://example.com/o/r.git", "https://example.com/o/r.git/", "https://example.com/o/r.git"},
      {"https://example.com", "https://example.com/", "https://example.com"},
      {"HTTPS://Example.COM:443/O/R", "HTTPS://Example.COM:443/O/R/", "https://example.com/O/R"},
      {"https://example.com:0443/r", "https://example.com:0443/r/", "https://example.com/r"},
      {"https://example.com:/r", "https://example.com:/r/", "https://example.com/r"},
      {"https://example.com:8443/r", "https://example.com:8443/r/", "https://example.com:8443/r"},
      {"http://example.com:80/r", "http://example.com:80/r/", "http://example.com/r"},
      {"git://example.com:9418/r", "git://example.com:9418/r/", "git://example.com/r"},
      {"ssh://git@example.com:22/r", "ssh://git@example.com:22/r/", "ssh://git@example.com/r"},
      {"ssh://example.com/~user/r", "ssh://example.com/~user/r/", "ssh://example.com/~user/r"},
      {"https://[2001:DB8::1]:8443/r", "https://[2001:DB8::1]:8443/r/", "https://[2001:db8::1]:8443/r"},
      {"https://b\xc3\xbc.example/r", "https://b\xc3\xbc.example/r/", "https://b\xc3\xbc.example/r"},
      {"https://example.com/%7Eme/a%2fb/%c3%a9", "https://example.com/%7Eme/a%2fb/%c3%a9/",
       "https://example.com/~me/a%2Fb/%C3%A9"},
      {"https://example.com/a%252e%252e/b", "https://example.com/a%252e%252e/b/", "https://example.com/a%252e%252e/b"},
      {"https://github.com/o/r.git", "https://github.com/o/r/", "https://github.com/o/r"},
      {"https://GitHub.com/o/r.git/", "https://GitHub.com/o/r/", "https://github.com/o/r"},
      {"https://github.com/o/.git", "https://github.com/o/.git/", "https://github.com/o/.git"},
      {"https://github.com.example.com/o/r.git", "https://github.com.example.com/o/r.git/",
       "https://github.com.example.com/o/r.git"},
      {"git@github.com:o/r.git", "git@github.com:o/r/", "ssh://git@github.com/~/o/r"},
      {"example.com:o/r", "example.com:o/r/", "ssh://example.com/~/o/r"},
      {"git@Example.com:/srv/r", "git@Example.com:/srv/r/", "ssh://git@example.com/srv/r"},
      {"example.com:~/r", "example.com:~/r/", "ssh://example.com/~/r"},
      {"example.com:~me/r", "example.com:~me/r/", "ssh://example.com/~me/r"},
      {"git@[::1]:r", "git@[::1]:r/", "ssh://git@[::1]/~/r"},
      {"me@corp.example@host:o/r", "me@corp.example@host:o/r/", "ssh://me@corp.example@host/~/o/r"},
      {"[host.example:2222]:o/r", "[host.example:2222]:o/r/", "ssh://host.example:2222/~/o/r"},
      {"git@[Host:22]:/o/r", "git@[Host:22]:/o/r/", "ssh://git@host/o/r"},
      {"[git@host:2222]:o/r", "[git@host:2222]:o/r/", "ssh://git@host:2222/~/o/r"},
      {"example.com:a%41", "example.com:a%41/", "ssh://example.com/~/a%2541"},
      {"example.com:/", "example.com:/", "ssh://example.com"},
      {"file:///srv/r", "file:///srv/r/", "file:///srv/r"},
      {"file:///", "file:///", "file:///"},
      {"File://LocalHost/srv/r", "File:///srv/r/", "file:///srv/r"},
      {"file:///srv/./r", "file:///srv/./r/", "file:///srv/r"},
      {"file:///srv/mr/../r/", "file:///srv/mr/../r/", "file:///srv/r"},
      {"file:///srv/mr/x/../..", "file:///srv/mr/x/../../", "file:///srv"},
      {"file:///../../r", "file:///../../r/", "file:///r"},
      {"file:///srv/a%20b", "file:///srv/a%20b/", "file:///srv/a%20b"},
      {"foo://example.com/r", "foo://example.com/r/", "foo://example.com/r"},
      {"ext::sh -c 'x?#\\'", "ext::sh -c 'x?#\\'", "ext::sh -c 'x?#\\'"},
      {"EXT::x/", "EXT::x/", "ext::x/"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.written);
    const RepoUrl url = RepoUrl::parse(row.written);
    CHECK(url.text() == row.text);
    CHECK(url.normalized() == row.normalized);
    CHECK(RepoUrl::parse(url.text()).text() == url.text());
    CHECK(RepoUrl::parse(url.text()) == url);
    CHECK(RepoUrl::parse(url.normalized()).normalized() == url.normalized());
  }
}

TEST_CASE("repo url: its parts are told") {
  const RepoUrl http = RepoUrl::parse("HTTP://U:P@Example.com:81/r");
  CHECK(http.scheme() == "http");
  CHECK(http.host() == "example.com");
  CHECK(http.has_user());
  CHECK(http.has_password());
  CHECK_FALSE(http.is_helper());
  CHECK_FALSE(http.local_path());

  const RepoUrl scp = RepoUrl::parse("git@[::1]:r");
  CHECK(scp.scheme() == "ssh");
  CHECK(scp.host() == "::1");
  CHECK(scp.has_user());
  CHECK_FALSE(scp.has_password());

  const RepoUrl file = RepoUrl::parse("file://localhost/a%20b/./%C3%A9");
  CHECK(file.host().empty());
  CHECK(file.local_path() == "/a b/\xc3\xa9");
  CHECK(RepoUrl::parse("file:///").local_path() == "/");

  const RepoUrl helper = RepoUrl::parse("ext::https://example.com/");
  CHECK(helper.is_helper());
  CHECK(helper.scheme() == "ext");
  CHECK(helper.host().empty());
}

TEST_CASE("repo url: git is given it without the slash at the end") {
  CHECK(RepoUrl::parse("https://example.com/o/r").fetch_text() == "https://example.com/o/r");
  CHECK(RepoUrl::parse("git@github.com:o/r.git").fetch_text() == "git@github.com:o/r");
  CHECK(RepoUrl::parse("file:///").fetch_text() == "file:///");
  CHECK(RepoUrl::parse("host:/").fetch_text() == "host:/");
  CHECK(RepoUrl::parse("ext::x/").fetch_text() == "ext::x/");
}

TEST_CASE("repo url: a malformed address is refused by the rule it breaks") {
  struct Row {
    std::string text;
    std::string why;
  };
  const Row rows[] = {
      {"", "it is empty"},
      {"\xff://x/", "it is not UTF-8"},
      {"https://example.com/\xff", "it is not UTF-8"},
      {"https://example.com/a\nb", "it has a control character"},
      {"ext::a\nb", "it has a control character"},
      {"https://example.com/a%0ab", "it has an escaped control character"},
      {"https://example.com/a%00", "it has an escaped control character"},
      {"https://user%0a@example.com/a", "it has an escaped control character"},
      {"--upload-pack=touch /tmp/x", "it starts with '-'"},
      {"-oProxyCommand=x:y", "it starts with '-'"},
      {"ssh://-oProxyCommand=x/r", "its host starts with '-'"},
      {"u@-oProxyCommand=x:y", "its host starts with '-'"},
      {"ssh://-oProxyCommand=x@example.com/r", "its user starts with '-'"},
      {"ssh://%2doProxyCommand=x@example.com/r", "its user starts with '-'"},
      {"ssh://a%2fb@example.com/r", "its user has a '/'"},
      {"ssh://@example.com/r", "its user is empty"},
      {"https://example.com\\@evil.example/r", "it has a '\\'"},
      {"https://example.com/a%5cb", "it has an escaped '\\'"},
      {"https://example.com/r?x", "it has a query"},
      {"https://example.com/r#x", "it has a fragment"},
      {"https://example.com/a//b", "it has an empty segment"},
      {"https://example.com/a//", "it has an empty segment"},
      {"https://example.com//a", "it has an empty segment"},
      {"https://example.com/a%2F%2Fb", "it has an empty segment"},
      {"https://example.com/%2Fa", "it has an empty segment"},
      {"https://example.com/a/../b", "it has a '..' segment"},
      {"https://example.com/..", "it has a '..' segment"},
      {"https://example.com/a/%2e%2E/b", "it has a '..' segment"},
      {"https://example.com/a/.%2e/b", "it has a '..' segment"},
      {"https://example.com/a%2f..%2fb", "it has a '..' segment"},
      {"example.com:../r", "it has a '..' segment"},
      {"file:///srv/%2e%2e/r", "it has a '..' segment"},
      {"file:///srv/../a/%2e%2e/r", "it has a '..' segment"},
      {"https://example.com/./a", "it has a '.' segment"},
      {"https://example.com/%2e/a", "it has a '.' segment"},
      {"https://example.com/a%", "it has a malformed percent escape"},
      {"https://example.com/a%2", "it has a malformed percent escape"},
      {"https://example.com/a%zz", "it has a malformed percent escape"},
      {"https:///r", "it has no host"},
      {"git:///srv/r", "it has no host"},
      {"git://", "it has no host"},
      {"https://:443/r", "it has no host"},
      {"https://a b/r", "its host has a character that host names do not have"},
      {"https://ex%61mple.com/r", "its host has a character that host names do not have"},
      {"$(x):r", "its host has a character that host names do not have"},
      {"https://localhost./r", "its host has an empty label"},
      {"https://a..b/r", "its host has an empty label"},
      {"https://[::1/r", "its host is not an IPv6 address"},
      {"https://[]/r", "its host is not an IPv6 address"},
      {"https://[::1]x/r", "its host is not an IPv6 address"},
      {"https://[fe80::1%25eth0]/r", "its host is not an IPv6 address"},
      {"https://example.com:0/r", "its port is not a port number"},
      {"https://example.com:65536/r", "its port is not a port number"},
      {"https://example.com:99999999999999999999/r", "its port is not a port number"},
      {"https://example.com:80:90/r", "its port is not a port number"},
      {"https://example.com:x/r", "its port is not a port number"},
      {"file://server/share", "a 'file:' address cannot name another host"},
      {"file://localhost:1/r", "a 'file:' address cannot name another host"},
      {"file://u@localhost/r", "a 'file:' address cannot name another host"},
      {"file://", "it has no path"},
      {"file://localhost", "it has no path"},
      {"host:", "it has no path"},
      {"[host:x]:r", "its port is not a port number"},
      {"[:22]:r", "it has no host"},
      {"user:secret@host:r", "it has a password"},
      {"origin", "it is a path and no address"},
      {"../r", "it is a path and no address"},
      {"/srv/r", "it is a path and no address"},
      {"./a:b", "it is a path and no address"},
      {"dir/a:b", "it is a path and no address"},
      {":r", "it is a path and no address"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    try {
      const RepoUrl url = RepoUrl::parse(row.text);
      FAIL_CHECK("accepted as " << url.normalized());
    } catch (const mlem::Error& error) {
      CHECK(error.kind() == mlem::ErrorKind::invalid);
      CHECK(error.why() == row.why);
    }
  }
}

TEST_CASE("repo url: a secret is never printed") {
  struct Row {
    std::string text;
    std::string redacted;
  };
  const Row rows[] = {
      {"https://example.com/o/r", "https://example.com/o/r"},
      {"https://example.com/a@b", "https://example.com/a@b"},
      {"https://example.com:8443/a@b", "https://example.com:8443/a@b"},
      {"https://token@example.com/r", "https://***@example.com/r"},
      {"https://u:p@example.com/r", "https://***@example.com/r"},
      {"https://u:p@q@example.com/r", "https://***@example.com/r"},
      {"https://u:p/q@example.com/r", "https://***@example.com/r"},
      {"https://u:p/q/r@x/y@example.com/r", "https://***@example.com/r"},
      {"https://u:p\\q@example.com/r", "https://***@example.com/r"},
      {"https://u:p?q@example.com/r", "https://***@example.com/r"},
      {"https://u:p q@example.com/r", "https://***@example.com/r"},
      {"https://example.com/r?token=secret", "https://example.com/r?***"},
      {"'https://example.com/r?a=b' and x://y?z", "'https://example.com/r?***' and x://y?***"},
      {"ssh://git@example.com/r", "ssh://git@example.com/r"},
      {"SSH://git:p@example.com/r", "SSH://git:***@example.com/r"},
      {"ssh://git%3Ap@example.com/r", "ssh://***@example.com/r"},
      {"git@example.com:o/r", "git@example.com:o/r"},
      {"user:p@example.com:r", "user:***@example.com:r"},
      {"user:p@example.com:r https://u:p@b/", "user:***@example.com:r https://***@b/"},
      {"ext::ssh u:p@host", "ext::***"},
      {"fatal: cannot access 'https://u:p@example.com/r/': x@y",
       "fatal: cannot access 'https://***@example.com/r/': x@y"},
      {"could not read from 'https://example.com': no", "could not read from 'https://example.com': no"},
      {"a https://u@b/ c\nhttp://v@d", "a https://***@b/ c\nhttp://***@d"},
      {"x://a://u:p@b/", "x://a://***@b/"},
      {"://u@b", "://***@b"},
      {"https:/u:p@example.com/r", "https:/***@example.com/r"},
      {"https:u:p@example.com/r", "https:***@example.com/r"},
      {"https:///u:p@example.com/r", "https:///***@example.com/r"},
      {"HTTPS:\\\\u:p@example.com/r", "HTTPS:\\\\***@example.com/r"},
      {"https://u:p%40example.com/r", "https://***%40example.com/r"},
      {"https://token%40example.com/r", "https://***%40example.com/r"},
      {"https:/u:p%40example.com/r", "https:/***%40example.com/r"},
      {"u:p@example.com", "u:***@example.com"},
      {"u:p@example.com/r", "u:***@example.com/r"},
      {"u:p@host/r", "u:***@host/r"},
      {"u:p%40example.com/r", "u:***%40example.com/r"},
      {"u:p/q@example.com/r", "u:***@example.com/r"},
      {"'u:p@10.0.0.1/r' and u:q@10.0.0.1:r", "'u:***@10.0.0.1/r' and u:***@10.0.0.1:r"},
      {"git:///srv/r:v1@models/rf", "git:///srv/r:v1@models/rf"},
      {"file:///srv/r/@v1:models/rf", "file:///srv/r/@v1:models/rf"},
      {"git@example.com:o/r/@v1:models/rf", "git@example.com:o/r/@v1:models/rf"},
      {"main:models/a@v1.mlem", "main:models/a@v1.mlem"},
      {"main:models/a@b", "main:models/a@b"},
      {"HEAD@{1}:a", "HEAD@{1}:a"},
      {"why: a@b.example", "why: a@b.example"},
      {"", ""},
      {"\n\n", "\n\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(mlem::redact(row.text) == row.redacted);
  }
  CHECK(RepoUrl::parse("https://u:p@example.com/r").printable() == "https://***@example.com/r/");
  CHECK_THROWS_WITH(RepoUrl::parse("https://u:p@example.com/r?x"),
                    "invalid address 'https://***@example.com/r?***': it has a query");
}

TEST_CASE("repo url: hostile lengths take linear time") {
  std::string addresses;
  for (int i = 0; i < 200000; ++i) addresses += "a://b:c/";
  CHECK(mlem::redact(addresses + "@") == "a://***@");
  // A fuzzer's: hiding the second secret makes an address of what is before it.
  const std::string once = mlem::redact("[g://g://[:[Q[]:[.:ps://ki:(f:I:/:/;.git/@://a/]@:/A");
  CHECK(mlem::redact(once) == once);
  CHECK_THROWS_AS(RepoUrl::parse("https://" + std::string(1000000, '@') + "/"), mlem::Error);
  CHECK(RepoUrl::parse("https://example.com/" + std::string(1000000, 'x')).text().size() > 1000000);
}
