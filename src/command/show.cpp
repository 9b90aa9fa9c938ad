#include "base/error.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/object_argument.hpp"
#include "model/repo_url.hpp"
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"

#include <ostream>

namespace mlem::command {
namespace {

int run(const std::string& name_of_command, const Args& args, Context& context) {
  Options options({name_of_command + " [<options>] <object>"});
  Format format;
  bool follow_links = true;
  bool json = false;
  std::optional<std::string> project;
  std::optional<std::string> rev;
  options.flag("follow-links", "stop at a link instead of following it", follow_links)
      .alias("f", "follow-links")
      .alias("nf", "no-follow-links")
      .flag("json", "print one JSON object", json)
      .value("project,p", "repo", "the repository that has the object", project)
      .value("rev,r", "rev", "the rev in it", rev);
  add_common_options(options, format, {"color", "progress"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() != 1) throw options.wrong("one object is needed");

  const git::Registry registry = open_registry_if_any(context);
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  resolve::Resolver resolver(registry, settings, {.wants_text = true});
  edit::ObjectViews views(registry);
  const edit::ObjectArgument object = edit::parse_object(registry, settings, views, words.front(), project, rev);
  const std::size_t number = edit::add_object(resolver, object);
  resolver.run();
  const Finding finding = resolver.finding(number, "");
  const auto chain = resolver.chain(number).answers;
  const bool first_will_do = !follow_links && !chain.empty() && !chain.front().failed();
  if (finding.verdict != Verdict::ok && !first_will_do) {
    print_failure(context.err, "error", redact(words.front()), finding,
                  wants_color(format, context, registry, Stream::err));
    return exit_code(finding.verdict);
  }
  const std::string& text = follow_links ? chain.back().text : chain.front().text;
  if (json) {
    context.out << yaml::to_json(text) << '\n';
  } else {
    context.out << text;
    if (!text.ends_with('\n')) context.out << '\n';
  }
  return exit_yes;
}

}  // namespace

int run_pprint(const Args& args, Context& context) { return run("pprint", args, context); }

int run_show(const Args& args, Context& context) { return run("show", args, context); }

}  // namespace mlem::command
