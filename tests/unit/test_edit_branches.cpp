#include "base/text.hpp"
#include "edit/branches.hpp"
#include "model/rev.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mlem;

TEST_CASE("branches: the name of a branch has what refs cannot hold in another spelling") {
  struct Row {
    std::string link;
    std::string branch;
  };
  const std::vector<Row> rows = {{"prod/churn.mlem", "mlem/prod/churn"},
                                 {"a b~^:?*[\\.mlem", "mlem/a%20b%7E%5E%3A%3F%2A%5B%5C"},
                                 {"100%.mlem", "mlem/100%25"},
                                 {"a..b.mlem", "mlem/a%2E.b"},
                                 {".hidden/.x.mlem", "mlem/%2Ehidden/%2Ex"},
                                 {"x.lock/y.lock.mlem", "mlem/x%2Elock/y%2Elock"},
                                 {"x.lockers.mlem", "mlem/x.lockers"},
                                 {"end..mlem", "mlem/end%2E"},
                                 {"@.mlem", "mlem/%40"},
                                 {"a@{1}.mlem", "mlem/a%40{1}"},
                                 {"a@b.mlem", "mlem/a@b"},
                                 {"-x/-y.mlem", "mlem/%2Dx/-y"},
                                 {"t\tn\n\x7f.mlem", "mlem/t%09n%0A%7F"},
                                 {"gr\xc3\xbc\xc3\x9f.mlem", "mlem/gr\xc3\xbc\xc3\x9f"}};
  for (const Row& row : rows) {
    CAPTURE(row.link);
    const std::string branch = edit::branch_for("mlem/{link}", row.link);
    CHECK(branch == row.branch);
    CHECK(is_ref_name("refs/heads/" + branch));
    CHECK(is_ref_name("refs/heads/" + edit::branch_for("{link}", row.link)));
  }
  CHECK(edit::branch_for("mlem", "a.mlem") == "mlem");
  CHECK(edit::branch_for("{link}-{link}", "{link}.mlem") == "{link}-{link}");
}
