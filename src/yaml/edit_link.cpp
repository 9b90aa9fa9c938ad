#include "yaml/edit_link.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "yaml/detail/events.hpp"
#include "yaml/detail/quoted.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

// A change in three steps. The events of the reader become a tree that knows where each node stands in the text; the
// change is made on the text, with as few bytes as it takes; the new text is read again and its tree compared with the
// old one, but for that change. So the middle step may trust in the usual layouts: where it is wrong, nothing is
// changed and that is told.

namespace mlem::yaml {
namespace {

using detail::Event;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view own_prefix = "params.git-mlem.";
constexpr std::string_view blanks = " \t";
constexpr std::string_view white = " \t\r\n";

bool is_white(char c) noexcept { return white.find(c) != std::string_view::npos; }

/// Returns where the line begins that `offset` is in, behind a byte order mark.
std::size_t line_start(std::string_view text, std::size_t offset) {
  const std::size_t start = text.substr(0, offset).rfind('\n') + 1;  // npos + 1 is 0
  return start == 0 && text.starts_with(byte_order_mark) ? byte_order_mark.size() : start;
}

/// Returns where the next line begins.
std::size_t next_line(std::string_view text, std::size_t offset) {
  const std::size_t end = text.find('\n', offset);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::size_t column_of(std::string_view text, std::size_t offset) { return offset - line_start(text, offset); }

/// Returns the offset of the next character that is not white space and in no comment.
std::size_t skip_white(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    if (is_white(text[offset])) {
      ++offset;
    } else if (text[offset] == '#') {
      offset = next_line(text, offset);
    } else {
      break;
    }
  }
  return offset;
}

/// Returns the offset past a plain scalar that reads as `value`, in which the reader has folded the line breaks.
std::size_t end_of_plain(std::string_view text, std::size_t offset, std::string_view value) {
  for (std::size_t i = 0; i < value.size();) {
    if (is_white(value[i])) {
      while (i < value.size() && is_white(value[i])) ++i;
      while (offset < text.size() && is_white(text[offset])) ++offset;
    } else {
      ++i;
      ++offset;
    }
  }
  return std::min(offset, text.size());
}

/// Returns the offset past the last line of a block scalar in a collection at column `parent`: the last one with text,
/// but where the empty ones behind it count.
std::size_t end_of_block(std::string_view text, std::size_t offset, std::size_t parent) {
  std::size_t end = std::min(text.find_first_of("\r\n", offset), text.size());
  const bool keeps_empty_lines =
      text.substr(offset, std::min(text.find('#', offset), end) - offset).find('+') != std::string_view::npos;
  std::size_t indent = 0;
  for (std::size_t line = next_line(text, offset); line < text.size(); line = next_line(text, line)) {
    const std::size_t first = text.find_first_not_of(' ', line);
    if (first == std::string_view::npos) break;
    if (text[first] == '\r' || text[first] == '\n') {
      if (keeps_empty_lines) end = first;
      continue;
    }
    if (indent == 0) indent = std::max(first - line, parent + 1);
    if (first - line < indent) break;
    end = std::min(text.find_first_of("\r\n", first), text.size());
  }
  return end;
}

Error not_editable(std::string_view key) {
  return {ErrorKind::invalid, "cannot change '" + std::string(key) + "' in the link",
          "it is written in a way that leaves no other field alone",
          "edit the file, or remove it to have it written anew"};
}

std::string_view first_line_end(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

std::string as_line_ends(std::string text, std::string_view eol) {
  if (eol == "\n") return text;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + eol.size())) {
    text.replace(at, 1, eol);
  }
  return text;
}

}  // namespace

/// A node of the document and where it stands.
struct LinkText::Node {
  struct Member {
    std::string key;
    std::size_t begin = 0;  ///< of the key, or of the `?` before it
    std::size_t colon = 0;  ///< behind the colon
    std::unique_ptr<Node> value;
  };
  Event::Kind kind = Event::Kind::null;
  std::string value;
  bool plain = false;
  bool flow = false;  ///< in braces or brackets
  std::size_t start = 0;
  std::size_t end = 0;     ///< past the last character of its own
  std::size_t column = 0;  ///< of a collection in block style: of its first key or dash
  std::vector<Member> members;
  std::vector<std::unique_ptr<Node>> items;

