#include "base/text.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

// MLEM writes links with PyYAML's safe_dump, so a link that both write must come out as the same bytes: what is quoted,
// how, and where a line is folded follow emitter.py of PyYAML 6 (analyze_scalar, choose_scalar_style, write_plain,
// write_single_quoted, write_double_quoted) with its defaults: width 80, ASCII only.

namespace mlem::yaml {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t step = 2;

enum class Style { plain, single_quoted, double_quoted };

bool is_printable_ascii(char c) noexcept { return c >= 0x20 && c <= 0x7e; }

/// Returns whether `text`, printable ASCII, would end or be something else than a plain scalar in a block mapping.
bool has_indicator(std::string_view text) {
  if (text.starts_with("---") || text.starts_with("...")) return true;
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return true;
  if ((text.front() == '-' || text.front() == '?') && (text.size() == 1 || text[1] == ' ')) return true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && (i + 1 == text.size() || text[i + 1] == ' ')) return true;
    if (text[i] == '#' && i > 0 && text[i - 1] == ' ') return true;
  }
  return false;
}

Style style_of(std::string_view text) {
  if (text.empty()) return Style::single_quoted;
  bool line_breaks = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      // A blank on either side of a break would be lost in folding.
      if ((i > 0 && text[i - 1] == ' ') || (i + 1 < text.size() && text[i + 1] == ' ')) return Style::double_quoted;
      line_breaks = true;
    } else if (!is_printable_ascii(text[i])) {
      return Style::double_quoted;
    }
  }
  if (line_breaks || text.front() == ' ' || text.back() == ' ' || has_indicator(text) ||
      detail::scalar_type(text) != detail::ScalarType::string)
    return Style::single_quoted;
  return Style::plain;
}

/// Text that knows the column it has reached.
class Folder {
 public:
  Folder(std::size_t column, std::size_t indent) : column_(column), indent_(indent) {}

  void write(std::string_view ascii) {
    out_ += ascii;
    column_ += ascii.size();
  }
  void fold() {
    out_ += '\n';
    indent();
  }
  void break_lines(std::size_t count) {
    out_.append(count, '\n');
    indent();
  }
  std::size_t column() const { return column_; }
  std::string take() { return std::move(out_); }

 private:
  void indent() {
    out_.append(indent_, ' ');
    column_ = indent_;
  }

  std::string out_;
  std::size_t column_;
  std::size_t indent_;
};

/// Returns where the run of characters that are (or are not) in `set` ends.
std::size_t run_end(std::string_view text, std::size_t start, std::string_view set, bool in_set) {
  const std::size_t end = in_set ? text.find_first_not_of(set, start) : text.find_first_of(set, start);
  return std::min(end, text.size());
}

/// Writes the blanks of text[start, end): a single one inside the text is where an overlong line breaks.
void write_blanks(Folder& out, std::string_view text, std::size_t start, std::size_t end) {
  if (end - start == 1 && out.column() > width && start != 0 && end != text.size()) {
    out.fold();
  } else {
    out.write(text.substr(start, end - start));
  }
}

void write_plain(Folder& out, std::string_view text) {
  for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
    const bool blank = text[start] == ' ';
    end = run_end(text, start, " ", blank);
    if (blank) {
      write_blanks(out, text, start, end);
    } else {
      out.write(text.substr(start, end - start));
    }
  }
}

void write_single_quoted(Folder& out, std::string_view text) {
  out.write("'");
  for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
    if (text[start] == ' ') {
      end = run_end(text, start, " ", true);
      write_blanks(out, text, start, end);
    } else if (text[start] == '\n') {
      end = run_end(text, start, "\n", true);
      out.break_lines(end - start + 1);  // one break alone would be read as a blank
    } else if (text[start] == '\'') {
      end = start + 1;
      out.write("''");
    } else {
      end = run_end(text, start, " \n'", false);
      out.write(text.substr(start, end - start));
    }
  }
  out.write("'");
}

