#include "base/text.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/object_argument.hpp"
#include "history/in_force.hpp"
#include "history/point_in_time.hpp"
#include "model/object_name.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/resolver.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <utility>

// First every word becomes an object, then all objects are resolved in one run, and their findings are printed in the
// order of the words. With `--at` the objects are looked up in that commit of the registry, and a pinned link is
// answered without the network, if need be by what it records itself. What a link that names a ref led to at that time
// nobody knows: it is answered as of now, with a warning, and the exit code says that it is undecided.

namespace mlem::command {
namespace {

/// What the command line asks for.
struct ResolveOptions {
  bool follow_links = true;
  std::optional<std::string> at;
  std::optional<std::string> project;
  std::optional<std::string> rev;
};

void declare(Options& options, ResolveOptions& asked, Format& format) {
  options.flag("follow-links", "stop at a link instead of following it", asked.follow_links)
      .alias("f", "follow-links")
      .alias("nf", "no-follow-links")
      .value("at", "rev or date", "as the registry was then", asked.at)
      .value("project,p", "repo", "the repository that has the objects", asked.project)
      .value("rev,r", "rev", "the rev in it", asked.rev)
      .not_empty({"at", "project", "rev"})
      .exclusive({"at", "project"})
      .exclusive({"at", "rev"});
  add_format_options(options, format, {"verbose", "color", "progress"});
}

/// A path of a registry without a work tree, for a look at one of its commits; nothing for another word.
std::optional<edit::ObjectArgument> path_in_commit(const git::Registry& registry, edit::ObjectViews& views,
                                                   const std::string& word) {
  if (registry.has_work_tree() || ObjectName::parse(word).kind != ObjectName::Kind::path) return std::nullopt;
  edit::ObjectArgument object{{}, views.index.get()};
  object.source.path = RepoPath::parse(word).text();
  return object;
}

std::vector<edit::ObjectArgument> parse_objects(const git::Registry& registry, edit::ObjectViews& views,
                                                const source::Settings& settings, const std::vector<std::string>& words,
                                                const ResolveOptions& asked, const Options& options) {
  const auto as_it_was =
      asked.at ? std::optional(Rev::parse(history::commit_at(registry, *asked.at).hex())) : std::nullopt;
  std::vector<edit::ObjectArgument> objects;
  objects.reserve(words.size());
  for (const std::string& word : words) {
    auto in_commit = as_it_was ? path_in_commit(registry, views, word) : std::nullopt;
    edit::ObjectArgument& object =
        objects.emplace_back(in_commit ? std::move(*in_commit)
                                       : edit::parse_object(registry, settings, views, word, asked.project, asked.rev));
    if (as_it_was && !object.source.is_alias()) {
      throw options.wrong("'--at' is about this repository as it was: '" + word +
                          "' names a rev or another repository");
    }
    if (as_it_was) object.source.rev = as_it_was;
  }
  return objects;
}

/// Completes a finding to what check says of the same link.
void describe(Finding& finding, const resolve::Chain& chain, const edit::ObjectArgument& object) {
  if (chain.answers.empty()) return;
  const resolve::Answer& first = chain.answers.front();
  if (!first.source.repo && !first.path.empty()) finding.link = first.path;
  if (object.source.is_alias())
    finding.at = object.view->at();
  else if (first.commit)
    finding.at = first.commit->hex();
}

/// Returns what the objects are now.
std::vector<Finding> resolve_now(const git::Registry& registry, const source::Settings& settings,
                                 const std::vector<edit::ObjectArgument>& objects, bool follow_links) {
  resolve::Resolver resolver(registry, settings);
  std::vector<std::size_t> numbers;
  for (const edit::ObjectArgument& object : objects) numbers.push_back(edit::add_object(resolver, object));
  resolver.run();
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    resolve::Chain chain = resolver.chain(numbers[i]);
    if (!follow_links) chain = resolve::first_of(std::move(chain));
    findings.push_back(resolve::finding_of(chain, ""));
    describe(findings.back(), chain, objects[i]);
  }
  return findings;
}

/// Returns what the objects were when the registry was at the commit that they have as their rev.
std::vector<Finding> resolve_then(const git::Registry& registry, const source::Settings& settings,
                                  const std::vector<edit::ObjectArgument>& objects, bool follow_links) {
  auto past = history::resolve_in_force(
      registry, settings, objects.size(),
      [&](resolve::Resolver& resolver, std::size_t i) { return edit::add_object(resolver, objects[i]); });
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    resolve::Chain chain = std::move(past[i].chain);
    if (!follow_links) chain = resolve::first_of(std::move(chain));
    const bool is_recorded = follow_links && past[i].recorded;
    findings.push_back(is_recorded ? *past[i].recorded : resolve::finding_of(chain, ""));
    describe(findings.back(), chain, objects[i]);
    Finding& finding = findings.back();
    if (follow_links && past[i].floats && finding.verdict == Verdict::ok)
      finding.warnings.push_back(history::floating_warning(finding.rev));
  }
  return findings;
}

