#include "yaml/detail/block_line.hpp"
#include "yaml/detail/block_scanner.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <utility>

// The type of an object can only be told without a parser if every line before and after it is understood: a quote that
// is not closed, or a key indented wrongly, changes what all others mean. So this reads the language of block_line.hpp.

namespace mlem::yaml {
namespace {

using detail::is_plain;
using detail::is_single_quoted;
using detail::Line;
using detail::Piece;
using detail::take_line;

/// Returns the value of a scalar that needs no unescaping and is not null.
std::optional<std::string_view> text_of(const Piece& scalar) {
  const std::string_view text = scalar.text;
  if (is_plain(scalar))
    return detail::scalar_type(text) == detail::ScalarType::null ? std::nullopt : std::optional(text);
  if (!is_single_quoted(text) || text.find("''", 1) != std::string_view::npos) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

class TypeScanner : public detail::BlockScanner<TypeScanner> {
 public:
  const std::optional<std::string>& object_type() const { return object_type_; }

  bool on_key(std::string_view key, std::size_t /*at*/, bool has_value) {
    if (depth() != 1) return true;
    if (key == "link_type") return false;  // that is what links have
    is_type_ = key == "object_type";
    return has_value || !is_type_;
  }

  bool on_value(const Piece& value, std::size_t /*at*/) {
    if (!std::exchange(is_type_, false)) return true;
    const std::optional<std::string_view> type = text_of(value);
    if (!type || object_type_ || detail::is_class_name(*type)) return false;
    if (!detail::likely_link_type(*type).empty()) return false;
    object_type_ = detail::current_type(*type);
    return true;
  }

 private:
  bool is_type_ = false;  ///< of the object, which the next value is
  std::optional<std::string> object_type_;
};

}  // namespace

std::optional<std::string> detail::scan_object_type(std::string_view text) {
  if (text.size() > max_object_size) return std::nullopt;
  if (!text.empty() && text.back() != '\n') return scan_object_type(std::string(text) + '\n');
  TypeScanner scanner;
  while (!text.empty()) {
    const std::optional<Line> line = take_line(text);
    if (!line || !scanner.take(*line)) return std::nullopt;
  }
  return scanner.object_type();
}

}  // namespace mlem::yaml
