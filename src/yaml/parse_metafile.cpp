#include "base/text.hpp"
#include "model/date.hpp"
#include "model/gto.hpp"
#include "yaml/detail/events.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

// One pass over the events keeps the few scalars that matter and the first thing that no link may have. Whether that is
// an error shows only at the end: `object_type` says if the file is a link, and stands in the middle of it. An object
// may have anchors or repeated keys; all that is asked of it is its `object_type`, which must not be in doubt.

namespace mlem::yaml {
namespace {

using detail::Event;
using detail::invalid_at;

constexpr std::string_view invalid_link = "invalid link";
constexpr std::string_view not_a_metafile = "not a metafile";
constexpr std::size_t max_link_depth = 64;

/// The value of a key: a scalar, or the start of something else. One that is absent is null.
struct Field {
  Event::Kind kind = Event::Kind::null;
  std::string value;
  std::size_t offset = 0;

  bool is_null() const { return kind == Event::Kind::null; }
};

/// What one pass finds out about a metafile.
struct Outline {
  std::size_t offset = 0;  ///< of the mapping
  Field object_type, link_type, path, repo, project, rev, params, own_params, blob, ref, hold, until, plain, object;
  std::string likely_object_type;  ///< a key that is `object_type` but for a letter
  std::optional<Error> problem;    ///< the first thing that a link may not have
  std::vector<Warning> warnings;
};

struct Name {
  std::string_view key;
  Field Outline::*field;
};
constexpr Name object_type_name = {"object_type", &Outline::object_type};
constexpr Name params_name = {"params", &Outline::params};
constexpr Name own_params_name = {"git-mlem", &Outline::own_params};
constexpr Name top_texts[] = {{"link_type", &Outline::link_type},
                              {"path", &Outline::path},
                              {"repo", &Outline::repo},
                              {"project", &Outline::project},
                              {"rev", &Outline::rev}};
constexpr Name own_texts[] = {{"blob", &Outline::blob},   {"ref", &Outline::ref},     {"hold", &Outline::hold},
                              {"until", &Outline::until}, {"plain", &Outline::plain}, {"object", &Outline::object}};

template <std::size_t size>
const Name* find_name(const Name (&names)[size], std::string_view key) {
  for (const Name& name : names) {
    if (name.key == key) return &name;
  }
  return nullptr;
}

bool is_known(std::string_view key) {
  // The last two were MLEM's until 0.4, which drops them on reading.
  return find_name(top_texts, key) != nullptr || key == object_type_name.key || key == params_name.key ||
         key == "description" || key == "labels";
}

/// Returns what MLEM does with a plain scalar that is no text in YAML 1.1.
std::string_view misreading(detail::ScalarType type) {
  switch (type) {
    case detail::ScalarType::boolean:
      return "reads as a boolean";
    case detail::ScalarType::integer:
    case detail::ScalarType::real:
      return "reads as a number";
    case detail::ScalarType::timestamp:
      return "reads as a date";
    default:
      return "cannot read";
  }
}

/// Returns whether two words are the same but for case or one letter: one more, one less, another, or two swapped.
bool is_alike(std::string_view a, std::string_view b) {
  const std::string lower_a = to_lower_ascii(a);
  const std::string lower_b = to_lower_ascii(b);
  a = lower_a;
  b = lower_b;
  const auto trim_common = [&] {
    while (!a.empty() && !b.empty() && a.front() == b.front()) {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    while (!a.empty() && !b.empty() && a.back() == b.back()) {
      a.remove_suffix(1);
      b.remove_suffix(1);
    }
  };
  trim_common();
  const bool is_swap = a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0];
  return is_swap || (a.size() <= 1 && b.size() <= 1);
}

class OutlineReader : public detail::EventHandler {
 public:
  explicit OutlineReader(std::string_view text) : text_(text) {
    if (text.size() > max_link_size) add_problem(max_link_size, "a link may not be larger than 64 KiB");
  }

  void on_event(const Event& event) override {
    if (event.kind == Event::Kind::map_end || event.kind == Event::Kind::sequence_end) {
      levels_.pop_back();
      return;
    }
    check_properties(event);
    if (levels_.empty()) {
      if (event.kind != Event::Kind::map_start)
        throw invalid_at(text_, event.offset, not_a_metafile, "no YAML mapping");
      outline_.offset = event.offset;
    } else if (event.key) {
      take_key(levels_.back(), event);
    } else {
      take_value(levels_.back().key, event);
    }
    if (event.kind == Event::Kind::scalar && event.plain && !detail::is_constructible(event.value)) {
      add_problem(event.offset, fmt::format("MLEM cannot read '{}' unless it is quoted", shortened(event.value)));
    }
    if (event.kind == Event::Kind::map_start || event.kind == Event::Kind::sequence_start) {
      levels_.emplace_back();
      if (levels_.size() > max_link_depth) add_problem(event.offset, "a link may not be nested deeper than 64");
    }
  }

