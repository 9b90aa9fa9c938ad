#pragma once

#include "base/environment.hpp"
#include "model/oid.hpp"
#include "support/sandbox.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::test {

inline Environment environment_of(const Sandbox& box) {
  Environment environment;
  for (const auto& [name, value] : box.environment()) environment.set(name, value);
  return environment;
}

inline Oid oid(std::string_view hex) {
  const auto parsed = Oid::parse(hex);
  if (!parsed) throw std::runtime_error("no object id: " + std::string(hex));
  return *parsed;
}

}  // namespace mlem::test

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += '[' + text + ']';
    return all.c_str();
  }
};
