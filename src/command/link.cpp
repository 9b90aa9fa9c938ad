#include "base/error.hpp"
#include "base/text.hpp"
#include "command/object_argument.hpp"
#include "command/options.hpp"
#include "command/report.hpp"
#include "command/talk.hpp"
#include "model/repo_path.hpp"
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"

#include <boost/filesystem/operations.hpp>

#include <ostream>

namespace mlem::command {
namespace {

bool wants_emoji(const git::Registry& registry, const Context& context) {
  std::string locale;
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    locale = context.environment.find(variable).value_or("");
    if (!locale.empty()) break;
  }
  const std::string name = to_lower_ascii(locale);
  const bool is_utf8_locale = name.find("utf-8") != std::string::npos || name.find("utf8") != std::string::npos;
  return registry.config().boolean("mlem.emoji", true) && is_utf8_locale;
}

/// The dialect that the registry's links are written in: `mlem.dialect`, else that of its first link that has one.
Dialect dialect_of(const git::Registry& registry) {
  if (const auto configured = registry.config().find("mlem.dialect")) {
    if (*configured == "repo") return Dialect::repo;
    if (*configured == "project") return Dialect::project;
    throw Error(ErrorKind::invalid, "bad config value for 'mlem.dialect'", "it takes 'repo' or 'project'");
  }
  for (const git::File& file : registry.index_files(mlem_suffix, {})) {
    if (file.stage != 0 || !git::is_regular(file.entry)) continue;
    const auto text = registry.objects().find_blob(file.entry.oid, yaml::max_object_size);
    if (!text || text->size() > yaml::max_link_size) continue;
    const auto scanned = yaml::scan_link(*text);
    if (scanned && scanned->link.dialect) return *scanned->link.dialect;
  }
  return Dialect::repo;
}

/// A change to files and index that is undone unless it is finished.
class Transaction {
 public:
  explicit Transaction(const git::Registry& registry) : registry_(registry) {}
  ~Transaction() {
    if (finished_) return;
    boost::system::error_code ignored;
    if (!file_.empty()) {
      if (previous_) {
        try {
          AtomicFile(file_, *previous_).commit();
        } catch (const Error&) {
          // The first error is the one to report; the file's content is in the index or was reported before.
        }
      } else {
        fs::remove(file_, ignored);
      }
    }
    for (auto directory = created_.rbegin(); directory != created_.rend(); ++directory) fs::remove(*directory, ignored);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void make_directories(const fs::path& directory) {
    std::vector<fs::path> missing;
    for (fs::path at = directory; !fs::exists(at); at = at.parent_path()) missing.push_back(at);
    for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
      boost::system::error_code failure;
      if (!fs::create_directory(*at, failure) && failure) {
        throw Error(ErrorKind::io, "cannot create '" + at->string() + "'", failure.message());
      }
      created_.push_back(*at);
    }
  }
  void write(const fs::path& file, const std::string& text) {
    previous_ = load_file(file, yaml::max_object_size);
    AtomicFile replacement(file, text);
    replacement.commit();
    file_ = file;
  }
  void finish() noexcept { finished_ = true; }

