#pragma once

#include "history/standing.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// What Standings keeps of a link, and what more than one of its files asks of an answer.

namespace mlem::history {
namespace detail {

inline constexpr std::string_view tags_prefix = "refs/tags/";

/// The number of what a resolver was asked, if it was: a quarter of what std::optional takes.
class Number {
 public:
  Number() = default;
  Number(std::size_t number) : value_(static_cast<std::uint32_t>(number)) {}
  explicit operator bool() const noexcept { return value_ != nothing; }
  std::size_t operator*() const noexcept { return value_; }

 private:
  static constexpr std::uint32_t nothing = UINT32_MAX;
  std::uint32_t value_ = nothing;
};

/// Returns the ref that an answer was found by; for an id, that.
const std::string& ref_of(const resolve::Answer& answer);

/// Returns a rev that is a version of the same as `followed`, and the same text for all that are: each is asked about.
std::string version_line_of(const std::string& followed);

/// Gives a finding the reason why nothing else is known.
void say_why(Finding& finding, Verdict verdict, std::string message, std::string hint = {});

}  // namespace detail

/// The numbers of what one resolver is asked about a link.
struct Standings::Asked {
  detail::Number pin;
  detail::Number tip;
  detail::Number newest;
};

struct Standings::Item {
  resolve::TreeView* view = nullptr;
  const std::string* ref = nullptr;  ///< what it follows, if anything
  bool is_pinned = false;
  bool is_told = false;              ///< that is not what the link says, but what the user did
  std::optional<Oid> recorded{};     ///< of a pinned link: the blob that it says
  std::unique_ptr<Link> hold{};      ///< of a link with a hold: only that
  std::unique_ptr<Finding> known{};  ///< of what nobody is asked about: an alias, or what is malformed
  std::unique_ptr<Link> question{};  ///< of a link that follows what GTO says
  Asked asked{};
  std::unique_ptr<Asked> cached{};  ///< by the resolver that is offline
  /// What a link is asked about that leads on within the registry.
  struct Own {
    std::size_t number;
    std::string link_type;
  };
  std::unique_ptr<Own> own{};
};

struct Standings::Answers {
  std::optional<resolve::Answer> pin;
  std::optional<resolve::Answer> tip;
  std::optional<resolve::Answer> newest;
  std::optional<resolve::Answer> refusal{};  ///< why the source could not be asked; what is above is from the cache
};

}  // namespace mlem::history
