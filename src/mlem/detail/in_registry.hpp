#pragma once

// The engine's words have to be known before the public ones make them ambiguous.
// clang-format off
#include "mlem/engine.hpp"
#include "mlem/mlem.hpp"
// clang-format on

#include <exception>
#include <optional>
#include <string>

namespace mlem {
inline namespace v0 {
namespace detail {

inline std::optional<std::string> if_given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// Calls `work`; what it throws becomes what callers are promised.
template <typename Work>
auto promising(const Work& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const engine::Error& error) {
    throw Error(error.what(), "", error.hint());
  } catch (const std::exception& error) {
    throw Error(error.what(), "", "");
  }
}

/// The same with the registry around `directory`.
template <typename Work>
auto in_registry(const std::string& directory, const Work& work) {
  return promising([&] { return work(git::Registry::discover(Environment::of_this_process(), directory)); });
}

inline void require_ok(const std::string& object, const engine::Finding& finding) {
  if (finding.verdict == Verdict::ok) return;
  const std::string verdict(name(finding.verdict));
  throw Error("'" + object + "': " + verdict + ": " + finding.message, verdict, finding.hint);
}

}  // namespace detail

using detail::if_given;
using detail::in_registry;
using detail::promising;
using detail::require_ok;

}  // namespace v0
}  // namespace mlem
