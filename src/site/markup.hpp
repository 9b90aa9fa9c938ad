#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mlem::site {

/// Returns `text` as it may stand between tags and in a double-quoted attribute of HTML and of XML: what is not fit
/// for a terminal as escape_for_terminal() has it, so that a page shows a name as the program prints it, `&`, `<`,
/// `>`, `"` and `'` as references, and what XML 1.0 has no character for as U+FFFD.
std::string escape_markup(std::string_view text);

/// A piece of HTML or XML that is written from its beginning to its end. A string literal is markup, and anything else
/// is text and escaped: what a registry says cannot become markup by an oversight.
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
