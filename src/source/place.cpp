#include "source/place.hpp"

#include "base/error.hpp"
#include "git/repository.hpp"
#include "git/rewrite_url.hpp"

#include <boost/filesystem/operations.hpp>

#include <utility>
#include <vector>

namespace mlem::source {
namespace {

/// Returns the ways to write an address, the one that git is given otherwise first.
std::vector<std::string> spellings(const RepoUrl& url) {
  constexpr std::string_view suffix = ".git";
  std::string plain(url.fetch_text());
  if (url.is_helper() || plain.ends_with('/')) return {plain};
  std::string other = plain.ends_with(suffix) ? plain.substr(0, plain.size() - suffix.size()) : plain + ".git";
  std::vector<std::string> all{plain, plain + "/", other, other + "/"};
  return all;
}

/// Returns the path that git takes `address` for: url_is_local_not_ssh() in its connect.c, and what a shell
/// makes of `~/` for a server's own directory.
std::optional<fs::path> path_of(const std::string& address, const Access& access) {
  if (address.starts_with("file://")) {
    try {
      return fs::path(*RepoUrl::parse(address).local_path());
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  const std::size_t colon = address.find(':');
  if (address.empty() || (colon != std::string::npos && address.find('/') > colon)) return std::nullopt;
  if (address.starts_with("~/")) {
    const auto home = access.environment.find("HOME");
    return home ? std::optional(fs::path(*home + address.substr(1))) : std::nullopt;
  }
  return fs::absolute(address, access.directory).lexically_normal();
}

}  // namespace

Place find_place(const RepoUrl& url, const Access& access) {
  Place place;
  std::size_t matched = 0;
  for (std::string& spelling : spellings(url)) {
    git::RewrittenUrl rewritten = git::rewrite_url(spelling, access.config);
    if (!place.address.empty() && rewritten.matched <= matched) continue;
    matched = rewritten.matched;
    place.is_rewritten = rewritten.url != spelling;
    place.rewritten = std::move(rewritten.url);
    place.address = std::move(spelling);
  }
  place.local = path_of(place.rewritten, access);
  place.is_bundle = place.local && git::is_bundle(*place.local);
  // git clone takes the path of a bundle and no address of it.
  if (place.is_bundle) place.address = place.local->string();
  return place;
}

}  // namespace mlem::source
