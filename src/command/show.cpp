#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/json.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/object_argument.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/resolver.hpp"
#include "source/read_files.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string_view>
#include <vector>

namespace mlem::command {
namespace {

/// Files of what has no metafile that are larger than this are not shown.
constexpr std::size_t most_shown = std::size_t{1} << 20;
constexpr std::size_t most_lines = 40;

/// The first lines of a file, fit for a terminal; nothing if it is not text.
std::optional<std::string> head_of(std::string_view content) {
  if (!is_utf8(content) || content.find('\0') != std::string_view::npos) return std::nullopt;
  std::string head;
  for (std::size_t line = 0; line < most_lines && !content.empty(); ++line) {
    const std::string_view text = content.substr(0, content.find('\n'));
    head += escape_for_terminal(text) + '\n';
    content.remove_prefix(std::min(content.size(), text.size() + 1));
  }
  return content.empty() ? head : head + "...\n";
}

void print_plain(const std::vector<source::WantedFile>& files, std::ostream& out) {
  bool is_first = true;
  for (const source::WantedFile& file : files) {
    const auto head = file.content ? head_of(*file.content) : std::nullopt;
    if (!file.content && !file.is_too_large) continue;
    out << (is_first ? "==> " : "\n==> ") << escape_for_terminal(file.path) << " <==\n"
        << (head ? *head : std::string(file.content ? "(not text)\n" : "(over 1 MiB)\n"));
    is_first = false;
  }
}

/// Shows what is known of an object without a metafile: of a directory what Hugging Face has there, of a file its head.
int show_plain(const git::Registry& registry, const source::Settings& settings, const std::string& word,
               const Finding& finding, const resolve::Answer& object, bool json, Context& context) {
  std::vector<source::WantedFile> files;
  const std::string directory = object.path == "." ? "" : object.path;
  if (object.plain == Plain::blob) {
    files = {{object.path}};
  } else {
    files = {{join(directory, "config.json")}, {join(directory, "README.md")}};
  }
  const auto refusal = source::read_files(registry, object.source.repo, *object.commit, files, most_shown, settings);
  if (refusal) {
    Finding failed = finding;
    failed.verdict = refusal->verdict;
    failed.message = refusal->message;
    failed.hint = refusal->hint;
    print_failure(context.err, "error", redact(word), failed, false);
    return exit_code(failed.verdict);
  }
  if (json)
    context.out << files_to_json(files) << '\n';
  else
    print_plain(files, context.out);
  const bool has_any = std::any_of(files.begin(), files.end(),
                                   [](const source::WantedFile& file) { return file.content || file.is_too_large; });
  if (!has_any) {
    print_error(context.err, "warning",
                "'" + escape_for_terminal(object.path) + "' has neither 'config.json' nor 'README.md' to show");
  }
  return exit_yes;
}

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
  options.not_empty({"project", "rev"});
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
  const resolve::Answer& shown = follow_links ? chain.back() : chain.front();
  if (shown.plain) return show_plain(registry, settings, words.front(), finding, shown, json, context);
  const std::string& text = shown.text;
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
