#include "yaml/detail/events.hpp"

#include "base/text.hpp"
#include "yaml/detail/quoted.hpp"
#include "yaml/detail/text_lines.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <istream>
#include <mutex>
#include <optional>
#include <streambuf>
#include <utility>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

// yaml-cpp 0.7 reads more than YAML: it closes quotes by itself, drops what follows them and takes any byte. The checks
// here close those gaps on the text itself, at the places that its events name.

namespace mlem::yaml::detail {
namespace {

constexpr std::string_view malformed = "malformed YAML";
constexpr std::string_view too_large = "not a metafile";

/// Throws for the first character that a metafile may not have.
void check_characters(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint next = first_code_point(text.substr(at));
    if (next.size == 0) throw invalid_at(text, at, malformed, "a byte that is not UTF-8");
    const bool line_end = next.value == U'\n' || text.substr(at).starts_with("\r\n");
    if (!line_end && next.value != U'\t' && !is_printable(next.value)) {
      throw invalid_at(text, at, malformed,
                       fmt::format("the control character U+{:04X}", static_cast<std::uint32_t>(next.value)));
    }
    at += next.size;
  }
}

/// Hands a text to yaml-cpp bit by bit, no further than it can keep in memory what it has read. Until a flow collection
/// ends, any of it could be a key, so yaml-cpp keeps its tokens, a hundred bytes each: of 16 MiB of `[` four gigabytes.
class MeteredText : public std::streambuf {
 public:
  MeteredText(std::string_view text, const std::function<void()>& require_time)
      : text_(text), require_time_(require_time) {}

  /// Takes note that yaml-cpp has let go of the tokens up to an event, after which it is in the flow collection at
  /// `flow`, or in none.
  void let_go(std::optional<std::size_t> flow) noexcept {
    kept_ = 0;
    flow_ = flow;
  }

 protected:
  int_type underflow() override {
    constexpr std::size_t step = 4096;
    const std::string_view next = text_.substr(given_, step);
    if (next.empty()) return traits_type::eof();
    if (require_time_ && given_ > 0) require_time_();
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (!flow_ && (next[i] == '[' || next[i] == '{')) flow_ = given_ + i;
      if (flow_ && marks[static_cast<unsigned char>(next[i])]) ++kept_;
    }
    if (kept_ > max_kept) {
      throw invalid_at(text_, *flow_, too_large, "a flow collection that is too large to be read");
    }
    given_ += next.size();
    // Nothing is put there: what yaml-cpp puts back is what it took.
    char* const start = const_cast<char*>(next.data());
    setg(start, start, start + next.size());
    return traits_type::to_int_type(*start);
  }

 private:
  /// Three tokens each at the most, of which a scalar takes what it says besides.
  static constexpr std::size_t max_kept = 300'000;
  /// What at least one of has to be between two tokens of a flow collection.
  static constexpr auto marks = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("[]{},:?'\"*&!\n")) table[static_cast<unsigned char>(c)] = true;
    return table;
  }();

  std::string_view text_;
  const std::function<void()>& require_time_;
  std::size_t given_ = 0;
  std::size_t kept_ = 0;             ///< marks that were handed out since yaml-cpp let go of tokens
  std::optional<std::size_t> flow_;  ///< where a flow collection may have begun
};

/// Returns where the node at `offset` itself begins, after its anchor and tag.
std::size_t skip_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  }
  return offset;
}

