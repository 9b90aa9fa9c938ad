#include "support/metafiles.hpp"

#include <doctest/doctest.h>

using namespace mlem::test;

TEST_CASE("metafiles: an object declares size and hash of its artifact") {
  const std::string start =
      "artifacts:\n  data:\n    hash: 900150983cd24fb0d6963f7d28e17f72\n    size: 3\n    uri: abc.bin\n";
  CHECK(model_meta({"abc.bin", "abc"}).rfind(start + "call_orders:\n", 0) == 0);
  CHECK(model_meta().find("\nobject_type: model\n") != std::string::npos);
  CHECK(data_meta({"abc.bin", "abc"}).rfind(start + "object_type: data\n", 0) == 0);
}

TEST_CASE("metafiles: a link has its fields in alphabetical order and no empty ones") {
  CHECK(link_text({.path = "models/rf.mlem"}) == "link_type: model\nobject_type: link\npath: models/rf.mlem\n");
  CHECK(link_text({.type = "data", .path = "a.mlem", .repo = "file:///x/", .rev = "v1"}) ==
        "link_type: data\nobject_type: link\npath: a.mlem\nrepo: file:///x/\nrev: v1\n");
  CHECK(link_text({.path = "a.mlem", .project = "file:///x/"}) ==
        "link_type: model\nobject_type: link\npath: a.mlem\nproject: file:///x/\n");
}