  bool is_map() const noexcept { return kind == Event::Kind::map_start; }
  Member* find(std::string_view key) {
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.key == key; });
    return found == members.end() ? nullptr : &*found;
  }
  /// Whether both say the same, wherever they stand and in whatever order their keys are.
  bool says_what(Node& other) {
    if (kind != other.kind || value != other.value || plain != other.plain) return false;
    if (members.size() != other.members.size() || items.size() != other.items.size()) return false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i]->says_what(*other.items[i])) return false;
    }
    return std::all_of(members.begin(), members.end(), [&](const Member& each) {
      const Member* const match = other.find(each.key);
      return match != nullptr && each.value->says_what(*match->value);
    });
  }
  /// Sets or removes what the path of keys leads to, in the tree alone.
  void change(std::vector<std::string_view> path, const std::optional<std::string>& text) {
    Member* member = find(path.front());
    if (member == nullptr) {
      if (!text) return;
      members.push_back({.key = std::string(path.front()), .value = std::make_unique<Node>()});
      member = &members.back();
    }
    Node& node = *member->value;
    if (path.size() > 1) {
      node.kind = Event::Kind::map_start;
      node.plain = false;
      path.erase(path.begin());
      node.change(path, text);
      if (!text && node.members.empty()) members.erase(members.begin() + (member - members.data()));
    } else if (text) {
      node = Node();
      node.kind = Event::Kind::scalar;
      node.value = *text;
    } else {
      members.erase(members.begin() + (member - members.data()));
    }
  }
};

/// Builds the tree.
class LinkText::Reader : public detail::EventHandler {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void on_event(const Event& event) override {
    if (event.kind == Event::Kind::map_end || event.kind == Event::Kind::sequence_end) {
      close();
      return;
    }
    if (event.key) {
      take_key(event);
      return;
    }
    auto owned = std::make_unique<Node>();
    Node& node = *owned;
    node.kind = event.kind;
    node.value = event.value;
    node.plain = event.plain;
    node.start = event.offset;
    node.end = event.offset;
    const bool is_collection = event.kind == Event::Kind::map_start || event.kind == Event::Kind::sequence_start;
    if (is_collection) {
      node.flow = event.offset < text_.size() && (text_[event.offset] == '{' || text_[event.offset] == '[');
      node.column = column_of(text_, event.offset);
    } else {
      place(event, node);
    }
    attach(std::move(owned));
    if (is_collection) open_.push_back(&node);
  }

  std::unique_ptr<Node> finish() { return std::move(root_); }

 private:
  void take_key(const Event& event) {
    const std::size_t end = event.plain ? end_of_plain(text_, event.offset, event.value) : end_of_quoted(event.offset);
    std::size_t begin = event.offset;
    const std::size_t before = text_.substr(0, begin).find_last_not_of(blanks);
    if (before != std::string_view::npos && text_[before] == '?') begin = before;
    const std::size_t colon = skip_white(text_, end);
    Node& map = *open_.back();
    if (map.members.empty() && !map.flow) map.column = column_of(text_, begin);
    map.members.push_back(
        {.key = event.value, .begin = begin, .colon = std::min(colon + 1, text_.size()), .value = {}});
  }

  void place(const Event& event, Node& node) const {
    const std::string_view rest = text_.substr(event.offset);
    if (event.kind == Event::Kind::null) {
      place_null(event.offset, node);
    } else if (event.plain) {
      node.end = end_of_plain(text_, event.offset, event.value);
    } else if (rest.starts_with('|') || rest.starts_with('>')) {
      node.end = end_of_block(text_, event.offset, open_.empty() ? 0 : open_.back()->column);
    } else {
      node.end = end_of_quoted(event.offset);
    }
  }

