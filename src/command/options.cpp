#include "command/options.hpp"

#include "model/repo_url.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <map>
#include <ostream>
#include <utility>

// Boost parses short options and words; long options are looked up here before it sees them, for it takes
// abbreviations, two names of one option and optional values in another way than git. Each option writes into the
// variable that it was declared with, in the order of the command line, so that the last one counts; which of them
// exclude each other is looked at when all are set. The words that follow the last option are kept from Boost, for its
// time grows with the square of their number.

namespace po = boost::program_options;

namespace mlem::command {

struct Options::State {
  struct Option {
    std::string name;
    std::string letter{};
    std::string argument{};  ///< as shown: ` <repo>`, `[=<when>]`
    std::string help{};
    bool* flag = nullptr;
    bool* opposite = nullptr;
    std::optional<bool>* answer = nullptr;  ///< of a flag whose absence means neither
    std::optional<std::string>* value = nullptr;
    std::vector<std::string>* values = nullptr;
    std::vector<std::string> choices{};     ///< values that it takes; none: any
    std::ptrdiff_t tacit_choices = 0;       ///< those at the front that users are not told of
    std::optional<std::string> implicit{};  ///< what an optional value is without one
    std::optional<std::string> negated{};   ///< what `no-` makes of a value; nothing: as if it was not given
    std::string also{};                     ///< its other names
    bool is_hidden = false;                 ///< not printed by `-h`
    bool is_never_empty = false;            ///< an empty value is refused
    bool is_given() const {
      if (answer != nullptr) return answer->value_or(false);
      if (values != nullptr) return !values->empty();
      return flag != nullptr ? *flag : value->has_value();
    }
  };
  Option& declare(std::string_view names, const char* help);

  /// What a word after `--` means: an option, or `no-` before it.
  struct Meaning {
    std::string key;
    const Option* option = nullptr;  ///< none: help
    friend bool operator==(const Meaning&, const Meaning&) = default;
  };
  std::map<std::string, Meaning> long_names() const;
  Meaning find_long(const std::string& word, const Options& owner) const;
  std::vector<po::option> parse_long(std::vector<std::string>& args, const Options& owner) const;
  void set(const po::option& given, const Options& owner);
  void refuse_together(const Options& owner) const;