std::string escape(char32_t c) {
  switch (c) {
    case 0x00:
      return "\\0";
    case 0x07:
      return "\\a";
    case 0x08:
      return "\\b";
    case 0x09:
      return "\\t";
    case 0x0a:
      return "\\n";
    case 0x0b:
      return "\\v";
    case 0x0c:
      return "\\f";
    case 0x0d:
      return "\\r";
    case 0x1b:
      return "\\e";
    case U'"':
      return "\\\"";
    case U'\\':
      return "\\\\";
    case 0x85:
      return "\\N";
    case 0xa0:
      return "\\_";
    case 0x2028:
      return "\\L";
    case 0x2029:
      return "\\P";
    default:
      break;
  }
  const auto value = static_cast<std::uint32_t>(c);
  if (c <= 0xff) return fmt::format("\\x{:02X}", value);
  if (c <= 0xffff) return fmt::format("\\u{:04X}", value);
  return fmt::format("\\U{:08X}", value);
}

bool needs_escape(char32_t c) noexcept { return c < 0x20 || c > 0x7e || c == U'"' || c == U'\\'; }

/// PyYAML counts in characters here and looks for a fold at every blank, and before and after every escape. The odd
/// order of its steps decides the bytes, so the loop keeps it; `run` is what has been passed but not yet written.
void write_double_quoted(Folder& out, std::u32string_view text) {
  out.write("\"");
  std::string run;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escaped = needs_escape(text[at]);
    if (escaped) {
      out.write(run);
      run.clear();
      out.write(escape(text[at]));
    }
    const bool inside = at > 0 && at + 1 < text.size();
    const bool may_fold = escaped || run.empty() || text[at] == U' ';
    const std::size_t reached = escaped ? out.column() - 1 : out.column() + run.size();
    if (inside && may_fold && reached > width) {
      out.write(run);
      run.clear();
      out.write("\\");
      out.fold();
      // An unescaped blank would be lost at the start of a line.
      if (text[escaped ? at + 1 : at] == U' ') out.write("\\");
    }
    if (!escaped) run += static_cast<char>(text[at]);
  }
  out.write(run);
  out.write("\"");
}

std::u32string decode(std::string_view text) {
  std::u32string code_points;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    code_points += next.value;
    text.remove_prefix(next.size);
  }
  return code_points;
}

/// Appends `key: value` at `indent` blanks.
void write_field(std::string& out, std::size_t indent, std::string_view key, std::string_view value) {
  out.append(indent, ' ').append(key).append(": ");
  out.append(write_scalar(value, indent + key.size() + 2, indent)).append("\n");
}

}  // namespace

std::string write_scalar(std::string_view value, std::size_t column, std::size_t indent) {
  Folder out(column, indent + step);
  switch (style_of(value)) {
    case Style::plain:
      write_plain(out, value);
      break;
    case Style::single_quoted:
      write_single_quoted(out, value);
      break;
    case Style::double_quoted:
      write_double_quoted(out, decode(replace_bad_utf8(value)));
      break;
  }
  return out.take();
}

std::string write_link(const Link& link) {
  std::string out;
  write_field(out, 0, "link_type", link.link_type);
  write_field(out, 0, "object_type", "link");
  if (link.pinned_blob || link.hold || link.plain || link.pinned_ref || link.until) {
    out += "params:\n  git-mlem:\n";
    if (link.pinned_blob && !link.plain) write_field(out, 2 * step, "blob", *link.pinned_blob);
    if (link.hold) write_field(out, 2 * step, "hold", *link.hold);
    if (link.pinned_blob && link.plain) write_field(out, 2 * step, "object", *link.pinned_blob);
    if (link.plain) write_field(out, 2 * step, "plain", name(*link.plain));
    if (link.pinned_ref) write_field(out, 2 * step, "ref", *link.pinned_ref);
    if (link.until) write_field(out, 2 * step, "until", *link.until);
  }
  write_field(out, 0, "path", link.path);
  if (link.repo) write_field(out, 0, link.dialect == Dialect::project ? "project" : "repo", *link.repo);
  if (link.rev) write_field(out, 0, "rev", *link.rev);
  return out;
}

}  // namespace mlem::yaml