  Outline finish() {
    // With an own `object_type` a merge changes nothing, without one it could bring one along.
    if (merge_offset_ && outline_.object_type.is_null()) {
      throw invalid_at(text_, *merge_offset_, not_a_metafile, "a merge key instead of 'object_type'");
    }
    return std::move(outline_);
  }

 private:
  struct Level {
    std::string key;  ///< of the value that is read; empty in a sequence
    std::unordered_set<std::string> seen;
  };

  /// Past the first problem nothing more is collected: the file is not a valid link, and an object has no need of it.
  void add_problem(std::size_t offset, std::string_view why, std::string hint = {}) {
    if (!outline_.problem) outline_.problem = invalid_at(text_, offset, invalid_link, why, std::move(hint));
  }
  void add_warning(std::size_t offset, std::string code, std::string_view message) {
    if (outline_.problem) return;
    const std::size_t line = detail::line_at(text_, offset);
    outline_.warnings.push_back({std::move(code), fmt::format("line {}: {}", line, message), line});
  }

  void check_properties(const Event& event) {
    if (event.kind == Event::Kind::alias) {
      add_problem(event.offset, "a link may not have aliases");
    } else if (event.anchor != 0) {
      add_problem(event.offset, "a link may not have anchors");
    } else if (event.tagged) {
      add_problem(event.offset, "a link may not have tags");
    } else if (event.kind == Event::Kind::scalar && event.plain && event.value == "<<" && event.key) {
      add_problem(event.offset, "a link may not have merge keys");
    }
  }

  void take_key(Level& level, const Event& event) {
    level.key = event.value;
    const bool scalar = event.kind == Event::Kind::scalar || event.kind == Event::Kind::null;
    if (!scalar) add_problem(event.offset, "a key that is not a scalar");
    if (!outline_.problem && !level.seen.insert(event.value).second) {
      add_problem(event.offset, fmt::format("the key '{}' appears twice", escape_for_terminal(event.value)));
    }
    if (levels_.size() == 1) take_top_key(event);
  }

  void take_top_key(const Event& event) {
    if (event.kind == Event::Kind::alias) {
      throw invalid_at(text_, event.offset, not_a_metafile, "an alias that could stand for 'object_type'");
    }
    if (event.tagged) {
      throw invalid_at(text_, event.offset, not_a_metafile, "a tag on a key, which could make it 'object_type'");
    }
    if (event.value != object_type_name.key && is_alike(event.value, object_type_name.key)) {
      outline_.likely_object_type = event.value;
    }
    if (event.value == object_type_name.key && std::exchange(has_object_type_, true)) {
      throw invalid_at(text_, event.offset, not_a_metafile, "the key 'object_type' appears twice");
    }
    if (event.value == "<<" && event.plain) merge_offset_ = event.offset;
    if (!is_known(event.value)) {
      add_warning(event.offset, "unknown-key",
                  fmt::format("unknown key '{}', which MLEM 0.4.3 and later refuse", escape_for_terminal(event.value)));
    }
  }

  void take_value(std::string_view key, const Event& event) {
    const auto store = [&](const Name& name) {
      outline_.*name.field = {.kind = event.kind, .value = event.value, .offset = event.offset};
    };
    const auto store_text = [&](const Name* name) {
      if (name == nullptr) return;
      store(*name);
      if (event.kind == Event::Kind::scalar && event.plain) warn_of_type(key, event);
    };
    if (levels_.size() == 1) {
      const Name* const name = find_name(top_texts, key);
      if (name != nullptr && event.plain && event.kind == Event::Kind::scalar && !detail::keeps_text(event.value)) {
        add_problem(event.offset,
                    fmt::format("'{}: {}' is what MLEM {}", key, shortened(event.value),
                                misreading(detail::scalar_type(event.value))),
                    fmt::format("write \"{}: '{}'\"", key, shortened(event.value)));
      }
      store_text(name);
      if (key == params_name.key) store(params_name);
      if (key == object_type_name.key) {
        check_object_type(event);
        store(object_type_name);
      }
    } else if (levels_[0].key == params_name.key && levels_.size() == 2) {
      if (key == own_params_name.key) store(own_params_name);
    } else if (levels_[0].key == params_name.key && levels_.size() == 3 && levels_[1].key == own_params_name.key) {
      store_text(find_name(own_texts, key));
    }
  }

