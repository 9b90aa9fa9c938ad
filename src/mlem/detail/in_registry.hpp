#pragma once

// The engine's words have to be known before the public ones make them ambiguous.
// clang-format off
#include "mlem/engine.hpp"
#include "mlem/mlem.hpp"
// clang-format on

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace mlem {
inline namespace v0 {

/// The engine's side of a Cancel; null for null.
Interrupt* interrupt_of(const Cancel* cancel) noexcept;

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
    Error told(error.what(), error.what_failed(), error.why(), "", error.hint());
    throw error.kind() == ErrorKind::unavailable ? told.as_undecided() : told;
  } catch (const Interrupted&) {
    throw Cancelled();
  } catch (const std::exception& error) {
    throw Error(error.what(), "", "");
  }
}

/// The variables for a registry that is looked for from `directory`. Who names one means that, and not the one that git
/// names for its hooks and aliases.
inline Environment environment_for(const std::string& directory) {
  Environment environment = Environment::of_this_process();
  return directory.empty() ? environment : git::without_place(std::move(environment));
}

/// The same with the registry around `directory`.
template <typename Work>
auto in_registry(const std::string& directory, const Work& work) {
  return promising([&] { return work(git::Registry::discover(environment_for(directory), directory)); });
}

/// The same for what needs none if other repositories are named.
template <typename Work>
auto in_registry_if_any(const std::string& directory, const Work& work) {
  return promising([&] { return work(git::Registry::discover_if_any(environment_for(directory), directory)); });
}

/// Returns how sources are read, by a call that `cancel` ends. Throws Interrupted if it has been asked to.
inline source::Settings settings_of(const git::Registry& registry, const Cancel* cancel) {
  source::Settings settings = source::load_settings(registry);
  settings.observer.interrupt = interrupt_of(cancel);
  if (cancel != nullptr && settings.observer.interrupt->requested()) throw Interrupted{};
  return settings;
}

/// Returns what callers are told of a finding.
Finding describe(const engine::Finding& finding);

/// Returns what is thrown for a verdict about `object`.
inline Error refusal(const std::string& object, Verdict verdict, const std::string& message, const std::string& hint) {
  const std::string word(name(verdict));
  const std::string what = "'" + object + "'";
  return {what + ": " + word + ": " + message, what, message, word, hint};
}

inline void require_ok(const std::string& object, const engine::Finding& finding) {
  if (finding.verdict == Verdict::ok) return;
  throw refusal(object, finding.verdict, finding.message, finding.hint).with(describe(finding));
}

}  // namespace detail

using detail::if_given;
using detail::in_registry;
using detail::in_registry_if_any;
using detail::promising;
using detail::refusal;
using detail::require_ok;
using detail::settings_of;

}  // namespace v0
}  // namespace mlem
