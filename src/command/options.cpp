#include "command/options.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

namespace po = boost::program_options;

namespace mlem::command {

struct Options::State {
  struct Flag {
    std::string name;
    bool* value;
  };
  struct Value {
    std::string name;
    std::optional<std::string>* value;
  };
  std::vector<std::string> usage;
  po::options_description visible;
  po::options_description negations;
  std::vector<Flag> flags;
  std::vector<Value> values;
};

namespace {

std::string long_name(const char* names) {
  const std::string_view text(names);
  return std::string(text.substr(0, text.find(',')));
}

}  // namespace

Options::Options(std::vector<std::string> usage) : state_(std::make_unique<State>()) {
  state_->usage = std::move(usage);
  state_->visible.add_options()("help,h", "show this text");
}

Options::~Options() = default;

Options& Options::flag(const char* names, const char* help, bool& value) {
  state_->visible.add_options()(names, help);
  const std::string name = long_name(names);
  state_->negations.add_options()(("no-" + name).c_str(), "");
  state_->flags.push_back({name, &value});
  return *this;
}

Options& Options::value(const char* names, const char* argument, const char* help, std::optional<std::string>& value) {
  state_->visible.add_options()(names, po::value<std::string>()->value_name(argument), help);
  state_->values.push_back({long_name(names), &value});
  return *this;
}

Options& Options::optional_value(const char* names, const char* argument, const char* implicit, const char* help,
                                 std::optional<std::string>& value) {
  state_->visible.add_options()(names, po::value<std::string>()->value_name(argument)->implicit_value(implicit), help);
  state_->values.push_back({long_name(names), &value});
  return *this;
}

std::optional<Options::Rest> Options::parse(const Args& args, std::ostream& out) {
  Rest rest;
  const auto separator = std::find(args.begin(), args.end(), "--");
  rest.has_separator = separator != args.end();
  if (rest.has_separator) rest.paths.assign(separator + 1, args.end());

  po::options_description all;
  all.add(state_->visible).add(state_->negations);
  all.add_options()("words", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("words", -1);
  try {
    using namespace po::command_line_style;
    const po::parsed_options parsed =
        po::command_line_parser(std::vector<std::string>(args.begin(), separator))
            .options(all)
            .positional(positions)
            .style(allow_long | long_allow_adjacent | long_allow_next | allow_short | short_allow_adjacent |
                   short_allow_next | allow_dash_for_short | allow_sticky | allow_guessing)
            .run();
    // In their order, so that of `--stage --no-stage` the last one counts, and an option may be repeated.
    for (const po::option& option : parsed.options) {
      if (option.string_key == "help") {
        const char* lead = "usage: ";
        for (const std::string& line : state_->usage) {
          out << lead << "git mlem " << line << '\n';
          lead = "   or: ";
        }
        out << '\n' << state_->visible;
        return std::nullopt;
      }
      if (option.string_key == "words") rest.words.insert(rest.words.end(), option.value.begin(), option.value.end());
      for (const auto& flag : state_->flags) {
        if (option.string_key == flag.name) *flag.value = true;
        if (option.string_key == "no-" + flag.name) *flag.value = false;
      }
      for (const auto& value : state_->values) {
        if (option.string_key == value.name && !option.value.empty()) *value.value = option.value.front();
      }
    }
  } catch (const po::error& error) {
    throw wrong(error.what());
  }
  return rest;
}

Error Options::wrong(const std::string& what) const {
  return Error(ErrorKind::usage, what, "", "usage: git mlem " + state_->usage.front());
}

}  // namespace mlem::command