  /// A null may be a word, or nothing at all behind its colon.
  void place_null(std::size_t offset, Node& node) const {
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (!text_.substr(offset).starts_with(word)) continue;
      const std::size_t end = offset + word.size();
      if (end < text_.size() && !is_white(text_[end]) && text_[end] != ',' && text_[end] != '}') continue;
      node.end = end;
      return;
    }
    if (open_.empty() || open_.back()->members.empty()) return;
    node.start = node.end = open_.back()->members.back().colon;
  }

  std::size_t end_of_quoted(std::size_t offset) const {
    const auto quoted = detail::read_quoted(text_, offset);
    return quoted ? quoted->end : offset;
  }

  void attach(std::unique_ptr<Node> node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& parent = *open_.back();
    parent.end = std::max(parent.end, node->end);
    if (parent.is_map()) {
      parent.members.back().value = std::move(node);
    } else {
      parent.items.push_back(std::move(node));
    }
  }

  void close() {
    Node& node = *open_.back();
    open_.pop_back();
    if (node.flow) {
      const char bracket = node.is_map() ? '}' : ']';
      std::size_t at = std::max(node.end, node.start + 1);
      for (at = skip_white(text_, at); at < text_.size() && text_[at] == ','; at = skip_white(text_, at)) ++at;
      node.end = at < text_.size() && text_[at] == bracket ? at + 1 : at;
    }
    if (!open_.empty()) open_.back()->end = std::max(open_.back()->end, node.end);
  }

  std::string_view text_;
  std::unique_ptr<Node> root_;
  std::vector<Node*> open_;
};

/// How values are spelled where they go.
struct LinkText::Spelling {
  std::string_view text;
  std::string_view eol = first_line_end(text);
  bool is_json = false;  ///< the file is JSON, and is to stay so

  /// Returns `value` for a place in `map` at `column`. Quotes that `old`, which stands there, has without need are
  /// somebody's wish, and stay.
  std::string scalar(std::string_view value, const Node& map, std::size_t column, const Node* old) const {
    const bool had_colon = old != nullptr && old->plain && old->value.find(':') != std::string::npos;
    if (old != nullptr && old->kind == Event::Kind::scalar && old->end > old->start) {
      const std::string_view spelled = text.substr(old->start, old->end - old->start);
      const bool is_ascii = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
      const bool has_quotes = spelled.front() == '\'' || spelled.front() == '"';
      if (is_ascii && has_quotes && spelled != usual(old->value, map, column, had_colon)) {
        return quoted(value, spelled.front());
      }
    }
    return usual(value, map, column, had_colon);
  }

  /// Returns `value` as MLEM writes it. In braces a colon ends a plain scalar for some readers, but not for those of a
  /// file that has one there.
  std::string usual(std::string_view value, const Node& map, std::size_t column, bool may_have_colon) const {
    if (is_json) return quoted(value, '"');
    std::string written = write_scalar(value, column, map.column);
    const bool is_plain = written.front() != '\'' && written.front() != '"';
    const std::string_view ends = may_have_colon ? ",?[]{}" : ",?[]{}:";
    if (map.flow && is_plain && value.find_first_of(ends) != std::string_view::npos) return quoted(value, '\'');
    return as_line_ends(std::move(written), eol);
  }

  static std::string quoted(std::string_view value, char quote) {
    std::string out(1, quote);
    for (const char c : value) {
      if (c == quote || (quote == '"' && c == '\\')) out += quote == '"' ? '\\' : c;
      out += c;
    }
    return out + quote;
  }

  /// Returns keys and a value of a mapping within `map`: on lines of their own, or in braces.
  std::string nested(const std::vector<std::string_view>& keys, std::string_view value, const Node& map) const {
    std::string out;
    if (map.flow) {
      for (const std::string_view key : keys) {
        out.append(is_json ? quoted(key, '"') : std::string(key)).append(key == keys.back() ? ": " : ": {");
      }
      out += scalar(value, map, 0, nullptr);
      return out.append(keys.size() - 1, '}');
    }
    Node level;
    level.column = map.column;
    for (const std::string_view key : keys) {
      out.append(level.column, ' ').append(key).append(":");
      if (key == keys.back()) break;
      out.append(eol);
      level.column += 2;
    }
    return out + " " + scalar(value, level, level.column + keys.back().size() + 2, nullptr);
  }

