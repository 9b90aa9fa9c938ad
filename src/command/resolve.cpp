#include "base/text.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/object_argument.hpp"
#include "history/point_in_time.hpp"
#include "model/repo_url.hpp"
#include "resolve/resolver.hpp"

#include <ostream>

namespace mlem::command {
namespace {

/// Completes a finding to what check says of the same link. `word` is the object's name on the command line.
void describe(Finding& finding, const resolve::Chain& chain, const edit::ObjectArgument& object,
              const std::string& word) {
  finding.link = word;
  const resolve::Answer& first = chain.answers.front();
  if (!first.source.repo && !first.path.empty()) finding.link = first.path;
  if (object.source.is_alias())
    finding.at = object.view->at();
  else if (first.commit)
    finding.at = first.commit->hex();
}

/// Prints an object's place for people, and with `-v` the links on the way there.
void print_place(std::ostream& out, const Finding& finding, bool shows_hops, bool color) {
  const auto id = [](const std::optional<Oid>& oid) { return oid ? oid->hex() : std::string("-"); };
  const auto shown = [](const std::string& text) { return text.empty() ? "." : escape_for_terminal(text); };
  out << painted(id(finding.commit), color_of_commit, color) << ' ' << id(finding.blob) << ' ' << finding.object_type
      << ' ' << shown(finding.path) << ' ' << shown(finding.repo) << '\n';
  if (!shows_hops) return;
  for (const Hop& hop : finding.hops) {
    out << "  " << painted(id(hop.commit), color_of_commit, color) << ' ' << shown(hop.path) << ' ' << shown(hop.repo)
        << '\n';
  }
}

}  // namespace

int run_resolve(const Args& args, Context& context) {
  Options options({"resolve [<options>] <object>..."});
  Format format;
  bool follow_links = true;
  std::optional<std::string> at;
  std::optional<std::string> project;
  std::optional<std::string> rev;
  options.flag("follow-links", "stop at a link instead of following it", follow_links)
      .alias("f", "follow-links")
      .alias("nf", "no-follow-links")
      .value("at", "rev or date", "as the registry was then", at)
      .value("project,p", "repo", "the repository that has the objects", project)
      .value("rev,r", "rev", "the rev in it", rev)
      .exclusive({"at", "project"})
      .exclusive({"at", "rev"});
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.empty()) throw options.wrong("which object?");

  const git::Registry registry = open_registry(context);
  Progress progress(format, context);
  resolve::Resolver resolver(registry, progress.settings(registry));
  std::vector<edit::ObjectArgument> objects;
  std::vector<std::size_t> numbers;
  edit::ObjectViews views(registry);
  const auto as_it_was = at ? std::optional(Rev::parse(history::commit_at(registry, *at).hex())) : std::nullopt;
  objects.reserve(words.size());
  for (const std::string& word : words) {
    edit::ObjectArgument& object = objects.emplace_back(edit::parse_object(registry, views, word, project, rev));
    if (as_it_was && !object.source.is_alias()) {
      throw options.wrong("'--at' is about this repository as it was: '" + word +
                          "' names a rev or another repository");
    }
    if (as_it_was) object.source.rev = as_it_was;
    numbers.push_back(resolver.add(*object.view, "", object.source));
  }
  resolver.run();
  const bool color = wants_color(format, context, registry);
  const bool err_color = wants_color(format, context, registry, Stream::err);
  const bool quotes = quotes_non_ascii(registry);
  check::Summary summary;
  for (std::size_t i = 0; i < words.size(); ++i) {
    resolve::Chain chain = resolver.chain(numbers[i]);
    if (!follow_links) chain = resolve::first_of(std::move(chain));
    Finding finding = resolve::finding_of(chain, "");
    describe(finding, chain, objects[i], redact(words[i]));
    summary.count(finding);
    if (print_for_scripts(context.out, finding, format, quotes)) continue;
    if (finding.verdict != Verdict::ok)
      print_failure(context.err, "error", redact(words[i]), finding, err_color);
    else
      print_place(context.out, finding, format.verbose, color);
  }
  return exit_code(summary);
}

}  // namespace mlem::command
