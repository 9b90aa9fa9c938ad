#include "base/error.hpp"
#include "yaml/metafile.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using mlem::yaml::to_json;

TEST_CASE("to_json: keys keep their order and scalars their type") {
  struct Row {
    std::string yaml;
    std::string json;
  };
  const Row rows[] = {
      {"b: 1\na: x\n", R"({"b":1,"a":"x"})"},
      {"{}", "{}"},
      {"a: [1, {b: c}, []]\n", R"({"a":[1,{"b":"c"},[]]})"},
      {"a: yes\nb: Off\nc: null\nd: ~\ne:\n", R"({"a":true,"b":false,"c":null,"d":null,"e":null})"},
      {"a: 010\nb: 0x1F\nc: 0b11\nd: 1_000\ne: 1:30\nf: -0x10\n", R"({"a":8,"b":31,"c":3,"d":1000,"e":90,"f":-16})"},
      {"a: 18446744073709551615\nb: -9223372036854775808\n", R"({"a":18446744073709551615,"b":-9223372036854775808})"},
      {"a: 18446744073709551616\nb: -9223372036854775809\n",
       R"({"a":"18446744073709551616","b":"-9223372036854775809"})"},
      {"a: 0x1_0000_0000_0000_0000\nb: 9999999999999999:00\n",
       R"({"a":"0x1_0000_0000_0000_0000","b":"9999999999999999:00"})"},
      {"a: 1.5\nb: 5.\nc: .5\nd: 1.5e+3\ne: 1:30.5\n", R"({"a":1.5,"b":5.0,"c":0.5,"d":1500.0,"e":90.5})"},
      {"a: .inf\nb: -.INF\nc: .nan\nd: 0x_\ne: 1.0e+999\n",
       R"({"a":".inf","b":"-.INF","c":".nan","d":"0x_","e":"1.0e+999"})"},
      {"a: 2024-01-01\nb: '1'\nc: 1e5\nd: 08\n", R"({"a":"2024-01-01","b":"1","c":"1e5","d":"08"})"},
      {"a: \"\\e\\_\\N\\x9b\"\nb: caf\xc3\xa9\n", R"({"a":"\u001b\u00a0\u0085\u009b","b":"caf\u00e9"})"},
      {"1: a\n~: b\n", R"({"1":"a","null":"b"})"},
      {"a: 'x\n\n  '\n", R"({"a":"x\n"})"},
      {"a: &x [1]\nb: *x\nc: &y z\nd: *y\n", R"({"a":[1],"b":[1],"c":"z","d":"z"})"},
      {"a: 1\nb: 2\na: 3\n", R"({"a":3,"b":2})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.yaml);
    CHECK(to_json(row.yaml) == row.json);
  }
}

TEST_CASE("to_json: all numbers are written as such for who reads them") {
  const std::string zeros(300, '0');
  const std::string nines(4300, '9');
  const std::pair<std::string, std::string> rows[] = {
      {"a: .inf\nb: -.INF\nc: .nan\nd: 1.0e+999\ne: -1.0e-999\n",
       R"({"a":Infinity,"b":-Infinity,"c":NaN,"d":Infinity,"e":-0.0})"},
      {"a: 18446744073709551616\nb: -1_8446744073709551616\n",
       R"({"a":18446744073709551616,"b":-18446744073709551616})"},
      {"a: 0x1_0000_0000_0000_0000\nb: 02000000000000000000000\nc: 0b1" + std::string(64, '0') + "\n",
       R"({"a":18446744073709551616,"b":18446744073709551616,"c":18446744073709551616})"},
      {"a: " + nines + "\nb: " + nines + "9\n", R"({"a":)" + nines + R"(,"b":")" + nines + R"(9"})"},
      {"a: 0x1" + zeros + "\n", R"({"a":"0x1)" + zeros + R"("})"},
      {"a: '.inf'\nb: !!str .inf\nc: 0x_\nd: 1\n", R"({"a":".inf","b":".inf","c":"0x_","d":1})"},
      {"a: [.inf, {}, [], {\"\\e\": .nan}]\nb: {}\n", R"({"a":[Infinity,{},[],{"\u001b":NaN}],"b":{}})"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(to_json(row.first, mlem::yaml::Numbers::any) == row.second);
  }
}

TEST_CASE("to_json: what JSON cannot show is refused with its place") {
  struct Row {
    std::string yaml;
    std::string why;
  };
  std::string bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (char level = '1'; level <= '9'; ++level) {
    const std::string last = std::string("*a") + static_cast<char>(level - 1);
    bomb += std::string(1, level) + ": &a" + level + " [" + last;
    for (int i = 0; i < 9; ++i) bomb.append(", ").append(last);
    bomb += "]\n";
  }
  const Row rows[] = {
      {"- a\n", "line 1, column 1: no YAML mapping"},
      {"a\n", "line 1, column 1: no YAML mapping"},
      {"a: &a [*a]\n", "line 1, column 8: an alias of what it is in"},
      {"? [a]\n: b\n", "line 1, column 3: a key that is not a scalar"},
      {"a: &a b\n*a : c\n", "line 2, column 1: an alias as a key"},
      {bomb, "line 6, column 39: aliases stand for more than 16 MiB"},
      {"a: 'b\n", "line 1, column 4: a quote that is not closed"},
      {std::string(17 * 1024 * 1024, '#'), "line 1, column 16777217: a metafile may not be larger than 16 MiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    try {
      to_json(row.yaml);
      FAIL_CHECK("accepted");
    } catch (const mlem::Error& error) {
      CHECK(error.why() == row.why);
    }
  }
}