  /// Returns the text with `keys: value` added to `map`.
  std::string with(const Node& map, const std::vector<std::string_view>& keys, std::string_view value) const {
    const auto by_key = [](const Node::Member& a, const Node::Member& b) { return a.key < b.key; };
    const bool sorted = std::is_sorted(map.members.begin(), map.members.end(), by_key);
    auto next = map.members.end();
    if (sorted) {
      next = std::find_if(map.members.begin(), map.members.end(),
                          [&](const Node::Member& each) { return each.key > keys.front(); });
    }
    std::string added = nested(keys, value, map);
    std::string out(text);
    const bool is_first = next == map.members.begin();
    if (map.flow) {
      if (map.members.empty()) return out.insert(map.start + 1, added);
      return is_first ? out.insert(next->begin, added + ", ") : out.insert(std::prev(next)->value->end, ", " + added);
    }
    if (is_first) return out.insert(line_start(text, next->begin), added.append(eol));
    const std::size_t at = next_line(text, std::prev(next)->value->end);
    const bool is_ended = at > 0 && text[at - 1] == '\n';
    return out.insert(at, is_ended ? added.append(eol) : added.insert(0, eol));
  }

  /// Returns the text without the member of `map` and what is in it, which is one field.
  std::string without(const Node& map, std::size_t number) const {
    const Node::Member& member = map.members[number];
    std::string out(text);
    if (map.flow) {
      const bool is_last = number + 1 == map.members.size();
      std::size_t begin = member.begin;
      std::size_t end = member.value->end;
      if (!is_last) {
        end = map.members[number + 1].begin;
      } else if (number > 0) {
        begin = map.members[number - 1].value->end;
      }
      return out.erase(begin, end - begin);
    }
    const Node& value = *member.value;
    if (value.is_map() && !value.flow) {
      out = without(value, 0);
      // Behind it, so that where it begins is still right.
      const std::size_t begin = line_start(out, member.begin);
      return out.erase(begin, next_line(out, member.colon) - begin);
    }
    const std::size_t begin = line_start(text, member.begin);
    return out.erase(begin, next_line(text, value.end) - begin);
  }
};

namespace {

std::vector<std::string_view> path_of(std::string_view key) {
  if (!key.starts_with(own_prefix)) return {key};
  return {"params", "git-mlem", key.substr(own_prefix.size())};
}

}  // namespace

std::unique_ptr<LinkText::Node> LinkText::read(std::string_view text) {
  Reader reader(text);
  detail::parse_events(text, reader);
  return reader.finish();
}

LinkText::LinkText(std::string text) : text_(std::move(text)) {
  if (read_metafile(text_).kind != Metafile::Kind::link) throw Error(ErrorKind::invalid, "the file is not a link");
  root_ = read(text_);
}

LinkText::~LinkText() = default;
LinkText::LinkText(LinkText&&) noexcept = default;
LinkText& LinkText::operator=(LinkText&&) noexcept = default;

std::optional<std::string> LinkText::find(std::string_view key) const {
  Node* node = root_.get();
  for (const std::string_view name : path_of(key)) {
    Node::Member* const member = node->is_map() ? node->find(name) : nullptr;
    if (member == nullptr) return std::nullopt;
    node = member->value.get();
  }
  return node->kind == Event::Kind::scalar ? std::optional(node->value) : std::nullopt;
}

bool LinkText::is_json() const {
  return root_->flow && !root_->members.empty() &&
         std::all_of(root_->members.begin(), root_->members.end(),
                     [&](const Node::Member& member) { return text_[member.begin] == '"'; });
}

void LinkText::set(std::string_view key, std::string_view value) {
  const Spelling spelling{.text = text_, .is_json = is_json()};
  std::vector<std::string_view> path = path_of(key);
  Node* map = root_.get();
  for (;;) {
    Node::Member* const member = map->find(path.front());
    if (member == nullptr) {
      replace(spelling.with(*map, path, value), key, std::string(value));
      return;
    }
    Node& node = *member->value;
    if (path.size() > 1 && node.is_map()) {
      map = &node;
      path.erase(path.begin());
      continue;
    }
    std::string written;
    if (path.size() > 1) {
      // A null in the place of a mapping: braces have room there.
      Node braces;
      braces.flow = true;
      path.erase(path.begin());
      written = "{" + spelling.nested(path, value, braces) + "}";
    } else {
      written = spelling.scalar(value, *map, column_of(text_, node.start), &node);
    }
    if (node.kind != Event::Kind::scalar && node.kind != Event::Kind::null) throw not_editable(key);
    if (node.start == node.end) written.insert(0, " ");
    replace(std::string(text_).replace(node.start, node.end - node.start, written), key, std::string(value));
    return;
  }
}