 private:
  const git::Registry& registry_;
  fs::path file_;
  std::optional<std::string> previous_;
  std::vector<fs::path> created_;
  bool finished_ = false;
};

/// Throws if `target` may not be written: a directory, a symbolic link on the way, or a file that is no link.
void require_writable(const git::Registry& registry, const std::string& target, bool force) {
  const fs::path file = registry.work_tree() / target;
  const std::string what = "cannot write '" + target + "'";
  for (fs::path at = file.parent_path(); at.string().size() > registry.work_tree().string().size();
       at = at.parent_path()) {
    const fs::file_status status = fs::symlink_status(at);
    if (fs::is_symlink(status)) throw Error(ErrorKind::invalid, what, "'" + at.string() + "' is a symbolic link");
    if (fs::exists(status) && !fs::is_directory(status)) {
      throw Error(ErrorKind::invalid, what, "'" + at.string() + "' is no directory");
    }
  }
  const fs::file_status status = fs::symlink_status(file);
  if (fs::is_directory(status)) throw Error(ErrorKind::invalid, what, "it is a directory");
  if (fs::is_symlink(status)) throw Error(ErrorKind::invalid, what, "it is a symbolic link");
  if (force) return;
  const std::string hint = "'-f' replaces it";
  if (fs::exists(status)) {
    const auto text = load_file(file, yaml::max_object_size);
    bool is_link = false;
    try {
      is_link = text && yaml::read_metafile(*text).kind == yaml::Metafile::Kind::link;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
    }
    if (!is_link) throw Error(ErrorKind::invalid, what, "it exists and is no link", hint);
  }
  if (!registry.find_in_index(target) && registry.git({"check-ignore", "-q", "--", file.string()}).code == 0) {
    throw Error(ErrorKind::invalid, what, "it is ignored by a .gitignore file", hint);
  }
}

struct LinkOptions {
  std::optional<std::string> source_project;
  std::optional<std::string> rev;
  std::optional<std::string> target_project;
  bool follow_links = true;
  bool absolute = false;
  bool force = false;
  bool dry_run = false;
  bool stage = true;
};

/// What a link to the last of `chain` says.
Link compose(const git::Registry& registry, const std::vector<const resolve::Target*>& chain,
             const std::string& target_name, const LinkOptions& options, resolve::TreeView& view) {
  const resolve::Target& end = options.follow_links ? *chain.back() : *chain.front();
  Link link;
  link.link_type = chain.back()->object_type;
  link.path = end.path;
  if (end.source.repo) {
    link.repo = end.source.repo->text();
    link.rev = end.stored_rev;
    link.dialect = dialect_of(registry);
  } else if (end.source.rev) {
    link.rev = end.stored_rev;
  } else if (options.absolute) {
    const auto branch = registry.objects().head_branch();
    link.repo = RepoUrl::parse(file_url(registry.work_tree().string())).text();
    link.rev = branch ? branch->substr(std::string("refs/heads/").size()) : registry.find_commit("HEAD")->hex();
    link.dialect = dialect_of(registry);
  } else {
    const std::string base = resolve::alias_base(view, target_name);
    link.path = fs::path(end.path).lexically_relative(base.empty() ? fs::path(".") : fs::path(base)).generic_string();
    if (base.empty()) link.path = end.path;
  }
  return link;
}

}  // namespace

