#include "git/rewrite_url.hpp"

namespace mlem::git {

RewrittenUrl rewrite_url(std::string_view url, const std::vector<std::pair<std::string, std::string>>& config) {
  constexpr std::string_view section = "url.";
  constexpr std::string_view name = ".insteadof";
  const std::pair<std::string, std::string>* longest = nullptr;
  for (const auto& setting : config) {
    const auto& [key, prefix] = setting;
    if (!key.starts_with(section) || !key.ends_with(name) || key.size() < section.size() + name.size()) continue;
    if (url.starts_with(prefix) && (longest == nullptr || prefix.size() > longest->second.size())) longest = &setting;
  }
  if (longest == nullptr) return {std::string(url)};
  const std::string_view base = std::string_view(longest->first).substr(section.size());
  return {std::string(base.substr(0, base.size() - name.size())).append(url.substr(longest->second.size())),
          longest->second.size()};
}

}  // namespace mlem::git
