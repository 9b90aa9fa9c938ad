#include "edit/rev_argument.hpp"

#include "base/text.hpp"
#include "git/refs.hpp"
#include "git/repository.hpp"
#include "model/gto.hpp"
#include "model/rev.hpp"
#include "source/conversation.hpp"
#include "source/gto.hpp"
#include "source/history.hpp"
#include "source/place.hpp"

#include <algorithm>
#include <functional>

namespace mlem::edit {
namespace {

/// Whether `text` may be what git-describe(1) prints: `v1.0-3-g1a2b3c4`.
bool is_described(std::string_view text) {
  const std::size_t mark = text.rfind("-g");
  return mark != std::string_view::npos && is_abbreviated_oid(text.substr(mark + 2));
}

bool is_expression(const std::string& text) { return !is_ref_name(text); }

/// Whether there is nothing to look up: a link stores it as it is, or Rev::parse() tells what is wrong with it.
bool is_final(const std::string& text) {
  return text.empty() || text.starts_with('-') || text == "HEAD" || Oid::parse(text).has_value();
}

bool is_behind_network(const RepoUrl& url, const source::Settings& settings) {
  const source::Place place = source::find_place(url, settings.access);
  return !place.local || place.is_bundle;
}

/// Whether a branch, a tag or a full name is written like an abbreviated id.
bool is_name_in(git::Repository& repository, const std::string& text) {
  if (is_expression(text)) return false;
  const auto has = [&](const char* prefix) { return repository.find_ref(prefix + text).has_value(); };
  return has("refs/heads/") || has("refs/tags/") || has("refs/") || (text.starts_with("refs/") && has(""));
}

/// `count_matches` tells how many objects have an id that begins as an abbreviated one.
RevArgument rev_of_commit(const std::string& text, const std::optional<Oid>& commit,
                          const std::function<std::size_t()>& count_matches) {
  if (commit) return {commit->hex()};
  const bool is_abbreviated = is_abbreviated_oid(text);
  // A name that is not there is the resolver's to tell, with the names that are.
  if (!is_expression(text) && !is_abbreviated) return {text};
  std::string hint;
  if (is_abbreviated && count_matches() < 2)
    hint = "no commit of that source has an id that begins so";
  else if (is_abbreviated)
    hint = "more than one id begins so; write more of it";
  return {text, source::Refusal{Verdict::missing_rev,
                                "no branch, tag or commit '" + escape_for_terminal(redact(text)) + "'", hint}};
}

/// Returns how many objects of a repository have an id that begins with `text`.
std::size_t count_ids(const fs::path& git_dir, const std::string& text, const Environment& environment) {
  const RunResult result = run(git::reading_program(git_dir, {"rev-parse", "--disambiguate=" + text}, environment));
  return static_cast<std::size_t>(std::count(result.output.begin(), result.output.end(), '\n'));
}

/// What a link stores of a version that answers a question of GTO.
RevArgument rev_of_version(const std::string& text, const GtoVersion& version) {
  return {version.tag.empty() ? version.commit.hex() : version.tag, {}, text};
}

/// Returns the commit of an expression in a repository that is not the registry.
std::optional<Oid> find_commit(git::Repository& repository, const fs::path& git_dir, const std::string& expression,
                               const source::Settings& settings) {
  const RunResult result = run(git::reading_program(
      git_dir, {"rev-parse", "--verify", "--quiet", "--end-of-options", expression}, settings.access.environment));
  const auto object = result.code == 0 ? Oid::parse(trim(result.output)) : std::nullopt;
  return object ? repository.find_commit(*object) : std::nullopt;
}

/// Returns `text` with `HEAD`, or `@` in its place, as the commit of the source's HEAD: a cache has none of its own.
/// Nothing if the source has no commit there.
std::optional<std::string> with_head(const std::string& text, source::Conversation& source) {
  constexpr std::string_view head = "HEAD";
  std::string_view rest = text;
  if (rest.starts_with(head))
    rest.remove_prefix(head.size());
  else if (rest.starts_with('@'))
    rest.remove_prefix(1);
  else
    return text;
  if (!rest.empty() && rest.front() != '~' && rest.front() != '^') return text;
  const auto oid = source.refs().find(std::string(head));
  return oid ? std::optional(oid->hex().append(rest)) : std::nullopt;
}

bool begins_at_head(const std::string& text) { return text.starts_with("HEAD") || text.starts_with('@'); }

/// Looks up what a question of GTO comes to, but for one that is the name of a branch or tag.
std::optional<source::Refusal> look_up(const RepoUrl& url, const std::string& text, const GtoQuery& query,
                                       const source::Settings& settings, RevArgument& found) {
  bool is_name = false;
  auto refusal = source::converse(url, settings, [&](source::Conversation& source) {
    is_name = source.refs().find("refs/heads/" + text) || source.refs().find("refs/tags/" + text);
  });
  found = {text};
  if (refusal || is_name) return refusal;
  source::GtoAnswer answer = source::find_gto_version(url, query, settings);
  if (answer.version) found = rev_of_version(text, *answer.version);
  return answer.refusal;
}

std::optional<source::Refusal> look_up(const RepoUrl& url, const std::string& text, const source::Settings& settings,
                                       RevArgument& found) {
  if (const auto query = GtoQuery::parse(text)) return look_up(url, text, *query, settings, found);
  std::optional<std::string> expression = text;
  if (begins_at_head(text) && is_behind_network(url, settings)) {
    auto refusal =
        source::converse(url, settings, [&](source::Conversation& source) { expression = with_head(text, source); });
    if (refusal) return refusal;
  }
  return source::with_history(url, settings, [&](const fs::path& git_dir, git::Reading reading) {
    const auto repository = git::open_repository(git_dir, settings.access.environment, reading);
    if (is_name_in(*repository, text)) {
      found = {text};
      return;
    }
    const auto commit = expression ? find_commit(*repository, git_dir, *expression, settings) : std::nullopt;
    found = rev_of_commit(text, commit, [&] { return count_ids(git_dir, text, settings.access.environment); });
  });
}

}  // namespace

bool needs_history(const std::string& text) {
  return is_expression(text) || is_abbreviated_oid(text) || is_described(text) || GtoQuery::parse(text);
}

RevArgument rev_of_registry(const git::Registry& registry, const std::string& text) {
  if (is_final(text)) return {text};
  if (is_name_in(registry.objects(), text)) return {text};
  if (const auto query = GtoQuery::parse(text)) {
    if (const auto version = find_version(*query, git::list_dated_tags(registry)))
      return rev_of_version(text, *version);
    return {text, source::no_gto_version(*query)};
  }
  return rev_of_commit(text, registry.find_commit(text), [&] {
    return count_ids(registry.git_dir(), text, git::without_repository(registry.environment()));
  });
}

RevArgument rev_of_source(const RepoUrl& url, const std::string& text, const source::Settings& settings) {
  if (is_final(text) || (!needs_history(text) && is_behind_network(url, settings))) return {text};
  source::Settings quiet = settings;
  quiet.access.interactive = false;
  RevArgument found;
  auto refusal = look_up(url, text, quiet, found);
  const auto& logins = settings.access.logins;
  const bool may_ask = settings.access.interactive && refusal && refusal->verdict == Verdict::auth_required;
  if (may_ask && (logins == nullptr || logins->may_ask(url.host()))) refusal = look_up(url, text, settings, found);
  if (refusal) return {text, refusal};
  return found;
}

}  // namespace mlem::edit
