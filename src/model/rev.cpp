#include "model/rev.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <utility>

namespace mlem {
namespace {

/// The bytes that git-check-ref-format(1) refuses anywhere (rules 4, 5 and 10).
bool is_forbidden_in_ref(char c) {
  constexpr std::string_view forbidden = " ~^:?*[\\";
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || forbidden.find(c) != std::string_view::npos;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return hex_value(c) >= 0; });
}

}  // namespace

bool is_ref_name(std::string_view name) {
  constexpr auto npos = std::string_view::npos;
  if (name.empty() || name == "@" || name.ends_with('.')) return false;
  if (name.find("..") != npos || name.find("@{") != npos) return false;
  if (std::any_of(name.begin(), name.end(), is_forbidden_in_ref)) return false;
  const auto components = split(name, '/');
  return std::none_of(components.begin(), components.end(), [](std::string_view component) {
    return component.empty() || component.starts_with('.') || component.ends_with(".lock");
  });
}

bool is_branch_name(std::string_view name) {
  return name != "HEAD" && !name.starts_with('-') && is_ref_name("refs/heads/" + std::string(name));
}

std::string full_ref_name(const std::string& text) {
  if (text.starts_with("refs/")) return text;
  const bool has_kind = text.starts_with("heads/") || text.starts_with("tags/");
  return (has_kind ? "refs/" : "refs/heads/") + text;
}

bool is_abbreviated_oid(std::string_view text) {
  return text.size() >= 4 && text.size() < 64 && text.size() != 40 && is_hex(text);
}

Rev::Rev(Kind kind, std::string text, std::optional<Oid> oid) : kind_(kind), text_(std::move(text)), oid_(oid) {}

Rev Rev::head() { return {Kind::head, "HEAD", std::nullopt}; }

Rev Rev::parse(std::string_view text) {
  if (text == "HEAD") return head();
  if (const auto oid = Oid::parse(text)) return {Kind::oid, std::string(text), oid};

  const auto refuse = [text](const char* why) {
    return Error(ErrorKind::invalid, "invalid rev '" + escape_for_terminal(redact(text)) + "'", why);
  };
  if (text.empty()) throw refuse("it is empty");
  // Git would take it for an option wherever it is not behind `--`.
  if (text.starts_with('-')) throw refuse("it starts with '-'");
  if (!is_ref_name(text)) throw refuse("it is not a branch, tag, full ref name or full commit id");
  return {text.starts_with("refs/") ? Kind::ref : Kind::name, std::string(text), std::nullopt};
}

}  // namespace mlem
