#include "site/markup.hpp"
#include <doctest/doctest.h>

#include <string>

using namespace mlem;
using namespace mlem::site;

TEST_CASE("markup: literals are markup and everything else is text") {
  Markup markup;
  const std::string hostile = "\"><script>alert('x')</script>&amp;";
  markup << "<p title=\"" << hostile << "\">" << std::string_view("<b>") << std::size_t{7} << "</p>";
  CHECK(markup.text() ==
        "<p title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;\">&lt;b&gt;7</p>");
  Markup outer;
  outer << "<i>" << markup << "</i>";
  CHECK(outer.text() == "<i>" + markup.text() + "</i>");
}

TEST_CASE("markup: a day is shown in UTC and a number with its noun") {
  Markup markup;
  put_day(markup, 1'700'000'000);
  CHECK(markup.text() == "<time datetime=\"2023-11-14T22:13:20Z\" title=\"2023-11-14T22:13:20Z\">2023-11-14</time>");
  CHECK(counted(1, "link") == "1 link");
  CHECK(counted(0, "link") == "0 links");
}
