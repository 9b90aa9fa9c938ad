#include "artifact/dvc_config.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

// ConfigObj (configobj.readthedocs.io): `[section]`, or `['a name']` in quotes; `key = value`, either may be quoted;
// `#` begins a comment wherever no quotes are open; commas make a list; three quotes take lines together. DVC then
// lower-cases the names of sections and keys.

namespace mlem::artifact {
namespace {

constexpr const char* not_a_config = "not a configuration of DVC";
constexpr std::size_t max_config_size = std::size_t{1} << 20;

/// Reads one file line by line.
class ConfigReader {
 public:
  using Values = std::vector<std::string>;

  explicit ConfigReader(std::string_view text) : rest_(text) {}

  /// Goes to the next line that says something. Returns whether there is one.
  bool next() {
    while (!rest_.empty()) {
      ++line_;
      std::string_view line = take_line(rest_);
      if (line.ends_with('\r')) line.remove_suffix(1);
      text_ = trim(line);
      if (!text_.empty() && !text_.starts_with('#')) return true;
    }
    return false;
  }

  /// Returns how many brackets the line opens: 0 if it is not the head of a section.
  std::size_t depth() const {
    const std::size_t brackets = text_.find_first_not_of('[');
    return brackets == std::string_view::npos ? text_.size() : brackets;
  }

  /// Reads the name in brackets.
  std::string read_head() {
    const std::size_t brackets = depth();
    text_ = trim(text_.substr(brackets));
    std::string name = read_name(']');
    if (!text_.starts_with(std::string(brackets, ']'))) fail("a section whose brackets do not match");
    text_ = trim(text_.substr(brackets));
    if (!text_.empty() && !text_.starts_with('#')) fail("text after the name of a section");
    return name;
  }

  /// Reads the name of an option, and the sign behind it.
  std::string read_key() {
    std::string key = read_name('=');
    if (!text_.starts_with('=')) fail("a line that is neither a section nor an option");
    text_ = trim(text_.substr(1));
    return key;
  }

  Values read_values() {
    for (const std::string_view quotes : {"'''", "\"\"\""}) {
      if (text_.starts_with(quotes)) return {read_lines(quotes)};
    }
    Values values;
    bool is_list = false;
    while (!text_.empty() && !text_.starts_with('#')) {
      if (text_.starts_with(',')) {
        if (is_list || !trim(text_.substr(1)).empty()) fail("a list with nothing between two commas");
        return {};
      }
      values.push_back(read_value());
      if (!text_.starts_with(',')) break;
      is_list = true;
      text_ = trim(text_.substr(1));
    }
    if (!text_.empty() && !text_.starts_with('#')) fail("text after a value in quotes");
    if (values.empty()) values.emplace_back();
    // One item and a comma are a list too, for which DVC has no use where it wants a text.
    if (is_list && values.size() == 1) values.emplace_back();
    return values;
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::invalid, not_a_config, "line " + std::to_string(line_) + ": " + why, {},
                Position{.line = line_});
  }

 private:
  /// Reads what is in quotes, or all before `end`.
  std::string read_name(char end) {
    if (text_.starts_with('\'') || text_.starts_with('"')) return read_quoted();
    const std::size_t size = std::min(text_.find(end), text_.size());
    std::string name(trim(text_.substr(0, size)));
    text_.remove_prefix(size);
    if (name.empty()) fail("a name that is empty");
    return name;
  }

  std::string read_quoted() {
    const std::size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) fail("quotes that are not closed");
    std::string value(text_.substr(1, end - 1));
    text_ = trim(text_.substr(end + 1));
    return value;
  }

  std::string read_value() {
    if (text_.starts_with('\'') || text_.starts_with('"')) return checked(read_quoted());
    const std::size_t size = std::min(text_.find_first_of(",#"), text_.size());
    std::string value(trim(text_.substr(0, size)));
    text_.remove_prefix(size);
    return checked(std::move(value));
  }

  std::string read_lines(std::string_view quotes) {
    text_.remove_prefix(quotes.size());
    std::string value;
    const std::size_t first = line_;
    for (;;) {
      const std::size_t end = text_.find(quotes);
      value += text_.substr(0, end);
      if (end != std::string_view::npos) {
        text_ = trim(text_.substr(end + quotes.size()));
        if (!text_.empty() && !text_.starts_with('#')) fail("text after a value in quotes");
        return checked(std::move(value));
      }
      if (rest_.empty()) {
        line_ = first;
        fail("quotes that are not closed");
      }
      value += '\n';
      ++line_;
      text_ = take_line(rest_);
    }
  }

  std::string checked(std::string value) const {
    if (value.find("%(") != std::string::npos) fail("'%(' begins an interpolation, which is not supported");
    return value;
  }

  std::string_view rest_;
  std::string_view text_;
  std::size_t line_ = 0;
};

/// Returns the name of a section as DVC has it: `remote "name"` in lower case, one blank between the words.
std::string section_name(std::string_view head) {
  const std::size_t quote = head.find('"');
  if (quote == std::string_view::npos) return to_lower_ascii(trim(head));
  return to_lower_ascii(std::string(trim(head.substr(0, quote))) + ' ' + std::string(trim(head.substr(quote))));
}

bool is_true(const std::string& value) {
  const std::string word = to_lower_ascii(value);
  return word == "true" || word == "1" || word == "yes" || word == "on";
}

