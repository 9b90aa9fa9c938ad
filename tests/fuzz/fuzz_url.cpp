#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"
#include "model/source.hpp"
#include "model/url_policy.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

void check_url(std::string_view text) {
  const mlem::RepoUrl url = mlem::RepoUrl::parse(text);
  const mlem::RepoUrl stored = mlem::RepoUrl::parse(url.text());
  require(stored.text() == url.text() && stored == url);
  const mlem::RepoUrl normalized = mlem::RepoUrl::parse(url.normalized());
  require(normalized.normalized() == url.normalized());
  require(normalized.scheme() == url.scheme() && normalized.host() == url.host());
  require(normalized.has_user() == url.has_user() && normalized.has_password() == url.has_password());
  require(!url.fetch_text().starts_with('-') && !url.host().starts_with('-'));
  require(!mlem::has_control_character(url.printable()));
  require(!url.is_helper() || why_forbidden(url, {}));
  if (const auto path = url.local_path()) {
    require(path->starts_with('/') && ("/" + *path + "/").find("/../") == std::string::npos);
    require(mlem::RepoUrl::parse(mlem::file_url(*path)).local_path() == path);
  }
  require(!browse_url(url, "main", "a") || !url.has_user());
}

void check_source(std::string_view text) {
  const mlem::Source source = mlem::Source::from_url(text);
  require(!source.is_alias() || !source.undivided.empty());
  if (source.undivided.empty()) require(!source.tree_path().text().empty());
  for (const std::string_view rev : source.possible_revs()) {
    require(source.undivided.starts_with(rev));
    try {
      require(source.divided_at(rev).rev->text() == rev);
    } catch (const mlem::Error&) {
      // Not every beginning is a rev, nor every end a path.
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_unless_refused(check_url, text);
  check_unless_refused(check_source, text);
  require(!mlem::is_surely_url(text) || mlem::looks_like_url(text));
  const std::string redacted = mlem::redact(text);
  require(mlem::redact(redacted) == redacted);
  return 0;
}
