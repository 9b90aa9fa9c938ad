#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/talk.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "model/repo_url.hpp"
#include "resolve/resolver.hpp"

#include "edit/object_argument.hpp"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string_view>

namespace mlem::command {
namespace {

/// Whether git can make a date of this. What it does not understand it takes for now: approxidate in its date.c.
bool is_date(std::string_view text) {
  constexpr std::string_view words[] = {
      "ago",      "am",      "april",     "at",       "august",    "bst",     "cdt",    "cest",     "cet",
      "cst",      "day",     "days",      "december", "edt",       "eet",     "eight",  "eleven",   "est",
      "february", "five",    "four",      "friday",   "gmt",       "hour",    "hours",  "january",  "jst",
      "july",     "june",    "last",      "march",    "may",       "mdt",     "met",    "midnight", "minute",
      "minutes",  "monday",  "month",     "months",   "mst",       "nd",      "never",  "nine",     "noon",
      "november", "now",     "october",   "one",      "pdt",       "pm",      "pst",    "rd",       "saturday",
      "second",   "seconds", "september", "seven",    "six",       "st",      "sunday", "t",        "tea",
      "ten",      "th",      "three",     "thursday", "today",     "tuesday", "two",    "utc",      "wednesday",
      "week",     "weeks",   "year",      "years",    "yesterday", "z",       "zero"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  bool has_any = false;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      has_any = has_any || (text[i] >= '0' && text[i] <= '9');
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && is_letter(text[i])) ++i;
    const std::string word = to_lower_ascii(text.substr(start, i - start));
    const auto means = [&](std::string_view known) {
      return known == word || (word.size() >= 3 && known.starts_with(word));
    };
    if (std::none_of(std::begin(words), std::end(words), means)) return false;
    has_any = true;
  }
  return has_any;
}

/// The registry as it was: a rev, or the last commit of HEAD before a date.
Oid commit_at(const git::Registry& registry, const std::string& at) {
  if (const auto commit = registry.find_commit(at)) return *commit;
  if (!is_date(at)) throw Error(ErrorKind::not_found, "bad revision or date '" + redact(at) + "'", "it is neither");
  const RunResult listed = registry.git({"rev-list", "-1", "--before=" + at, "HEAD", "--"});
  if (const auto commit = Oid::parse(trim(listed.output)); listed.code == 0 && commit) return *commit;
  throw Error(ErrorKind::not_found, "bad revision or date '" + redact(at) + "'",
              "no commit is that old or of that name");
}

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
  Talk talk(format, context);
  resolve::Resolver resolver(registry, talk.settings(registry));
  std::vector<edit::ObjectArgument> objects;
  std::vector<std::size_t> numbers;
  edit::ObjectViews views(registry);
  const auto as_it_was = at ? std::optional(Rev::parse(commit_at(registry, *at).hex())) : std::nullopt;
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
