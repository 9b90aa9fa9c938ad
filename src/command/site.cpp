#include "site/site.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "git/repository.hpp"
#include "history/point_in_time.hpp"
#include "model/repo_path.hpp"

#include "site/catalogue.hpp"
#include "site/view.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::command {
namespace {

/// What people call the registry: its directory, of a bare repository without `.git`.
std::string title_of(const git::Registry& registry) {
  fs::path directory = registry.has_work_tree() ? registry.work_tree() : registry.git_dir();
  if (directory.filename() == ".git") directory = directory.parent_path();
  const std::string name = directory.filename().string();
  constexpr std::string_view suffix = ".git";
  return name.size() > suffix.size() && name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

/// Returns the address with a `/` at its end: pages are below it.
std::string parse_base_url(const Options& options, std::string url) {
  const std::string shown = "'" + escape_for_terminal(redact(url)) + "'";
  const std::string_view scheme = url.starts_with("https://") ? "https://" : "http://";
  const std::string_view rest = std::string_view(url).substr(std::min(scheme.size(), url.size()));
  const std::string_view host = rest.substr(0, rest.find('/'));
  const bool is_plain = std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!url.starts_with(scheme) || host.empty() || !is_plain || url.find_first_of("\"<>\\^`{|}?#") != std::string::npos)
    throw options.wrong(shown +
                        " is not an address of the web without query and fragment; other characters than "
                        "those of ASCII are percent-encoded");
  if (host.find('@') != std::string_view::npos)
    throw options.wrong(shown + " has a user, and everybody reads the feed");
  if (!url.ends_with('/')) url += '/';
  return url;
}

/// Throws Error(invalid) for what is git's own: no web server should show it, and git may remove it.
void require_outside_git(const std::string& word) {
  for (fs::path at = without_links(from_current_directory(word)); !at.empty(); at = at.parent_path()) {
    if (at.filename() == ".git" || git::find_git_dir(at) == at)
      throw Error(ErrorKind::invalid, "cannot write a site to '" + word + "'",
                  "it is in the git directory '" + at.string() + "'", "name a directory outside of it");
  }
}

Oid commit_of(const git::Registry& registry, const std::optional<std::string>& at) {
  if (at) return history::commit_at(registry, *at);
  const auto head = registry.objects().find_ref("HEAD");
  if (!head) throw Error(ErrorKind::not_found, "the current branch has no commits yet");
  return *head;
}

/// Tells of links that lead nowhere: the site has why.
void tell_failures(std::ostream& err, const check::Summary& summary) {
  if (summary.broken + summary.undecided == 0) return;
  print_error(err, "warning", summary_line(summary, "", "ok") + "; their pages say why");
}

}  // namespace

int run_site(const Args& args, Context& context) {
  Options options({"site [<options>] <dir>"});
  Format format;
  site::SiteOptions asked;
  std::optional<std::string> at;
  std::optional<std::string> title;
  std::optional<std::string> environments;
  bool offline = false;
  options.value("at", "rev or date", "the registry as it was", at)
      .value("title", "text", "what the site is called", title)
      .value("base-url", "url", "where the site will be, for its feed", asked.base_url)
      .value("environments", "dir", "the directory whose directories are the environments", environments)
      .flag("offline", "answer from the cache", offline);
  options.not_empty({"at"});
  add_common_options(options, format, {"quiet", "verbose", "progress"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() != 1 || words.front().empty()) throw options.wrong("one directory is needed");
  if (title && trim(*title).empty()) throw options.wrong("'--title' is empty");
  if (asked.base_url) asked.base_url = parse_base_url(options, *asked.base_url);

  const git::Registry registry = open_registry(context);
  require_outside_git(words.front());
  asked.title = title ? *title : title_of(registry);
  if (environments) asked.environments = RepoPath::parse(*environments, registry.prefix()).text();
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = offline;
  const auto catalogue = site::read_catalogue(registry, settings, commit_of(registry, at));
  const site::Written written = site::write_site(*catalogue, asked, words.front());
  tell_failures(context.err, catalogue->summary);
  if (environments && !site::has_environments(*catalogue, asked))
    print_error(context.err, "warning",
                "no link is in an environment below '" + escape_for_terminal(*environments) + "'");
  if (format.quiet) return exit_yes;
  context.out << "site of " << catalogue->commit.short_hex() << " in " << escape_for_terminal(words.front()) << ": "
              << written.files << " files, " << written.changed << " written, " << written.removed << " removed\n";
  return exit_yes;
}

}  // namespace mlem::command