  std::vector<std::string> usage;
  std::deque<Option> options;
  std::map<std::string, std::string> meanings;  ///< by alias
  std::vector<std::vector<std::string>> exclusive;
  po::options_description known;
};

Options::State::Option& Options::State::declare(std::string_view names, const char* help) {
  const std::size_t comma = names.find(',');
  Option& option = options.emplace_back(Option{.name = std::string(names.substr(0, comma)), .help = help});
  if (comma != std::string_view::npos) option.letter = names.substr(comma + 1);
  return option;
}

std::map<std::string, Options::State::Meaning> Options::State::long_names() const {
  std::map<std::string, Meaning> names{{"help", {"help", nullptr}}};
  for (const Option& option : options) {
    names[option.name] = {option.name, &option};
    names["no-" + option.name] = {"no-" + option.name, &option};
  }
  for (const auto& [alias, meaning] : meanings) {
    if (const auto declared = names.find(meaning); declared != names.end()) names[alias] = declared->second;
  }
  return names;
}

/// As git does: a whole name, else the beginning of one option's names.
Options::State::Meaning Options::State::find_long(const std::string& word, const Options& owner) const {
  const std::map<std::string, Meaning> names = long_names();
  std::optional<Meaning> found;
  std::string first;
  for (auto each = names.lower_bound(word); each != names.end() && each->first.starts_with(word); ++each) {
    if (each->first == word) return each->second;
    if (found && *found != each->second) {
      throw owner.wrong("ambiguous option '--" + word + "': could be '--" + first + "' or '--" + each->first + "'");
    }
    if (!found) first = each->first;
    found = each->second;
  }
  if (!found || word.empty()) throw owner.wrong("unrecognised option '--" + word + "'");
  return *found;
}

/// Takes one long option, and its value, off the front of `args`. Boost would give an optional value the next word, and
/// call two names of one option ambiguous.
std::vector<po::option> Options::State::parse_long(std::vector<std::string>& args, const Options& owner) const {
  if (!args.front().starts_with("--")) return {};
  const std::string token = args.front();
  const std::size_t equals = token.find('=');
  const std::string word = token.substr(2, equals == std::string::npos ? equals : equals - 2);
  const Meaning meaning = find_long(word, owner);
  args.erase(args.begin());
  po::option given(meaning.key, {});
  given.original_tokens = {token};
  const bool takes_value = meaning.option != nullptr &&
                           (meaning.option->value != nullptr || meaning.option->values != nullptr) &&
                           meaning.key == meaning.option->name;
  if (equals != std::string::npos) {
    if (!takes_value) throw owner.wrong("option '--" + word + "' takes no value");
    given.value = {token.substr(equals + 1)};
  } else if (takes_value && meaning.option->implicit) {
    given.value = {*meaning.option->implicit};
  } else if (takes_value) {
    if (args.empty()) throw owner.wrong("option '--" + word + "' requires a value");
    given.value = {args.front()};
    args.erase(args.begin());
  }
  return {given};
}

/// Writes the value of the option that was given.
void Options::State::set(const po::option& given, const Options& owner) {
  const std::string& key = given.string_key;
  for (const Option& option : options) {
    const bool is_negated = key == "no-" + option.name;
    if (!is_negated && key != option.name) continue;
    if (option.flag != nullptr) {
      *option.flag = !is_negated;
      if (!is_negated && option.opposite != nullptr) *option.opposite = false;
    } else if (option.answer != nullptr) {
      *option.answer = !is_negated;
    } else if (option.values != nullptr) {
      if (is_negated)
        option.values->clear();
      else if (!given.value.empty())
        option.values->push_back(given.value.front());
    } else if (is_negated) {
      *option.value = option.negated;
    } else if (!given.value.empty()) {
      const std::string& value = given.value.front();
      if (value.empty() && option.is_never_empty) throw owner.wrong("the value of '--" + option.name + "' is empty");
      if (!option.choices.empty() && std::count(option.choices.begin(), option.choices.end(), value) == 0) {
        throw owner.wrong(
            fmt::format("'{}' is not a value for '--{}', which takes {}", value, option.name,
                        fmt::join(option.choices.begin() + option.tacit_choices, option.choices.end(), ", ")));
      }
      *option.value = value;
    }
  }
}

void Options::State::refuse_together(const Options& owner) const {
  for (const std::vector<std::string>& names : exclusive) {
    std::string first;
    for (const Option& option : options) {
      if (std::count(names.begin(), names.end(), option.name) == 0 || !option.is_given()) continue;
      // git's words: die_for_incompatible_opt4() of its parse-options.c.
      if (!first.empty())
        throw owner.wrong("options '--" + first + "' and '--" + option.name + "' cannot be used together");
      first = option.name;
    }
  }
}

namespace {

constexpr const char* words_key = "words";

/// One line as `git <command> -h` has it.
void print_option(std::ostream& out, const std::string& letter, const std::string& rest, const std::string& help) {
  constexpr std::size_t help_column = 26;
  const std::string names = "    " + (letter.empty() ? "" : "-" + letter + ", ") + "--" + rest;
  out << names;
  if (names.size() + 2 > help_column)
    out << '\n' << std::string(help_column, ' ');
  else
    out << std::string(help_column - names.size(), ' ');
  out << help << '\n';
}

}  // namespace

Options::Options(std::vector<std::string> usage) : state_(std::make_unique<State>()) {
  state_->usage = std::move(usage);
  state_->known.add_options()("help,h", "")(words_key, po::value<std::vector<std::string>>());
}

Options::~Options() = default;

Options& Options::flag(const char* names, const char* help, bool& value, bool* opposite) {
  State::Option& option = state_->declare(names, help);
  option.flag = &value;
  option.opposite = opposite;
  state_->known.add_options()(names, "")(("no-" + option.name).c_str(), "");
  return *this;
}

Options& Options::flag(const char* names, const char* help, std::optional<bool>& value) {
  State::Option& option = state_->declare(names, help);
  option.answer = &value;
  state_->known.add_options()(names, "")(("no-" + option.name).c_str(), "");
  return *this;
}

Options& Options::value(const char* names, const char* argument, const char* help, std::optional<std::string>& value) {
  State::Option& option = state_->declare(names, help);
  option.value = &value;
  option.argument = std::string(" <") + argument + ">";
  state_->known.add_options()(names, po::value<std::string>(), "")(("no-" + option.name).c_str(), "");
  return *this;
}

Options& Options::values(const char* names, const char* argument, const char* help, std::vector<std::string>& values) {
  State::Option& option = state_->declare(names, help);
  option.values = &values;
  option.argument = std::string(" <") + argument + ">";
  state_->known.add_options()(names, po::value<std::string>(), "")(("no-" + option.name).c_str(), "");
  return *this;
}

Options& Options::optional_choice(const char* names, const char* argument, Choices choices, const char* help,
                                  std::optional<std::string>& value) {
  State::Option& option = state_->declare(names, help);
  option.value = &value;
  option.implicit = choices.values.front();
  option.negated = choices.negated;
  option.argument = std::string("[=<") + argument + ">]";
  state_->known.add_options()(names, po::value<std::string>()->implicit_value(choices.values.front()), "")(
      ("no-" + option.name).c_str(), "");
  option.choices = std::move(choices.values);
  option.tacit_choices = choices.is_first_tacit ? 1 : 0;
  return *this;
}

Options& Options::alias(const char* name, const char* meaning) {
  state_->meanings[name] = meaning;
  for (State::Option& option : state_->options) {
    // Shown beside the word that print_usage() shows.
    if ((option.flag != nullptr && *option.flag ? "no-" : "") + option.name == meaning)
      option.also += (option.also.empty() ? "--" : ", --") + std::string(name);
  }
  return *this;
}

Options& Options::hide(std::string_view name) {
  for (State::Option& option : state_->options) option.is_hidden = option.is_hidden || option.name == name;
  return *this;
}

Options& Options::not_empty(std::initializer_list<const char*> names) {
  for (State::Option& option : state_->options) {
    option.is_never_empty |= std::count(names.begin(), names.end(), option.name) > 0;
  }
  return *this;
}

Options& Options::exclusive(std::initializer_list<const char*> names) {
  state_->exclusive.emplace_back(names.begin(), names.end());
  return *this;
}

std::vector<std::string> Options::Rest::all() const {
  std::vector<std::string> all = words;
  all.insert(all.end(), paths.begin(), paths.end());
  return all;
}

std::optional<Options::Rest> Options::parse(const Args& args, std::ostream& out) {
  Rest rest;
  const auto separator = std::find(args.begin(), args.end(), "--");
  rest.has_separator = separator != args.end();
  if (rest.has_separator) rest.paths.assign(separator + 1, args.end());
  const auto options_end = std::find(args.begin(), separator, "--end-of-options");

  // Boost's time grows with the square of what it is given, and thousands of words are no options.
  const auto is_option = [](const std::string& arg) { return arg.starts_with('-'); };
  const auto last_option = std::find_if(std::make_reverse_iterator(options_end), args.rend(), is_option).base();
  const auto words = last_option == options_end ? options_end : last_option + 1;  // the first may be a value

  po::positional_options_description positions;
  positions.add(words_key, -1);
  try {
    using namespace po::command_line_style;
    const po::parsed_options parsed =
        po::command_line_parser(std::vector<std::string>(args.begin(), words))
            .options(state_->known)
            .positional(positions)
            .extra_style_parser([this](std::vector<std::string>& left) { return state_->parse_long(left, *this); })
            .style(allow_long | long_allow_adjacent | allow_short | short_allow_adjacent | short_allow_next |
                   allow_dash_for_short | allow_sticky)
            .run();
    // In their order, so that of `--stage --no-stage` the last one counts, and an option may be repeated.
    for (const po::option& given : parsed.options) {
      const std::string& key = given.string_key;
      if (key == "help") {
        print_usage(out);
        return std::nullopt;
      }
      if (key == words_key)
        rest.words.insert(rest.words.end(), given.value.begin(), given.value.end());
      else
        state_->set(given, *this);
    }
  } catch (const po::error& error) {
    throw wrong(error.what());
  }
  state_->refuse_together(*this);
  rest.words.insert(rest.words.end(), words, options_end);
  if (options_end != separator) rest.words.insert(rest.words.end(), options_end + 1, separator);
  return rest;
}

void Options::print_usage(std::ostream& out) const {
  const char* lead = "usage: ";
  for (const std::string& line : state_->usage) {
    out << lead << "git mlem " << line << '\n';
    lead = "   or: ";
  }
  out << '\n';
  for (const State::Option& option : state_->options) {
    if (option.is_hidden) continue;
    // What is on unless turned off is shown by the word that turns it off.
    const bool is_on = option.flag != nullptr && *option.flag;
    print_option(out, option.letter, (is_on ? "no-" : "") + option.name + option.argument,
                 option.help + (option.also.empty() ? "" : " (also " + option.also + ")"));
  }
}

void Options::refuse_arguments(const Rest& rest) const {
  if (!rest.words.empty() || !rest.paths.empty()) throw wrong("no arguments are taken");
}

Error Options::wrong(const std::string& what) const {
  const std::string& usage = state_->usage.front();
  // One of several forms would not be the one that was meant.
  const bool has_forms = state_->usage.size() > 1;
  // Any word may be an address, with a password.
  return Error(ErrorKind::usage, redact(what), "",
               has_forms ? "'git mlem " + usage.substr(0, usage.find(' ')) + " -h' shows the usage"
                         : "usage: git mlem " + usage);
}

Error Options::wrong_value(const Error& error) const {
  return Error(ErrorKind::usage, error.what_failed(), error.why(),
               error.hint().empty() ? wrong("").hint() : error.hint());
}

}  // namespace mlem::command