DvcRemote::Kind kind_of(std::string_view scheme) {
  if (scheme == "http" || scheme == "https") return DvcRemote::Kind::http;
  return scheme.empty() || scheme == "file" || scheme == "local" ? DvcRemote::Kind::directory : DvcRemote::Kind::other;
}

/// Returns what is before `://`, in lower case.
std::string scheme_of(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == std::string_view::npos ? std::string() : to_lower_ascii(url.substr(0, end));
}

}  // namespace

DvcConfig DvcConfig::parse(std::string_view text) {
  if (text.size() > max_config_size) throw Error(ErrorKind::invalid, not_a_config, "it is larger than 1 MiB");
  if (!is_utf8(text)) throw Error(ErrorKind::invalid, not_a_config, "it is not UTF-8");
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  ConfigReader reader(text.substr(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0));
  DvcConfig config;
  Section* section = &config.sections_[{}];
  std::set<std::string> heads;  // as they are written, as `keys`: those that differ in their case replace each other
  std::set<std::string> keys;
  Section nested;  // which DVC has no use for
  while (reader.next()) {
    const std::size_t depth = reader.depth();
    if (depth == 1) {
      const std::string head = reader.read_head();
      if (!heads.insert(head).second) reader.fail("the section '" + escape_for_terminal(head) + "' is there twice");
      section = &config.sections_[section_name(head)];
      section->clear();
      keys.clear();
    } else if (depth > 1) {
      reader.read_head();
      section = &nested;
      keys.clear();
    } else {
      const std::string key = reader.read_key();
      if (!keys.insert(key).second) reader.fail("the option '" + escape_for_terminal(key) + "' is there twice");
      (*section)[to_lower_ascii(key)] = reader.read_values();
    }
  }
  return config;
}

void DvcConfig::overlay(const DvcConfig& other) {
  for (const auto& [name, section] : other.sections_) {
    for (const auto& [option, values] : section) sections_[name].insert_or_assign(option, values);
  }
}

std::optional<std::string> DvcConfig::find(std::string_view section, std::string_view option) const {
  const auto options = sections_.find(section);
  if (options == sections_.end()) return std::nullopt;
  const auto found = options->second.find(option);
  if (found == options->second.end() || found->second.size() != 1) return std::nullopt;
  return found->second.front();
}

std::optional<DvcConfig::Section> DvcConfig::options_of(std::string name) const {
  constexpr std::string_view inherits = "remote://";
  constexpr std::size_t most_hops = 16;
  Section options;
  std::string below;  // what the remotes so far put behind the next one's address
  for (std::size_t hop = 0; hop < most_hops; ++hop) {
    const auto section = sections_.find("remote \"" + name + '"');
    if (section == sections_.end()) return std::nullopt;
    for (const auto& [option, values] : section->second) options.try_emplace(option, values);
    const std::string url = find(section->first, "url").value_or("");
    if (url.empty()) return std::nullopt;
    if (scheme_of(url) != "remote") {
      options["url"] = {below.empty() ? url : url + (url.ends_with('/') ? "" : "/") + below};
      return options;
    }
    const std::string_view address = std::string_view(url).substr(inherits.size());
    const std::size_t slash = std::min(address.find('/'), address.size());
    name = to_lower_ascii(address.substr(0, slash));
    const std::size_t path = address.find_first_not_of('/', slash);
    if (path != std::string_view::npos) {
      const std::string own(address.substr(path));
      below = below.empty() ? own : own + (own.ends_with('/') ? "" : "/") + below;
    }
  }
  return std::nullopt;
}

std::optional<DvcRemote> DvcConfig::find_remote(std::string_view name) const {
  const std::string wanted = to_lower_ascii(name.empty() ? find("core", "remote").value_or("") : std::string(name));
  const std::optional<Section> options = wanted.empty() ? std::nullopt : options_of(wanted);
  if (!options) return std::nullopt;
  const auto value = [&](std::string_view option) {
    const auto found = options->find(option);
    return found != options->end() && found->second.size() == 1 ? found->second.front() : std::string();
  };
  DvcRemote remote{.name = wanted, .url = value("url")};
  const std::string scheme = scheme_of(remote.url);
  remote.kind = kind_of(scheme);
  remote.is_relative = scheme.empty() && !remote.url.starts_with('/');
  remote.is_versioned = is_true(value("worktree")) || is_true(value("version_aware"));
  remote.auth = to_lower_ascii(value("auth"));
  remote.user = value("user");
  remote.password = value("password");
  remote.custom_auth_header = value("custom_auth_header");
  return remote;
}

std::optional<std::string> DvcConfig::why_not_for_dvc() const {
  using Options = std::set<std::string_view>;
  const Options of_core{"remote", "autostage", "analytics", "check_update"};
  const Options of_remote{"url", "region", "jobs", "verify"};
  for (const auto& [name, section] : sections_) {
    const bool is_remote = name.starts_with("remote ");
    const Options& harmless = is_remote ? of_remote : name == "core" ? of_core : Options();
    for (const auto& [option, values] : section) {
      if (!harmless.contains(option)) {
        return "its configuration sets '" + escape_for_terminal(option) + "' of '" + escape_for_terminal(name) + "'";
      }
    }
  }
  return std::nullopt;
}

}  // namespace mlem::artifact
