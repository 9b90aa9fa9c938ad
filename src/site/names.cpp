#include "site/names.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mlem::site {
namespace {

/// Names that Windows keeps for devices, whatever follows behind a dot.
bool is_device(std::string_view name) {
  constexpr auto names = std::to_array<std::string_view>({"con", "prn", "aux", "nul"});
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  constexpr std::size_t size = 4;
  return name.size() == size && (name.starts_with("com") || name.starts_with("lpt")) && name[3] >= '0' &&
         name[3] <= '9';
}

bool is_kept(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

}  // namespace

std::string_view without_suffix(std::string_view link) {
  constexpr std::string_view suffix = ".mlem";
  if (link.ends_with(suffix)) link.remove_suffix(suffix.size());
  return link;
}

std::string page_name(std::string_view link) {
  constexpr std::size_t longest = 100;
  const std::string_view name = without_suffix(link);
  std::string page;
  bool is_exact = name.size() <= longest && !name.empty();
  for (const char c : to_lower_ascii(name.substr(0, longest))) page += c == '/' ? '.' : is_kept(c) ? c : '-';
  for (std::size_t i = 0; i < name.size() && is_exact; ++i) is_exact = name[i] == '/' || is_kept(name[i]);
  is_exact = is_exact && !is_device(std::string_view(page).substr(0, page.find('.')));
  constexpr std::size_t digits = 24;
  if (!is_exact) page += "~" + sha256_hex(link).substr(0, digits);
  return page + ".html";
}

std::optional<std::string> compare_url(const RepoUrl& repo, const Oid& from, const Oid& to) {
  // Where a page of its files is known, so is the page of the repository.
  const auto page = browse_url(web_address(repo), to.hex(), "");
  if (!page || repo.host() == "huggingface.co") return std::nullopt;
  const bool is_gitlab = repo.host() == "gitlab.com";
  const bool is_bitbucket = repo.host() == "bitbucket.org";
  const std::string_view form = is_gitlab ? "/-/tree/" : is_bitbucket ? "/src/" : "/tree/";
  const std::string_view codeberg_form = "/src/commit/";
  const std::string base = page->substr(0, page->rfind(repo.host() == "codeberg.org" ? codeberg_form : form));
  if (is_bitbucket) return base + "/branches/compare/" + to.hex() + "%0D" + from.hex();
  return base + (is_gitlab ? "/-/compare/" : "/compare/") + from.hex() + "..." + to.hex();
}

std::string urn_of(std::string_view name) {
  Digest digest(Digest::Algorithm::sha1);
  // The name space is any id that nobody else uses.
  digest.update("git-mlem site\n");
  digest.update(name);
  std::string hex = digest.finish();
  constexpr std::size_t version = 12;
  constexpr std::size_t variant = 16;
  hex[version] = '5';
  hex[variant] = "89ab"[hex_value(hex[variant]) % 4];
  return "urn:uuid:" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) +
         "-" + hex.substr(20, 12);
}

}  // namespace mlem::site
