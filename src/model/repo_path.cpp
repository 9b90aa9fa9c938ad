#include "model/repo_path.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <vector>

namespace mlem {
namespace {

/// Returns whether Windows opens `.git` for `component`: is_ntfs_dotgit() in git's path.c.
bool is_ntfs_dotgit(std::string_view component) {
  const std::string lower = to_lower_ascii(component);
  std::string_view rest = lower;
  if (rest.starts_with(".git"))
    rest.remove_prefix(4);
  else if (rest.starts_with("git~1"))
    rest.remove_prefix(5);
  else
    return false;
  // Windows drops dots and spaces at the end, and opens the same file for a stream of it.
  const std::size_t end = rest.find_first_not_of(". ");
  return end == std::string_view::npos || rest[end] == ':';
}

/// Code points that HFS+ ignores in names: next_hfs_char() in git's utf8.c.
bool is_ignored_by_hfs(char32_t c) {
  return (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x206a && c <= 0x206f) || c == 0xfeff;
}

bool is_hfs_dotgit(std::string_view component) {
  std::string seen;
  while (!component.empty() && seen.size() <= 4) {
    const CodePoint next = first_code_point(component);
    if (!is_ignored_by_hfs(next.value)) seen += component.substr(0, next.size);
    component.remove_prefix(next.size);
  }
  return to_lower_ascii(seen) == ".git";
}

/// Windows takes `\` for a separator, so `a\.git` is checked as `a/.git`.
bool has_dotgit(std::string_view component) {
  const auto pieces = split(component, '\\');
  return is_hfs_dotgit(component) || std::any_of(pieces.begin(), pieces.end(), is_ntfs_dotgit);
}

/// Whether a path is what it would be normalised to, by its characters alone: nearly every path is.
bool is_surely_normal(std::string_view text) {
  bool starts_component = true;
  for (const char c : text) {
    const bool is_word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!is_word && (starts_component || (c != '.' && c != '/'))) return false;
    starts_component = c == '/';
  }
  return !starts_component;
}

}  // namespace

RepoPath RepoPath::parse_or_root(std::string_view text, std::string_view base) {
  const auto refuse = [text](const char* why) {
    return Error(ErrorKind::invalid, "invalid path '" + escape_for_terminal(text) + "'", why);
  };
  if (base.empty() && is_surely_normal(text)) return RepoPath(std::string(text));
  if (text.empty()) throw refuse("it is empty");
  if (text.starts_with('/')) throw refuse("it is absolute");
  if (!is_utf8(text) || !is_utf8(base)) throw refuse("it is not UTF-8");
  if (has_control_character(text) || has_control_character(base)) throw refuse("it has a control character");

  std::vector<std::string_view> components;
  for (const std::string_view part : {base, text}) {
    for (const std::string_view component : split(part, '/')) {
      if (component.empty() || component == ".") continue;
      if (component != "..") {
        if (has_dotgit(component)) throw refuse("a component could be taken for '.git'");
        components.push_back(component);
      } else if (components.empty()) {
        throw refuse("it leaves the repository");
      } else {
        components.pop_back();
      }
    }
  }
  std::string normalized;
  normalized.reserve(base.size() + 1 + text.size());
  for (const std::string_view component : components) {
    if (!normalized.empty()) normalized += '/';
    normalized += component;
  }
  return RepoPath(std::move(normalized));
}

RepoPath RepoPath::parse(std::string_view text, std::string_view base) {
  RepoPath path = parse_or_root(text, base);
  if (!path.text_.empty()) return path;
  throw Error(ErrorKind::invalid, "invalid path '" + escape_for_terminal(text) + "'",
              "it is the root of the repository");
}

std::string_view RepoPath::directory() const noexcept { return parent_of(text_); }

std::string_view RepoPath::name() const noexcept {
  return std::string_view(text_).substr(text_.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view parent_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string join(std::string_view directory, std::string_view name) {
  std::string joined;
  joined.reserve(directory.size() + 1 + name.size());
  joined = directory;
  if (!directory.empty() && !directory.ends_with('/') && !name.empty()) joined += '/';
  return joined += name;
}

bool is_below(std::string_view path, std::string_view directory) noexcept {
  if (path.size() <= directory.size() || !path.starts_with(directory)) return false;
  return directory.empty() ? !path.starts_with('/') : directory.ends_with('/') || path[directory.size()] == '/';
}

std::string relative_to(const std::string& name, const std::string& prefix) {
  if (name.starts_with(prefix)) return name.substr(prefix.size());
  std::size_t common = 0;
  for (std::size_t i = 0; i < prefix.size() && i < name.size() && prefix[i] == name[i]; ++i) {
    if (prefix[i] == '/') common = i + 1;
  }
  std::string up;
  for (std::size_t i = common; i < prefix.size(); ++i) {
    if (prefix[i] == '/') up += "../";
  }
  return up + name.substr(common);
}

}  // namespace mlem
