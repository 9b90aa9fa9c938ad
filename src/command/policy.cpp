#include "base/error.hpp"
#include "base/text.hpp"
#include "check/push.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace mlem::command {
namespace {

/// One line of configuration that a policy is made of.
struct Setting {
  std::string policy;
  std::string key;
  std::string value;
  std::string origin;
};

/// A key as the manual spells it; git gives it in lower case.
std::string spelled(const std::string& key) {
  for (const char* known : {"requirePinned", "requireReachable", "requireSigned", "allowObjects"}) {
    if (to_lower_ascii(known) == key) return known;
  }
  return key;
}

std::vector<Setting> load_settings_of_policies(const git::Registry& registry) {
  constexpr std::string_view section = "mlem-policy.";
  const RunResult listed = registry.git({"config", "-z", "--show-origin", "--get-regexp", "^mlem-policy\\."});
  std::vector<Setting> settings;
  // An origin, NUL, a key, newline, a value, NUL: git-config(1).
  const std::vector<std::string_view> fields = split(listed.output, '\0');
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::size_t newline = fields[i + 1].find('\n');
    const std::string_view key = fields[i + 1].substr(0, newline);
    const std::size_t dot = key.rfind('.');
    settings.push_back({std::string(key.substr(section.size(), dot - section.size())),
                        spelled(std::string(key.substr(dot + 1))),
                        newline == std::string_view::npos ? "true" : std::string(fields[i + 1].substr(newline + 1)),
                        std::string(fields[i])});
  }
  return settings;
}

void print_json_of(std::ostream& out, const Setting& setting) {
  nlohmann::ordered_json json;
  json["schema"] = 1;
  json["policy"] = replace_bad_utf8(setting.policy);
  json["key"] = setting.key;
  json["value"] = replace_bad_utf8(setting.value);
  json["origin"] = replace_bad_utf8(setting.origin);
  out << json.dump() << '\n';
}

void print_fields(std::ostream& out, const Setting& setting, bool nul) {
  const std::array<const std::string*, 4> fields = {&setting.policy, &setting.key, &setting.value, &setting.origin};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (nul)
      out << *fields[i] << '\0';
    else
      out << quote_path(*fields[i], true) << (i + 1 < fields.size() ? '\t' : '\n');
  }
}

}  // namespace

int run_policy(const Args& args, Context& context) {
  Options options({"policy [<options>] [<ref>]"});
  Format format;
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (rest->words.size() > 1 || !rest->paths.empty()) throw options.wrong("one ref at most");

  const git::Registry registry = open_registry(context);
  const check::Pusher pusher = check::load_pusher(registry);
  std::vector<std::string> in_force;
  if (rest->words.empty()) {
    for (const check::Policy& policy : pusher.policies) in_force.push_back(policy.name);
  } else {
    for (const check::Rules& rules : check::rules_for(registry, full_ref_name(rest->words.front()), pusher)) {
      in_force.push_back(rules.policy.name);
    }
  }
  const std::vector<Setting> settings = load_settings_of_policies(registry);
  std::string last;
  for (const std::string& name : in_force) {
    for (const Setting& setting : settings) {
      if (setting.policy != name) continue;
      if (format.json) {
        print_json_of(context.out, setting);
      } else if (format.porcelain || format.nul) {
        print_fields(context.out, setting, format.nul);
      } else {
        if (name != last) context.out << "[mlem-policy \"" << escape_for_terminal(name) << "\"]\n";
        last = name;
        context.out << "\t" << setting.key << " = " << escape_for_terminal(setting.value) << "\t# "
                    << escape_for_terminal(setting.origin) << '\n';
      }
    }
  }
  if (in_force.empty() && !format.quiet) context.err << "no policy is in force\n";
  return in_force.empty() ? exit_no : exit_yes;
}

}  // namespace mlem::command
