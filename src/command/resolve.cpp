#include "base/text.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/object_argument.hpp"
#include "history/point_in_time.hpp"
#include "model/repo_url.hpp"
#include "resolve/resolver.hpp"

#include <memory>
#include <ostream>
#include <utility>

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
      .exclusive({"at", "project"})
      .exclusive({"at", "rev"});
  add_format_options(options, format, {"verbose", "color", "progress"});
}

/// An object of the command line, and its number in the resolver.
struct NumberedObject {
  edit::ObjectArgument argument;
  std::size_t number;
};

std::vector<NumberedObject> add_objects(const git::Registry& registry, edit::ObjectViews& views,
                                        resolve::Resolver& resolver, const source::Settings& settings,
                                        const std::vector<std::string>& words, const ResolveOptions& asked,
                                        const Options& options) {
  const auto as_it_was =
      asked.at ? std::optional(Rev::parse(history::commit_at(registry, *asked.at).hex())) : std::nullopt;
  std::vector<NumberedObject> objects;
  objects.reserve(words.size());
  for (const std::string& word : words) {
    edit::ObjectArgument object = edit::parse_object(registry, settings, views, word, asked.project, asked.rev);
    if (as_it_was && !object.source.is_alias()) {
      throw options.wrong("'--at' is about this repository as it was: '" + word +
                          "' names a rev or another repository");
    }
    if (as_it_was) object.source.rev = as_it_was;
    const std::size_t number = edit::add_object(resolver, object);
    objects.push_back({std::move(object), number});
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
  if (words.empty()) throw options.wrong("which object?");

  const git::Registry registry = open_registry_if_any(context);
  if (asked.at) registry.require_repository();
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  resolve::Resolver resolver(registry, settings);
  edit::ObjectViews views(registry);
  const std::vector<NumberedObject> objects = add_objects(registry, views, resolver, settings, words, asked, options);
  resolver.run();
  const bool color = wants_color(format, context, registry);
  const bool err_color = wants_color(format, context, registry, Stream::err);
  const bool quotes = quotes_non_ascii(registry);
  auto reporter = make_script_reporter(format, context.out, quotes);
  if (!reporter) reporter = std::make_unique<PlaceReporter>(context, format.verbose, color, err_color);
  check::Summary summary;
  for (std::size_t i = 0; i < words.size(); ++i) {
    resolve::Chain chain = resolver.chain(objects[i].number);
    if (!asked.follow_links) chain = resolve::first_of(std::move(chain));
    Finding finding = resolve::finding_of(chain, "");
    describe(finding, chain, objects[i].argument);
    // Scripts get the link's own name, people the word that they typed.
    if (finding.link.empty() || !format.is_for_scripts()) finding.link = redact(words[i]);
    summary.count(finding);
    reporter->finding(finding);
  }
  reporter->end();
  return exit_code(summary);
}

}  // namespace mlem::command