int run_link(const Args& args, Context& context) {
  Options options({"link [<options>] <source> <target>"});
  LinkOptions chosen;
  Format format;
  options.value("source-project,s", "repo", "the repository that has the source", chosen.source_project)
      .alias("sp", "source-project")
      .alias("source-repo", "source-project")
      .alias("sr", "source-project")
      .value("rev,r", "rev", "the rev of the source", chosen.rev)
      .value("target-project,t", "dir", "the project that gets the link", chosen.target_project)
      .alias("tp", "target-project")
      .flag("follow-links", "link to a link itself, not to what it leads to", chosen.follow_links)
      .alias("f", "follow-links")
      .alias("nf", "no-follow-links")
      .flag("absolute", "name the repository where an alias would do", chosen.absolute)
      .alias("abs", "absolute")
      .alias("relative", "no-absolute")
      .alias("rel", "no-absolute")
      .flag("force,f", "replace what is no link, write an ignored file", chosen.force)
      .flag("dry-run,n", "resolve the source, change nothing", chosen.dry_run)
      .flag("stage", "write the file only", chosen.stage);
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  std::vector<std::string> words = rest->words;
  words.insert(words.end(), rest->paths.begin(), rest->paths.end());
  if (words.size() != 2) throw options.wrong("a source and a target are needed");

  const git::Registry registry = open_registry(context);
  if (!registry.has_work_tree()) throw Error(ErrorKind::invalid, "this operation must be run in a work tree");

  std::string target_text = words[1];
  if (chosen.target_project) target_text = (fs::path(*chosen.target_project) / target_text).string();
  std::string target = RepoPath::parse(path_in_work_tree(registry, target_text)).text();
  if (!target.ends_with(mlem_suffix)) target += mlem_suffix;
  const auto work_view = resolve::view_work_tree(registry);
  if (chosen.target_project) {
    const std::string directory = path_in_work_tree(registry, *chosen.target_project);
    if (resolve::find_project(*work_view, directory) != directory) {
      throw Error(ErrorKind::invalid, "'" + *chosen.target_project + "' is no MLEM project", "",
                  "'git mlem init " + *chosen.target_project + "' makes it one");
    }
  }
  require_writable(registry, target, chosen.force);

  const ObjectArgument source = parse_object(registry, words[0], chosen.source_project, chosen.rev);
  Talk talk(format, context);
  resolve::Resolver resolver(registry, talk.settings(registry));
  resolve::TreeView& view = source.view ? *source.view : *work_view;
  const std::size_t number = resolver.add(view, "", source.source);
  resolver.run();
  const Finding finding = resolver.finding(number, "");
  if (finding.verdict != Verdict::ok) {
    print_error(context.err, "error",
                "cannot link to '" + words[0] + "': " + std::string(name(finding.verdict)) + ": " + finding.message);
    print_hint(context.err, finding.hint);
    return answer(finding.verdict) == Answer::undecided ? exit_undecided : exit_no;
  }
  const auto chain = resolver.chain(number);
  const Link link = compose(registry, chain, target, chosen, *work_view);
  const std::string target_path = link.is_alias() ? resolve::alias_base(*work_view, target) : "";
  if (link.is_alias() && RepoPath::parse(link.path, target_path).text() == target) {
    throw Error(ErrorKind::invalid, "cannot link '" + target + "' to itself");
  }

  const bool emoji = wants_emoji(registry, context);
  std::string from = link.path;
  if (link.repo) {
    const RepoUrl repo = RepoUrl::parse(*link.repo);
    from = browse_url(repo, *link.rev, link.path).value_or(repo.printable() + "@" + *link.rev + ":" + link.path);
  }
  if (!format.quiet)
    context.out << (emoji ? "⏳️ " : "") << "Loading meta from " << escape_for_terminal(from) << '\n';
  if (source.is_local || (link.repo && RepoUrl::parse(*link.repo).local_path())) {
    print_error(context.err, "warning", "local-path: '" + *link.repo + "' is a directory of this machine");
    if (const auto directory = RepoUrl::parse(*link.repo).local_path()) {
      Program origin{{"git", "-C", *directory, "config", "--get", "remote.origin.url"},
                     git::without_repository(context.environment),
                     {}};
      const RunResult url = run(origin);
      if (url.code == 0) print_hint(context.err, "its origin is '" + redact(std::string(trim(url.output))) + "'");
    }
  }

  const std::string text = yaml::write_link(link);
  const yaml::Metafile again = yaml::read_metafile(text);
  if (again.link != link) throw Error(ErrorKind::invalid, "cannot write a link to '" + words[0] + "' that reads alike");
  if (chosen.dry_run) return exit_yes;

  const fs::path file = registry.work_tree() / target;
  Transaction transaction(registry);
  transaction.make_directories(file.parent_path());
  transaction.write(file, text);
  if (chosen.stage) {
    std::vector<git::File> entries;
    entries.push_back({target, {0100644, registry.write_blob(target, text)}, 0});
    if (link.is_alias()) {
      const auto project = resolve::find_project(*work_view, fs::path(target).parent_path().generic_string());
      const std::string marker = project ? (project->empty() ? "" : *project + "/") + ".mlem.yaml" : "";
      const auto content =
          marker.empty() ? std::nullopt : load_file(registry.work_tree() / marker, yaml::max_object_size);
      if (content && !registry.find_in_index(marker)) {
        entries.push_back({marker, {0100644, registry.write_blob(marker, *content)}, 0});
      }
    }
    registry.update_index(entries);
  }
  transaction.finish();
  if (!format.quiet) {
    context.out << (emoji ? "💾 " : "") << "Saving link to "
                << escape_for_terminal(relative_to(target, registry.prefix())) << '\n';
  }
  return exit_yes;
}

}  // namespace mlem::command
