#include "model/object_name.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"

namespace mlem {
namespace {

bool begins_with_dot_segment(std::string_view path) { return path.starts_with("./") || path.starts_with("../"); }

/// Returns the colon that ends the rev: get_oid_with_context_1() in git's object-name.c skips those in braces, which
/// dates and searches may have (`HEAD@{10:00}:a`, `HEAD^{/fix: x}:a`).
std::size_t rev_colon(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}') --depth;
    if (text[i] == ':' && depth == 0) return i;
  }
  return std::string_view::npos;
}

}  // namespace

ObjectName ObjectName::parse(std::string_view text) {
  const auto refuse = [text](const char* why) {
    return Error(ErrorKind::invalid, "invalid object name '" + escape_for_terminal(redact(text)) + "'", why);
  };
  if (text.empty()) throw refuse("it is empty");
  if (is_surely_url(text)) return {Kind::url, {}, std::string(text)};

  const std::size_t colon = rev_colon(text);
  if (colon == std::string_view::npos || text.starts_with('/') || begins_with_dot_segment(text))
    return {Kind::path, {}, std::string(text)};

  const std::string_view rev = text.substr(0, colon);
  std::string_view path = text.substr(colon + 1);
  if (rev.starts_with('-')) throw refuse("its rev starts with '-'");
  if (rev.empty()) {
    if (path.starts_with('/')) throw refuse("it names a commit by its message");
    if (path.size() > 1 && path[1] == ':' && path[0] >= '0' && path[0] <= '3') {
      if (path[0] != '0') throw refuse("it names an unmerged stage");
      path.remove_prefix(2);
    }
  }
  if (path.empty()) throw refuse("it has no path");
  return {rev.empty() ? Kind::index : Kind::rev, std::string(rev), std::string(path)};
}

bool ObjectName::is_relative_to_cwd() const noexcept {
  if (kind == Kind::path) return !path.starts_with('/');
  return kind != Kind::url && begins_with_dot_segment(path);
}

}  // namespace mlem