  void check_object_type(const Event& event) const {
    if (event.tagged) throw invalid_at(text_, event.offset, not_a_metafile, "a tag on 'object_type'");
    if (event.kind != Event::Kind::scalar && event.kind != Event::Kind::null) {
      throw invalid_at(text_, event.offset, not_a_metafile, "'object_type' is not a scalar");
    }
  }

  void warn_of_type(std::string_view key, const Event& event) {
    const detail::ScalarType type = detail::scalar_type(event.value);
    if (type == detail::ScalarType::string) return;
    add_warning(
        event.offset, "ambiguous-scalar",
        fmt::format("'{}: {}' is kept as text, which MLEM {} unless it is quoted", key, event.value, misreading(type)));
  }

  static std::string shortened(std::string_view value) { return escape_for_terminal(value.substr(0, 80)); }

  std::string_view text_;
  Outline outline_;
  std::vector<Level> levels_;
  bool has_object_type_ = false;
  std::optional<std::size_t> merge_offset_;
};

Outline outline(std::string_view text, const std::function<void()>& require_time = {}) {
  if (text.size() > max_object_size) {
    throw invalid_at(text, max_object_size, not_a_metafile, "a metafile may not be larger than 16 MiB");
  }
  OutlineReader reader(text);
  detail::parse_events(text, reader, require_time);
  return reader.finish();
}

bool is_printable(std::string_view utf8) {
  while (!utf8.empty()) {
    const CodePoint next = first_code_point(utf8);
    if (next.size == 0 || !detail::is_printable(next.value)) return false;
    utf8.remove_prefix(next.size);
  }
  return true;
}

/// Judges an outline as a link.
class LinkReader {
 public:
  LinkReader(std::string_view text, const Outline& outline) : text_(text), outline_(outline) {}

  Link read() const {
    if (outline_.problem) throw *outline_.problem;
    check_mapping(outline_.params, "params");
    check_mapping(outline_.own_params, "params.git-mlem");
    Link link;
    link.link_type = link_type();
    link.path = required(outline_.path, "path");
    link.repo = repo();
    if (link.repo) link.dialect = outline_.project.is_null() ? Dialect::repo : Dialect::project;
    link.rev = text(outline_.rev, "rev");
    link.plain = plain();
    link.pinned_blob = pinned_blob(link.plain.has_value());
    link.pinned_ref = ref();
    link.hold = text(outline_.hold, "params.git-mlem.hold");
    link.until = until();
    return link;
  }

 private:
  [[noreturn]] void fail(std::size_t offset, const std::string& why) const {
    throw invalid_at(text_, offset, invalid_link, why);
  }

  void check_mapping(const Field& field, std::string_view name) const {
    if (!field.is_null() && field.kind != Event::Kind::map_start) {
      fail(field.offset, fmt::format("'{}' is not a mapping", name));
    }
  }

  std::optional<std::string> text(const Field& field, std::string_view name) const {
    if (field.is_null()) return std::nullopt;
    if (field.kind != Event::Kind::scalar) fail(field.offset, fmt::format("'{}' is not a scalar", name));
    if (!is_printable(field.value)) fail(field.offset, fmt::format("a control character in '{}'", name));
    return field.value;
  }

  std::optional<std::string> ref() const {
    std::optional<std::string> value = text(outline_.ref, "params.git-mlem.ref");
    if (value && !is_followable(*value)) {
      fail(outline_.ref.offset, "'params.git-mlem.ref' is neither the name of a ref nor a question of GTO");
    }
    return value;
  }

  std::optional<std::string> until() const {
    std::optional<std::string> value = text(outline_.until, "params.git-mlem.until");
    if (value && !is_date(*value)) {
      fail(outline_.until.offset, "'params.git-mlem.until' is not a date as in '2027-01-31'");
    }
    return value;
  }

  std::string required(const Field& field, std::string_view name) const {
    const std::optional<std::string> value = text(field, name);
    if (!value) fail(outline_.offset, fmt::format("there is no '{}'", name));
    if (value->empty()) fail(field.offset, fmt::format("'{}' is empty", name));
    return *value;
  }

  /// A typed link (`object_type: link_model`) needs no `link_type`.
  std::string link_type() const {
    constexpr std::string_view prefix = "link_";
    if (!outline_.object_type.value.starts_with(prefix)) {
      return detail::current_type(required(outline_.link_type, "link_type"));
    }
    const std::string typed = detail::current_type(outline_.object_type.value.substr(prefix.size()));
    if (typed.empty()) fail(outline_.object_type.offset, "'object_type' names no type");
    if (!outline_.link_type.is_null() && detail::current_type(required(outline_.link_type, "link_type")) != typed) {
      fail(outline_.link_type.offset, "'link_type' and 'object_type' name different types");
    }
    return typed;
  }

