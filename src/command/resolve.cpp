#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/talk.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "mlem/object_argument.hpp"
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"

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
  if (!is_date(at)) throw Error(ErrorKind::not_found, "bad revision or date '" + at + "'", "it is neither");
  const RunResult listed = registry.git({"rev-list", "-1", "--before=" + at, "HEAD", "--"});
  if (const auto commit = Oid::parse(trim(listed.output)); listed.code == 0 && commit) return *commit;
  throw Error(ErrorKind::not_found, "bad revision or date '" + at + "'", "no commit is that old or of that name");
}

/// Completes a finding to what check says of the same link. `word` is the object's name on the command line.
void describe(Finding& finding, const std::vector<resolve::Target>& chain, const ObjectArgument& object,
              const std::string& word) {
  finding.link = word;
  if (chain.empty()) return;
  const resolve::Target& first = chain.front();
  if (!first.source.repo && !first.path.empty()) finding.link = first.path;
  if (object.source.is_alias())
    finding.at = object.view->at();
  else if (first.commit)
    finding.at = first.commit->hex();
  if (!first.link) return;
  if (!finding.hops.empty()) finding.hops.erase(finding.hops.begin());
  if (!first.text.empty()) finding.warnings = yaml::read_metafile(first.text).warnings;
  const auto repo = chain.size() > 1 ? chain[1].source.repo : std::nullopt;
  if (repo && repo->local_path()) {
    finding.warnings.push_back({"local-path", "'" + repo->printable() + "' is a directory of one machine"});
  }
}

/// Makes a finding one about the chain's first step alone, the link itself.
void stop_at_link(Finding& finding, const std::vector<resolve::Target>& chain) {
  if (chain.size() < 2) return;
  const resolve::Target& first = chain.front();
  finding.verdict = Verdict::ok;
  finding.message.clear();
  finding.hint.clear();
  finding.hops.clear();
  finding.object_type = "link";
  finding.repo = first.source.repo ? first.source.repo->printable() : "";
  finding.rev = first.rev;
  finding.ref = first.ref;
  finding.commit = first.commit;
  finding.path = first.path;
  finding.blob = first.blob;
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
      .value("at", "rev or date", "as the registry was then", at)
      .value("project,p", "repo", "the repository that has the objects", project)
      .value("rev,r", "rev", "the rev in it", rev);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  std::vector<std::string> words = rest->words;
  words.insert(words.end(), rest->paths.begin(), rest->paths.end());
  if (words.empty()) throw options.wrong("which object?");
  if (at && (project || rev))
    throw options.wrong("'--at' is about this repository, '--project' and '--rev' about another");

  const git::Registry registry = open_registry(context);
  Talk talk(format, context);
  resolve::Settings settings = talk.settings(registry);
  settings.keep_text = format.json;  // for the warnings
  resolve::Resolver resolver(registry, settings);
  std::vector<ObjectArgument> objects;
  std::vector<std::size_t> numbers;
  ObjectViews views(registry);
  const auto as_it_was = at ? std::optional(Rev::parse(commit_at(registry, *at).hex())) : std::nullopt;
  objects.reserve(words.size());
  for (const std::string& word : words) {
    ObjectArgument& object = objects.emplace_back(parse_object(registry, views, word, project, rev));
    if (as_it_was && object.source.is_alias()) object.source.rev = as_it_was;
    numbers.push_back(resolver.add(*object.view, "", object.source));
  }
  resolver.run();
  const bool machine = format.json || format.porcelain || format.nul;
  int code = exit_yes;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Finding finding = resolver.finding(numbers[i], "");
    // The readable form says of an object itself alone.
    if (machine || !follow_links) {
      const auto chain = resolver.chain(numbers[i]);
      describe(finding, chain, objects[i], words[i]);
      if (!follow_links) stop_at_link(finding, chain);
    }
    switch (answer(finding.verdict)) {
      case Answer::yes:
        break;
      case Answer::no:
        code = exit_no;
        break;
      case Answer::undecided:
        code = code == exit_no ? exit_no : exit_undecided;
        break;
    }
    if (format.json) {
      print_json(context.out, finding);
    } else if (format.porcelain || format.nul) {
      print_porcelain(context.out, finding, format.nul, quotes_non_ascii(registry));
    } else if (finding.verdict != Verdict::ok) {
      print_error(context.err, "error", words[i] + ": " + std::string(name(finding.verdict)) + ": " + finding.message);
      print_hint(context.err, finding.hint);
    } else {
      context.out << (finding.commit ? finding.commit->hex() : "-") << ' ' << (finding.blob ? finding.blob->hex() : "-")
                  << ' ' << finding.object_type << ' ' << escape_for_terminal(finding.path) << ' '
                  << (finding.repo.empty() ? "." : escape_for_terminal(finding.repo)) << '\n';
    }
  }
  return code;
}

}  // namespace mlem::command