/// Returns the exit code: what floats was something else then, and nobody knows what.
int exit_code_of(const check::Summary& summary, const std::vector<Finding>& findings) {
  const int code = exit_code(summary);
  const bool floats = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return std::any_of(finding.warnings.begin(), finding.warnings.end(),
                       [](const Warning& warning) { return warning.code == history::floating_code; });
  });
  return code == exit_yes && floats ? exit_undecided : code;
}

/// The objects' places for people, with `-v` the links on the way there; on stderr what has none.
class PlaceReporter : public Reporter {
 public:
  PlaceReporter(Context& context, bool shows_hops, bool color, bool err_color)
      : out_(context.out), err_(context.err), shows_hops_(shows_hops), color_(color), err_color_(err_color) {}

  void finding(const Finding& finding) override {
    if (finding.verdict != Verdict::ok) {
      print_failure(err_, "error", finding.link, finding, err_color_);
      return;
    }
    const auto id = [](const std::optional<Oid>& oid) { return oid ? oid->hex() : std::string("-"); };
    const auto shown = [](const std::string& text) { return text.empty() ? "." : escape_for_terminal(text); };
    out_ << painted(id(finding.commit), color_of_commit, color_) << ' ' << id(finding.blob) << ' '
         << finding.object_type << ' ' << shown(finding.path) << ' ' << shown(finding.repo) << '\n';
    for (const Warning& warning : finding.warnings) {
      if (warning.code != history::floating_code) continue;  // others are about the file, and check's
      print_error(err_, "warning",
                  "'" + shown(finding.link) + "': " + warning.code + ": " + escape_for_terminal(warning.message));
    }
    if (!shows_hops_) return;
    for (const Hop& hop : finding.hops) {
      out_ << "  " << painted(id(hop.commit), color_of_commit, color_) << ' ' << shown(hop.path) << ' '
           << shown(hop.repo) << '\n';
    }
  }

 private:
  std::ostream& out_;
  std::ostream& err_;
  bool shows_hops_;
  bool color_;
  bool err_color_;
};

}  // namespace

int run_resolve(const Args& args, Context& context) {
  Options options({"resolve [<options>] <object>..."});
  Format format;
  ResolveOptions asked;
  declare(options, asked, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  format.tells_proofs = format.verbose;
  const std::vector<std::string> words = rest->all();
  if (words.empty()) throw options.wrong("an object is needed");

  const git::Registry registry = open_registry_if_any(context);
  if (asked.at) registry.require_repository();
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  edit::ObjectViews views(registry);
  const std::vector<edit::ObjectArgument> objects = parse_objects(registry, views, settings, words, asked, options);
  std::vector<Finding> findings = asked.at ? resolve_then(registry, settings, objects, asked.follow_links)
                                           : resolve_now(registry, settings, objects, asked.follow_links);
  const bool color = wants_color(format, context, registry);
  const bool err_color = wants_color(format, context, registry, Stream::err);
  const bool quotes = quotes_non_ascii(registry);
  auto reporter = make_script_reporter(format, context.out, quotes);
  if (!reporter) reporter = std::make_unique<PlaceReporter>(context, format.verbose, color, err_color);
  check::Summary summary;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Finding& finding = findings[i];
    // Scripts get the link's own name, people the word that they typed.
    if (finding.link.empty() || !format.is_for_scripts()) finding.link = redact(words[i]);
    summary.count(finding);
    reporter->finding(finding);
  }
  reporter->end();
  return exit_code_of(summary, findings);
}

}  // namespace mlem::command
