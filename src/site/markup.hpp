#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mlem::site {

/// A piece of HTML or XML that is written from its beginning to its end. A string literal is markup, and anything else
/// is text and escaped, by escape_markup(): what a registry says cannot become markup by an oversight, and a page shows
/// a name as the program prints it.
class Markup {
 public:
  template <std::size_t N>
  Markup& operator<<(const char (&literal)[N]) {
    text_.append(literal, N - 1);
    return *this;
  }
  Markup& operator<<(std::string_view text);
  Markup& operator<<(std::size_t number);
  /// Adds what was written elsewhere.
  Markup& operator<<(const Markup& other);

  const std::string& text() const noexcept { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Adds a time, in seconds since 1970, as an element `time` that shows the day, in UTC.
void put_day(Markup& markup, std::int64_t time);

/// Returns `1 link`, `2 links`.
std::string counted(std::size_t number, std::string_view noun);

}  // namespace mlem::site