  std::optional<Plain> plain() const {
    const auto word = text(outline_.plain, "params.git-mlem.plain");
    if (!word) return std::nullopt;
    for (const Plain plain : {Plain::tree, Plain::blob}) {
      if (*word == name(plain)) return plain;
    }
    fail(outline_.plain.offset, "'params.git-mlem.plain' is neither 'tree' nor 'blob'");
  }

  /// What a link is pinned to has one name where it is a metafile, and another where it is not.
  std::optional<std::string> pinned_blob(bool is_plain) const {
    const auto blob = text(outline_.blob, "params.git-mlem.blob");
    const auto object = text(outline_.object, "params.git-mlem.object");
    if (is_plain && blob) fail(outline_.blob.offset, "a plain link is pinned by 'object', not by 'blob'");
    if (!is_plain && object) fail(outline_.object.offset, "'params.git-mlem.object' is of a plain link only");
    return is_plain ? object : blob;
  }

  std::optional<std::string> repo() const {
    std::optional<std::string> repo = text(outline_.repo, "repo");
    std::optional<std::string> project = text(outline_.project, "project");
    const auto without_slash = [](std::string_view url) { return url.substr(0, url.find_last_not_of('/') + 1); };
    if (repo && project && without_slash(*repo) != without_slash(*project)) {
      fail(std::max(outline_.repo.offset, outline_.project.offset), "'repo' and 'project' differ");
    }
    return project ? std::move(project) : std::move(repo);
  }

  std::string_view text_;
  const Outline& outline_;
};

/// Throws Error(invalid) for a file that is not a link as it stands and that somebody may take for one: MLEM, if its
/// `object_type` is the name of a class, or whoever wrote it.
void require_no_link(std::string_view text, const Outline& read) {
  const std::string& type = read.object_type.value;
  if (read.object_type.is_null()) {
    if (read.link_type.is_null()) return;
    throw invalid_at(text, read.link_type.offset, invalid_link, "'link_type' without 'object_type'",
                     read.likely_object_type.empty() ? "write 'object_type: link'"
                                                     : fmt::format("write 'object_type' instead of '{}'",
                                                                   escape_for_terminal(read.likely_object_type)));
  }
  const std::string likely = detail::likely_link_type(type);
  if (!likely.empty()) {
    throw invalid_at(text, read.object_type.offset, invalid_link,
                     fmt::format("'object_type: {}' is nearly that of a link", escape_for_terminal(type)),
                     fmt::format("write 'object_type: {}'", escape_for_terminal(likely)));
  }
  if (detail::is_class_name(type)) {
    throw invalid_at(text, read.object_type.offset, invalid_link,
                     "'object_type' names a class, which may be a link to MLEM",
                     "write 'object_type: link' in a link, and the type's own name in an object");
  }
  if (read.link_type.is_null()) return;
  throw invalid_at(text, read.link_type.offset, invalid_link, "'link_type' in a file that is not a link",
                   "write 'object_type: link' if it is to be one");
}

}  // namespace

Metafile parse_metafile(std::string_view text, const std::function<void()>& require_time) {
  Outline read = outline(text, require_time);
  Metafile metafile;
  if (!detail::is_link_type(read.object_type.value)) require_no_link(text, read);
  if (read.object_type.is_null()) return metafile;
  metafile.object_type = detail::current_type(read.object_type.value);
  metafile.kind = Metafile::Kind::object;
  if (detail::is_link_type(metafile.object_type)) {
    metafile.kind = Metafile::Kind::link;
    metafile.link = LinkReader(text, read).read();
    metafile.warnings = std::move(read.warnings);
  }
  return metafile;
}

std::string flaw_of(const Error& error) { return error.what_failed() == invalid_link ? error.why() : error.what(); }

namespace detail {

bool is_link_type(std::string_view object_type) noexcept {
  return object_type == "link" || object_type.starts_with("link_");
}

std::string likely_link_type(std::string_view object_type) {
  constexpr std::string_view link = "link";
  const std::size_t end = std::min(object_type.find('_'), object_type.size());
  const std::string_view rest = object_type.substr(end);
  if (is_link_type(object_type) || !is_alike(object_type.substr(0, end), link)) return {};
  return std::string(link) + std::string(rest);
}

bool is_class_name(std::string_view object_type) noexcept { return object_type.find('.') != std::string_view::npos; }

std::string current_type(std::string_view name) { return std::string(name == "dataset" ? "data" : name); }

std::optional<std::string> parse_object_type(std::string_view text) {
  const Outline read = outline(text);
  if (!is_link_type(read.object_type.value)) require_no_link(text, read);
  if (read.object_type.is_null()) return std::nullopt;
  return current_type(read.object_type.value);
}

}  // namespace detail
}  // namespace mlem::yaml
