#include "base/error.hpp"
#include "yaml/edit_object.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mlem;

namespace {

std::string rename_rf(const std::string& uri) { return uri.starts_with("rf") ? "best" + uri.substr(2) : uri; }

}  // namespace

TEST_CASE("edit_artifacts: only the uris change, and what DVC tracked is a plain file") {
  struct Row {
    const char* before;
    const char* after;
  };
  const Row rows[] = {
      {"artifacts:\n  data:\n    hash: 12\n    size: 3\n    uri: rf\nobject_type: model\n",
       "artifacts:\n  data:\n    hash: 12\n    size: 3\n    uri: best\nobject_type: model\n"},
      {"artifacts:\n  data:\n    hash: '12'  # old\n    size: 3\n    type: dvc\n    uri: rf/a  # here\nobject_type: "
       "model\n",
       "artifacts:\n  data:\n    hash: '12'  # old\n    size: 3\n    uri: best/a  # here\nobject_type: model\n"},
      {"artifacts:\r\n  a:\r\n    uri: 'rf/a'\r\n  b:\r\n    type: dvc\r\n    uri: \"other\"\r\nobject_type: model\r\n",
       "artifacts:\r\n  a:\r\n    uri: 'best/a'\r\n  b:\r\n    uri: \"other\"\r\nobject_type: model\r\n"},
      {"artifacts:\n- hash: 12\n  uri: rf\n- uri: rf.b\nobject_type: model\n",
       "artifacts:\n- hash: 12\n  uri: best\n- uri: best.b\nobject_type: model\n"},
      {"{artifacts: {data: {type: dvc, uri: rf, size: 3}}, object_type: model}\n",
       "{artifacts: {data: {uri: best, size: 3}}, object_type: model}\n"},
      {"{\"artifacts\": {\"data\": {\"uri\": \"rf\"}}, \"object_type\": \"model\"}\n",
       "{\"artifacts\": {\"data\": {\"uri\": \"best\"}}, \"object_type\": \"model\"}\n"},
      {"object_type: model\nuri: rf\n", "object_type: model\nuri: rf\n"},
      {"artifacts: 5\nobject_type: model\n", "artifacts: 5\nobject_type: model\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.before);
    CHECK(yaml::edit_artifacts(row.before, rename_rf) == row.after);
  }
}

TEST_CASE("edit_artifacts: a name that needs quotes gets them") {
  const std::string text = "artifacts:\n  data:\n    uri: rf\nobject_type: model\n";
  CHECK(yaml::edit_artifacts(text, [](const std::string&) { return std::string("12"); }) ==
        "artifacts:\n  data:\n    uri: '12'\nobject_type: model\n");
}

TEST_CASE("edit_artifacts: an artifact that another one repeats is changed once, for both") {
  CHECK(yaml::edit_artifacts("artifacts:\n  a: &same\n    uri: rf\n  b: *same\nobject_type: model\n", rename_rf) ==
        "artifacts:\n  a: &same\n    uri: best\n  b: *same\nobject_type: model\n");
}

TEST_CASE("edit_artifacts: what cannot be changed alone is told") {
  const std::string text = "name: &it rf\nartifacts:\n  a:\n    uri: *it\nobject_type: model\n";
  try {
    yaml::edit_artifacts(text, rename_rf);
    FAIL("it was changed");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    CHECK(std::string(error.what()) ==
          "cannot change the artifacts in the metafile: they are written in a way that leaves nothing else alone");
  }
}