void LinkText::rename(std::string_view key, std::string_view name) {
  const Node::Member* const member = root_->find(key);
  const std::size_t place = member == nullptr ? std::string::npos : text_.find(key, member->begin);
  if (place == std::string::npos || place + key.size() > member->colon || root_->find(name) != nullptr) {
    throw not_editable(key);
  }
  std::string text = text_;
  std::unique_ptr<Node> changed = read(text.replace(place, key.size(), name));
  const std::unique_ptr<Node> meant = read(text_);
  meant->find(key)->key = name;
  if (!meant->says_what(*changed)) throw not_editable(key);
  text_ = std::move(text);
  root_ = std::move(changed);
}

void LinkText::remove(std::string_view key) {
  // The highest node that has nothing but this field in it goes with it.
  const Node* from = nullptr;
  std::size_t number = 0;
  Node* map = root_.get();
  for (const std::string_view name : path_of(key)) {
    Node::Member* const member = map->is_map() ? map->find(name) : nullptr;
    if (member == nullptr) return;
    if (from == nullptr || map->members.size() > 1) {
      from = map;
      number = static_cast<std::size_t>(member - map->members.data());
    }
    map = member->value.get();
  }
  replace(Spelling{.text = text_}.without(*from, number), key, std::nullopt);
}

void LinkText::replace(std::string text, std::string_view key, const std::optional<std::string>& value) {
  std::unique_ptr<Node> changed;
  try {
    changed = read(text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    throw not_editable(key);
  }
  const std::vector<std::string_view> path = path_of(key);
  const std::unique_ptr<Node> meant = read(text_);
  meant->change(path, value);
  // Whether the value has quotes is the one thing that the tree of what was meant does not know.
  Node* in_meant = meant.get();
  Node* in_changed = changed.get();
  for (const std::string_view name : path) {
    Node::Member* const a = value ? in_meant->find(name) : nullptr;
    Node::Member* const b = value ? in_changed->find(name) : nullptr;
    if (a == nullptr || b == nullptr) break;
    in_meant = a->value.get();
    in_changed = b->value.get();
    in_meant->plain = in_changed->plain;
  }
  if (!meant->says_what(*changed)) throw not_editable(key);
  text_ = std::move(text);
  root_ = std::move(changed);
}

std::string edit_link(std::string_view text, const Link& link) {
  LinkText file{std::string(text)};
  const Link before = read_metafile(text).link;
  const auto update = [&](std::string_view key, const std::optional<std::string>& value) {
    if (file.find(key) == value) return;
    if (value) {
      file.set(key, *value);
    } else if (file.find(key)) {
      file.remove(key);
    }
  };
  if (before.link_type != link.link_type) {
    // `object_type: link_model` has it too, and needs no `link_type`.
    const bool typed = file.find("object_type")->starts_with("link_");
    if (typed) file.set("object_type", "link_" + link.link_type);
    if (!typed || file.find("link_type")) file.set("link_type", link.link_type);
  }
  update("path", link.path);
  if (before.repo != link.repo || before.dialect != link.dialect) {
    const bool in_project = link.dialect == Dialect::project;
    // Where both keys are there, they have to agree.
    const bool both = link.repo && file.find("repo") && file.find("project");
    const char* const key = in_project ? "project" : "repo";
    const char* const other = in_project ? "repo" : "project";
    if (link.repo && file.find(other) && !both) file.rename(other, key);
    update(key, link.repo);
    update(other, both ? link.repo : std::nullopt);
  }
  update("rev", link.rev);
  const auto pin_if = [&](bool has_this_name) { return has_this_name ? link.pinned_blob : std::nullopt; };
  update("params.git-mlem.blob", pin_if(!link.plain));
  update("params.git-mlem.object", pin_if(link.plain.has_value()));
  update("params.git-mlem.plain", link.plain ? std::optional<std::string>(name(*link.plain)) : std::nullopt);
  update("params.git-mlem.ref", link.pinned_ref);
  update("params.git-mlem.hold", link.hold);
  update("params.git-mlem.until", link.until);
  if (read_metafile(file.text()).link != link) {
    throw Error(ErrorKind::invalid, "cannot change the link", "it would not be read as what is meant",
                "edit the file, or remove it to have it written anew");
  }
  return file.text();
}

}  // namespace mlem::yaml
