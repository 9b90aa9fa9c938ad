#include "base/error.hpp"

#include "bundle/manifest.hpp"
#include <doctest/doctest.h>

#include <string>

using namespace mlem;
using namespace mlem::bundle;

namespace {

const std::string digest(64, 'a');
const std::string digest_after(64, 'b');
const Oid commit = *Oid::parse(std::string(40, '1'));
const Oid other = *Oid::parse(std::string(40, '2'));

Manifest full() {
  Manifest manifest;
  manifest.since = {digest};
  manifest.registry = {.object_format = "sha1",
                       .head = "refs/heads/main",
                       .commit = commit,
                       .time = 1'700'000'000,
                       .refs = {{"refs/heads/main", commit}, {"refs/tags/v1", other}, {commit_ref(other), other}},
                       .prerequisites = {other},
                       .pack = Part{digest, 12}};
  manifest.links = {{.link = "prod/a.mlem", .repo = "https://host/a/", .rev = "v1", .commit = "c", .path = "a.mlem"},
                    {.link = "own.mlem"}};
  BundledSource source{.repo = RepoUrl::parse("https://host/a/"), .object_format = "sha1"};
  source.refs = source::ListedRefs{.oids = {{"HEAD", commit}}, .head_branch = "refs/heads/main"};
  source.commits = {commit};
  source.pack = Part{digest, 34};
  source.lfs = {digest};
  source.dvc = {{.md5 = std::string(32, 'c') + ".dir", .layout = dvc::Layout::v2, .sha256 = digest_after}};
  manifest.sources = {source, {.object_format = "sha1", .lfs = {digest}}};
  manifest.artifacts = {{digest, 5}, {digest_after, 6}};
  return manifest;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t place = text.find(what);
  REQUIRE(place != std::string::npos);
  return text.replace(place, what.size(), by);
}

void check_refused(const std::string& text, const std::string& why) {
  CAPTURE(text);
  try {
    parse_manifest(text);
    FAIL("it was read");
  } catch (const Error& error) {
    CAPTURE(error.what());
    CHECK(error.kind() == ErrorKind::invalid);
    CHECK(std::string(error.what()).find(why) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("manifest: what is written is read, and is written the same again") {
  const std::string text = manifest_text(full());
  const Manifest read = parse_manifest(text);
  CHECK(manifest_text(read) == text);
  CHECK(read.registry.refs == full().registry.refs);
  CHECK(read.links == full().links);
  CHECK(read.sources.at(0).refs == full().sources.at(0).refs);
  CHECK(read.sources.at(0).dvc.at(0).layout == dvc::Layout::v2);
  CHECK_FALSE(read.sources.at(1).repo);
  CHECK(read.artifacts == full().artifacts);
}

TEST_CASE("manifest: a name that is not UTF-8 does not end it") {
  Manifest manifest = full();
  manifest.links.front().link = "prod/\xff.mlem";
  CHECK(parse_manifest(manifest_text(manifest)).links.front().link == "prod/\xef\xbf\xbd.mlem");
}

TEST_CASE("manifest: what another program could take otherwise is refused") {
  const std::string text = manifest_text(full());
  check_refused("", "it is not JSON");
  check_refused("[]", "is not a mapping");
  check_refused(replaced(text, "git-mlem bundle", "other bundle"), "another format");
  check_refused(replaced(text, "\"version\": 1", "\"version\": 2"), "it is of version 2");
  check_refused(replaced(text, "\"links\"", "\"lynx\""), "unknown key");
  check_refused(replaced(text, "\"version\": 1,", "\"version\": 1, \"version\": 1,"), "");
  check_refused(replaced(text, "\"sha1\"", "\"md5\""), "unknown 'object_format'");
  check_refused(replaced(text, "\"refs/tags/v1\"", "\"refs/notes/v1\""), "no branch and no tag");
  check_refused(replaced(text, "\"refs/tags/v1\"", "\"refs/tags/../v1\""), "git does not allow");
  check_refused(replaced(text, "\"refs/tags/v1\"", "\"refs/tags/v\\n1\""), "git does not allow");
  check_refused(replaced(text, "\"refs/tags/v1\"", "\"refs/heads/-v1\""), "git does not allow");
  check_refused(replaced(text, "\"head\": \"refs/heads/main\"", "\"head\": \"refs/heads/other\""),
                "no branch of its own");
  check_refused(replaced(text, commit.hex(), "main"), "than an id");
  check_refused(replaced(text, digest, "../" + digest.substr(3)), "SHA-256");
  check_refused(replaced(text, std::string(32, 'c') + ".dir", "../../../../etc/passwd"), "another 'md5'");
  check_refused(replaced(text, "\"layout\": 2", "\"layout\": 4"), "unknown 'layout'");
  check_refused(replaced(text, "\"size\": 12", "\"size\": -12"), "than a number");
  check_refused(replaced(text, "https://host/a/\",\n   \"object_format", "no address\",\n   \"object_format"), "");
  Manifest unsorted = full();
  std::swap(unsorted.artifacts.front(), unsorted.artifacts.back());
  check_refused(manifest_text(unsorted), "not in order");
}