/// Turns yaml-cpp's events into ours and checks scalars against the text.
class Adapter : public YAML::EventHandler {
 public:
  Adapter(std::string_view text, MeteredText& source, detail::EventHandler& handler)
      : text_(text),
        mark_size_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0),
        source_(source),
        handler_(handler) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::size_t start = offset(mark);
    const std::size_t written = skip_properties(text_, start);
    const bool is_empty = end_of_null(written) == written;
    if (expects_key() && !in_flow()) check_key(start, end_of_null(written));
    const bool is_item = !levels_.empty() && !levels_.back().map;
    if (in_flow() && is_empty && (expects_key() || is_item)) {
      throw invalid_at(text_, start, malformed, "nothing where a key or an item has to be");
    }
    // The place of an empty one is that of what follows it, which may begin with the same letters.
    const char after = at(skip_blanks(end_of_null(written)));
    if (!is_empty && (after == '\n' || after == '\r' || after == '#')) check_column(start);
    emit({.kind = Event::Kind::null, .offset = start, .plain = true, .anchor = anchor});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_column(offset(mark));
    emit({.kind = Event::Kind::alias, .offset = offset(mark), .anchor = anchor});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::size_t start = skip_properties(text_, offset(mark));
    const char first = start < text_.size() ? text_[start] : '\0';
    const bool quoted = tag != "?" && (first == '\'' || first == '"');
    const bool block = tag != "?" && (first == '|' || first == '>');
    // yaml-cpp gives `!` to scalars in quotes and blocks, but also to `! plain`.
    const bool own_tag = text_.substr(offset(mark), start - offset(mark)).find('!') != std::string_view::npos;
    Event event = {.kind = Event::Kind::scalar,
                   .offset = offset(mark),
                   .value = value,
                   .plain = !quoted && !block,
                   .tagged = tag != "?" && (tag != "!" || own_tag || !(quoted || block)),
                   .anchor = anchor};
    std::size_t end = start + value.size();
    if (quoted) {
      Quoted read = read_quoted_at(start);
      event.value = std::move(read.value);
      end = read.end;
      opaque_.push_back({start, end});
    }
    if (block) block_ = start;
    if (expects_key() && !in_flow() && !block) check_key(offset(mark), end);
    check_column(offset(mark));
    emit(std::move(event));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    start(Event::Kind::sequence_start, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { end(Event::Kind::sequence_end); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    start(Event::Kind::map_start, mark, tag, anchor, style);
  }
  void OnMapEnd() override { end(Event::Kind::map_end); }

  /// Checks what yaml-cpp passes over without an event: PyYAML takes no tab between tokens and only few directives.
  void check_between_scalars() {
    if (text_.find_first_of("\t%") == std::string_view::npos) return;
    if (block_) end_block(text_.size());
    auto opaque = opaque_.cbegin();
    for (std::size_t at = mark_size_; at < text_.size(); ++at) {
      while (opaque != opaque_.cend() && opaque->end <= at) ++opaque;
      const bool inside = opaque != opaque_.cend() && opaque->start <= at;
      if (inside && !opaque->block) {
        at = opaque->end - 1;
      } else if (text_[at] == '\t') {
        check_tab(at, inside ? std::optional(opaque->start) : std::nullopt);
      } else if (text_[at] == '%' && (at == mark_size_ || text_[at - 1] == '\n')) {
        check_directive(at);
      } else if (text_[at] == '#' && (at == mark_size_ || std::string_view(" \n").find(text_[at - 1]) < 2)) {
        at = std::min(text_.find('\n', at), text_.size()) - 1;
      }
    }
  }

  /// yaml-cpp counts bytes after the byte order mark.
  std::size_t offset(const YAML::Mark& mark) const {
    const auto position = static_cast<std::size_t>(std::max(mark.pos, 0)) + mark_size_;
    return std::min(position, text_.size());
  }

 private:
  // yaml-cpp keeps fifty bytes of each until it is done.
  static constexpr std::size_t max_blocks = 2'000'000;

  struct Level {
    bool map;
    bool flow;  ///< as all inside a flow collection is
    bool expects_key = map;
    std::size_t column = 0;  ///< of the last key, or of its `?`
  };

  bool in_flow() const { return !levels_.empty() && levels_.back().flow; }
  bool expects_key() const { return !levels_.empty() && levels_.back().expects_key; }

  void emit(Event event) {
    if (block_ && *block_ != skip_properties(text_, event.offset)) end_block(event.offset);
    event.key = expects_key();
    // In flow style columns mean nothing, and a line may be as long as the text.
    if (event.key && !in_flow()) {
      levels_.back().column = column(question_mark_before(event.offset).value_or(event.offset));
    }
    if (!levels_.empty() && levels_.back().map) levels_.back().expects_key = !event.key;
    source_.let_go(flow_);
    handler_.on_event(event);
  }
  void start(Event::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YAML::EmitterStyle::value style) {
    const bool flow = in_flow() || style == YAML::EmitterStyle::Flow;
    if (!flow && ++blocks_ > max_blocks) {
      throw invalid_at(text_, offset(mark), too_large, "more mappings and sequences than can be read");
    }
    if (flow && !flow_) flow_ = offset(mark);
    if (flow) check_column(offset(mark));
    emit({.kind = kind, .offset = offset(mark), .tagged = tag != "?", .anchor = anchor});
    levels_.push_back({.map = kind == Event::Kind::map_start, .flow = flow});
  }
  void end(Event::Kind kind) {
    levels_.pop_back();
    if (!in_flow()) flow_.reset();
    source_.let_go(flow_);
    handler_.on_event({.kind = kind});
  }

  /// A block ends somewhere before the line of what follows it.
  void end_block(std::size_t next) {
    const std::size_t line = text_.rfind('\n', next);
    opaque_.push_back({*block_, std::max(line == std::string_view::npos ? 0 : line, *block_), true});
    block_.reset();
  }

  /// A part of the text where characters do not mean what they do elsewhere: a scalar in quotes, or a block.
  struct Opaque {
    std::size_t start;
    std::size_t end;
    bool block = false;
  };

  /// `block` is where the block starts that a tab is in, if it is in one.
  void check_tab(std::size_t tab, std::optional<std::size_t> block) const {
    const std::size_t line = text_.rfind('\n', tab) + 1;  // npos + 1 is 0
    const bool is_content = block && *block < line && text_.find_first_not_of(' ', line) < tab;
    if (!is_content) throw invalid_at(text_, tab, malformed, "a tab, which MLEM refuses between words");
  }

  void check_directive(std::size_t start) {
    const std::size_t end = std::min(text_.find('\n', start), text_.size());
    std::string_view line = text_.substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!text_.substr(end).starts_with("\n---")) line = {};  // what yaml-cpp takes without
    const bool is_version = line == "%YAML 1.0" || line == "%YAML 1.1" || line == "%YAML 1.2";
    if (!is_version || std::exchange(has_directive_, true)) {
      throw invalid_at(text_, start, malformed, "a line that starts with '%'");
    }
  }

  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\n'; }
  std::size_t skip_blanks(std::size_t offset) const {
    while (at(offset) == ' ' || at(offset) == '\t') ++offset;
    return offset;
  }

  Quoted read_quoted_at(std::size_t start) const {
    std::optional<Quoted> quoted = read_quoted(text_, start);
    if (!quoted) throw invalid_at(text_, start, malformed, "a quote that is not closed");
    const std::size_t next = skip_blanks(quoted->end);
    const char after = at(next);
    const bool comment = after == '#' && next > quoted->end;
    const bool flow_end = in_flow() && std::string_view(",]}").find(after) != std::string_view::npos;
    if (after != '\r' && after != '\n' && after != ':' && !comment && !flow_end) {
      throw invalid_at(text_, next, malformed, "text after a quoted scalar");
    }
    return *std::move(quoted);
  }

  /// Returns where the `?` is that makes a key of what is at `start`.
  std::optional<std::size_t> question_mark_before(std::size_t start) const {
    const std::size_t before = text_.substr(0, start).find_last_not_of(" \t");
    return before != std::string_view::npos && text_[before] == '?' ? std::optional(before) : std::nullopt;
  }

  /// In bytes, from 0.
  std::size_t column(std::size_t offset) const {
    const std::size_t line = offset == 0 ? 0 : text_.rfind('\n', offset - 1) + 1;  // npos + 1 is 0
    return offset - std::max(line, std::min(offset, mark_size_));
  }

  /// The value of a key in block style is indented deeper than the key. That items of a sequence need not be is YAML;
  /// that others need not be is yaml-cpp.
  void check_column(std::size_t offset) const {
    if (levels_.empty() || in_flow() || expects_key() || !levels_.back().map) return;
    if (column(offset) <= levels_.back().column) {
      throw invalid_at(text_, offset, malformed, "a value that is not indented deeper than its key");
    }
  }

  /// Returns the offset past a null, which ends where it starts if it is not written out.
  std::size_t end_of_null(std::size_t start) const {
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (text_.substr(start).starts_with(word)) return start + word.size();
    }
    return start;
  }

  /// yaml-cpp takes a line of a block mapping that has no colon, or nothing before it, for a key too; and a key could
  /// go on over lines. `end` is past a key that does not.
  void check_key(std::size_t start, std::size_t end) const {
    if (question_mark_before(start)) return;
    if (end == start || at(skip_blanks(end)) != ':') throw invalid_at(text_, start, malformed, "no 'key: value'");
  }

  std::string_view text_;
  std::size_t mark_size_;
  MeteredText& source_;
  detail::EventHandler& handler_;
  std::vector<Level> levels_;
  std::optional<std::size_t> flow_;  ///< where the flow collection begins that all of `levels_` with `flow` are in
  std::size_t blocks_ = 0;           ///< mappings and sequences in block style
  std::vector<Opaque> opaque_;
  std::optional<std::size_t> block_;  ///< where a block starts that has not ended yet
  bool has_directive_ = false;
};

