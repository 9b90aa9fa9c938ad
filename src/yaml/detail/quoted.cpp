#include "yaml/detail/quoted.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mlem::yaml::detail {
namespace {

void append_utf8(std::string& out, char32_t c) {
  const auto append = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  const auto continuation = [&](unsigned shift) { append(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    append(c);
  } else if (c < 0x800) {
    append(0xc0 | (c >> 6));
    continuation(0);
  } else if (c < 0x10000) {
    append(0xe0 | (c >> 12));
    continuation(6);
    continuation(0);
  } else {
    append(0xf0 | (c >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

/// Returns what the escape of one letter stands for, or the letter itself (`"`, `\`, `/`, blank, tab).
char32_t unescape(char letter) {
  switch (letter) {
    case '0':
      return 0x00;
    case 'a':
      return 0x07;
    case 'b':
      return 0x08;
    case 't':
      return 0x09;
    case 'n':
      return 0x0a;
    case 'v':
      return 0x0b;
    case 'f':
      return 0x0c;
    case 'r':
      return 0x0d;
    case 'e':
      return 0x1b;
    case 'N':
      return 0x85;
    case '_':
      return 0xa0;
    case 'L':
      return 0x2028;
    case 'P':
      return 0x2029;
    default:
      return static_cast<unsigned char>(letter);
  }
}

std::size_t hex_digits(char letter) { return letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0; }

class Reader {
 public:
  Reader(std::string_view text, std::size_t offset) : text_(text), quote_(text[offset]), at_(offset + 1) {}

  std::optional<Quoted> read() {
    while (at_ < text_.size()) {
      if (text_[at_] == quote_) {
        ++at_;
        if (quote_ == '"' || peek() != quote_) return Quoted{std::move(value_), at_};
        value_ += text_[at_++];
      } else if (text_[at_] == '\\' && quote_ == '"') {
        ++at_;
        read_escape();
      } else if (is_space(peek())) {
        read_spaces();
      } else {
        value_ += text_[at_++];
      }
    }
    return std::nullopt;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  /// Passes blanks and line ends; returns the number of the latter.
  std::size_t skip_spaces() {
    std::size_t breaks = 0;
    for (; is_space(peek()); ++at_) breaks += peek() == '\n' ? 1 : 0;
    return breaks;
  }

  void read_spaces() {
    const std::size_t start = at_;
    const std::size_t breaks = skip_spaces();
    if (breaks == 0) {
      value_ += text_.substr(start, at_ - start);
    } else if (breaks == 1) {
      value_ += ' ';
    } else {
      value_.append(breaks - 1, '\n');
    }
  }

  void read_escape() {
    const char letter = peek();
    if (letter == '\r' || letter == '\n') {
      value_.append(skip_spaces() - 1, '\n');
      return;
    }
    at_ = std::min(at_ + 1, text_.size());
    char32_t code_point = unescape(letter);
    if (const std::size_t digits = hex_digits(letter); digits > 0) {
      code_point = 0;
      for (const char digit : text_.substr(at_, digits)) {
        code_point = code_point * 16 + static_cast<char32_t>(std::max(hex_value(digit), 0));
      }
      at_ = std::min(at_ + digits, text_.size());
    }
    append_utf8(value_, code_point);
  }

  std::string_view text_;
  char quote_;
  std::size_t at_;
  std::string value_;
};

}  // namespace

std::optional<Quoted> read_quoted(std::string_view text, std::size_t offset) { return Reader(text, offset).read(); }

}  // namespace mlem::yaml::detail
