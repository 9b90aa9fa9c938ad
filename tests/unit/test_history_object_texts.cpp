#include "history/object_texts.hpp"
#include "model/compatibility.hpp"
#include "model/oid.hpp"
#include "yaml/read_object.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <iterator>
#include <string>

using namespace mlem;
using history::ObjectTexts;

namespace {

Oid id(char digit) { return Oid::parse(std::string(40, digit)).value(); }

std::string model(const std::string& type, const std::string& version) {
  return "call_orders: {}\nobject_type: model\nprocessors:\n  model:\n    type: " + type +
         "\nrequirements:\n- module: numpy\n  version: " + version + "\n";
}

/// The same in words that take a parser.
std::string flow_model(const std::string& type) {
  return "{object_type: model, processors: {model: {type: " + type + "}}}\n";
}

}  // namespace

TEST_CASE("object_texts: objects are compared as if each was read whole") {
  const std::string texts[] = {model("sklearn", "1.0.0"), model("sklearn", "2.0.0"), model("xgboost", "1.0.0"),
                               flow_model("sklearn"), flow_model("xgboost")};
  ObjectTexts objects(10'000);
  for (std::size_t i = 0; i < std::size(texts); ++i) objects.add(id(static_cast<char>('1' + i)), texts[i]);
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    for (std::size_t k = 0; k < std::size(texts); ++k) {
      CAPTURE(texts[i]);
      CAPTURE(texts[k]);
      const Comparison whole = compare(yaml::read_object(texts[i]), yaml::read_object(texts[k]));
      CHECK(objects.compare(id(static_cast<char>('1' + i)), id(static_cast<char>('1' + k))) == whole);
    }
  }
}

TEST_CASE("object_texts: what there is no room for is not kept and what was kept once takes little") {
  const std::string first = model("sklearn", "1.0.0");
  const std::string rest_of_second = "object_type: model\nrequirements:\n- module: numpy\n  version: 2.0.0\n";
  ObjectTexts objects(first.size() + rest_of_second.size());
  objects.add(id('1'), first);
  objects.add(id('1'), first);
  CHECK(objects.has(id('1')));
  objects.add(id('2'), model("xgboost", "2.0.0"));
  CHECK_FALSE(objects.has(id('2')));
  objects.add(id('3'), model("sklearn", "2.0.0"));
  CHECK(objects.has(id('3')));
  objects.add(id('4'), flow_model("sklearn"));
  CHECK_FALSE(objects.has(id('4')));
}