/// Takes what there should be none of.
class NoMore : public detail::EventHandler {
 public:
  explicit NoMore(std::string_view text) : text_(text) {}
  void on_event(const Event& event) override { throw invalid_at(text_, event.offset, malformed, "a second document"); }

 private:
  std::string_view text_;
};

/// Large texts are read one at a time, and their memory is given back: as many threads as there are servers may want to
/// read, and what bounds the memory of one would not bound that of all.
class Turn {
 public:
  explicit Turn(std::string_view text) {
    constexpr std::size_t small = std::size_t{64} << 10;
    static std::mutex one_at_a_time;
    if (text.size() > small) lock_ = std::unique_lock(one_at_a_time);
  }
  ~Turn() {
#ifdef __GLIBC__
    // Each thread has a heap of its own, which keeps what was freed.
    if (lock_) malloc_trim(0);
#endif
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::unique_lock<std::mutex> lock_;
};

/// Returns the offset of a line that git leaves where a merge failed.
std::size_t find_conflict_marker(std::string_view text) {
  for (const std::string_view marker : {"<<<<<<< ", ">>>>>>> ", "======="}) {
    if (text.starts_with(marker)) return 0;
    const std::size_t at = text.find("\n" + std::string(marker));
    if (at != std::string_view::npos) return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace

void parse_events(std::string_view text, detail::EventHandler& handler, const std::function<void()>& require_time) {
  check_characters(text);
  const Turn turn(text);
  MeteredText source(text, require_time);
  std::istream stream(&source);
  stream.exceptions(std::ios::badbit);  // lets pass what the source throws
  Adapter adapter(text, source, handler);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(adapter)) throw invalid_at(text, 0, malformed, "no document");
    adapter.check_between_scalars();
    // Asked once more and never in a loop: after a stray `,` yaml-cpp finds empty documents for ever.
    NoMore no_more(text);
    Adapter rest(text, source, no_more);
    if (parser.HandleNextDocument(rest)) throw invalid_at(text, text.size(), malformed, "a second document");
  } catch (const YAML::Exception& error) {
    const std::size_t marker = find_conflict_marker(text);
    if (marker != std::string_view::npos) throw invalid_at(text, marker, malformed, "a conflict marker of a merge");
    // yaml-cpp has no words of its own for what it does not follow any deeper.
    const bool is_too_deep = dynamic_cast<const YAML::DeepRecursion*>(&error) != nullptr;
    throw invalid_at(text, adapter.offset(error.mark), malformed,
                     is_too_deep ? "it is nested too deep" : escape_for_terminal(error.msg));
  }
}

Error invalid_at(std::string_view text, std::size_t offset, std::string_view what_failed, std::string_view why,
                 std::string hint) {
  if (text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
    offset -= std::min(offset, byte_order_mark.size());
  }
  const std::string_view before = text.substr(0, offset);
  const std::string_view line = before.substr(before.rfind('\n') + 1);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; };
  const auto column = std::count_if(line.begin(), line.end(), [&](char c) { return !continues(c); }) + 1;
  const Position position{line_at(text, offset), static_cast<std::size_t>(column)};
  return {ErrorKind::invalid, std::string(what_failed),
          fmt::format("line {}, column {}: {}", position.line, position.column, why), std::move(hint), position};
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
}

bool is_printable(char32_t c) noexcept {
  const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
  return !control && c != 0x2028 && c != 0x2029 && c != 0xfffe && c != 0xffff;
}

}  // namespace mlem::yaml::detail
