#include "model/date.hpp"
#include "model/gto.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <array>
#include <utility>

// A registry is mostly links that a program wrote, and yaml-cpp takes a hundred times longer to read one than it takes
// to compare it with the few lines it must consist of. What is not exactly those lines is left to yaml-cpp.

namespace mlem::yaml {
namespace {

/// The characters of a plain scalar that cannot end it, start a comment or mean something in YAML, wherever they stand.
constexpr std::array<bool, 256> make_plain_set() {
  std::array<bool, 256> set{};
  for (char c = '0'; c <= '9'; ++c) set[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) set[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) set[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("/_.-:@+~%=^")) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr auto plain_set = make_plain_set();

bool is_plain(char c) noexcept { return plain_set[static_cast<unsigned char>(c)]; }

bool may_start_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '.';
}

bool is_single_quotable(char c) noexcept { return c >= 0x20 && c <= 0x7e && c != '\''; }

/// What is left of the text. Each function either moves past what it read or stays where it was.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }

  bool eat(std::string_view words) noexcept {
    if (!rest_.starts_with(words)) return false;
    rest_.remove_prefix(words.size());
    return true;
  }

  /// Reads `key` (with its colon and blank) and a scalar that is alone on its line.
  bool eat_field(std::string_view key, std::string& value) {
    if (!rest_.starts_with(key)) return false;
    const std::string_view after = rest_.substr(key.size());
    const std::string_view scalar = after.starts_with('\'') ? single_quoted(after.substr(1)) : plain(after);
    if (scalar.empty()) return false;
    value = scalar;
    const auto end = static_cast<std::size_t>(scalar.data() + scalar.size() - rest_.data());
    rest_.remove_prefix(end + (after.starts_with('\'') ? 2 : 1));
    return true;
  }
  bool eat_field(std::string_view key, std::optional<std::string>& value) {
    std::string text;
    if (!eat_field(key, text)) return false;
    value = std::move(text);
    return true;
  }

 private:
  static std::string_view single_quoted(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && is_single_quotable(text[size])) ++size;
    return text.substr(size).starts_with("'\n") ? text.substr(0, size) : std::string_view();
  }

  static std::string_view plain(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && is_plain(text[size])) ++size;
    const std::string_view scalar = text.substr(0, size);
    if (size == 0 || size == text.size() || text[size] != '\n') return {};
    if (!may_start_plain(scalar.front()) || scalar.back() == ':') return {};
    return detail::scalar_type(scalar) == detail::ScalarType::string ? scalar : std::string_view();
  }

  std::string_view rest_;
};

}  // namespace

std::optional<Metafile> scan_link(std::string_view text) {
  if (text.size() > max_link_size) return std::nullopt;
  Cursor cursor(text);
  Metafile metafile{.kind = Metafile::Kind::link, .object_type = "link", .link = {}, .warnings = {}};
  Link& link = metafile.link;

  if (!cursor.eat_field("link_type: ", link.link_type) || !cursor.eat("object_type: link\n")) return std::nullopt;
  if (cursor.eat("params:\n  git-mlem:\n")) {
    const bool blob = cursor.eat_field("    blob: ", link.pinned_blob);
    const bool hold = cursor.eat_field("    hold: ", link.hold);
    const bool object = !blob && cursor.eat_field("    object: ", link.pinned_blob);
    if (cursor.eat("    plain: tree\n")) link.plain = Plain::tree;
    if (!link.plain && cursor.eat("    plain: blob\n")) link.plain = Plain::blob;
    const bool ref = cursor.eat_field("    ref: ", link.pinned_ref);
    const bool until = cursor.eat_field("    until: ", link.until);
    if (!blob && !hold && !object && !link.plain && !ref && !until) return std::nullopt;
    if (link.plain ? blob : object) return std::nullopt;
    if (ref && !is_followable(*link.pinned_ref)) return std::nullopt;
    if (until && !is_date(*link.until)) return std::nullopt;
  }
  if (!cursor.eat_field("path: ", link.path)) return std::nullopt;
  if (cursor.eat_field("project: ", link.repo)) {
    link.dialect = Dialect::project;
  } else if (cursor.eat_field("repo: ", link.repo)) {
    link.dialect = Dialect::repo;
  }
  cursor.eat_field("rev: ", link.rev);
  // What an optional field could not read is still there.
  if (!cursor.at_end() || link.link_type == "dataset") return std::nullopt;
  return metafile;
}

}  // namespace mlem::yaml
