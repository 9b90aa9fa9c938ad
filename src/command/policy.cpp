#include "base/text.hpp"
#include "check/policy_flaws.hpp"
#include "check/push.hpp"
#include "command/detail/json.hpp"
#include "command/detail/operands.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "git/config_origin.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

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
  for (const char* known : {"requirePinned", "requireReachable", "requireSigned", "allowObjects", "allowPlain",
                            "forbidBreaking", "artifactSigner"}) {
    if (to_lower_ascii(known) == key) return known;
  }
  return key;
}

std::vector<Setting> load_settings_of_policies(const git::Registry& registry) {
  const std::string section = "mlem-policy";
  std::vector<Setting> settings;
  for (git::ConfigLine& line : git::lines_of_section(registry, section)) {
    const std::size_t name = section.size() + 1;
    const std::size_t dot = line.key.rfind('.');
    settings.push_back({line.key.substr(name, dot - name), spelled(line.key.substr(dot + 1)), std::move(line.value),
                        std::move(line.origin)});
  }
  return settings;
}

/// Writes a text with a `\\` before each of `special`: git-config(1) has it in the names of sections and in values.
std::string escaped(const std::string& text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? 'n' : c == '\t' ? 't' : c == '\b' ? 'b' : c;
  }
  return out;
}

/// A value as a file of configuration has it, quoted where write_pair() of git's config.c quotes it.
std::string quoted_value(const std::string& value) {
  const std::string text = escape_for_terminal(escaped(value, "\n\t\b\"\\"));
  const bool is_quoted =
      value.starts_with(' ') || value.ends_with(' ') || value.find_first_of(";#") != std::string::npos;
  return is_quoted ? '"' + text + '"' : text;
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

void print_settings(std::ostream& out, const std::vector<check::Policy>& in_force, const std::vector<Setting>& settings,
                    const Format& format) {
  std::string last;
  for (const check::Policy& policy : in_force) {
    for (const Setting& setting : settings) {
      if (setting.policy != policy.name) continue;
      if (format.json) {
        out << to_json({{"policy", setting.policy},
                        {"key", setting.key},
                        {"value", setting.value},
                        {"origin", setting.origin}})
            << '\n';
      } else if (format.porcelain || format.nul) {
        print_fields(out, setting, format.nul);
      } else {
        if (policy.name != last)
          out << "[mlem-policy \"" << escape_for_terminal(escaped(policy.name, "\"\\")) << "\"]\n";
        last = policy.name;
        out << "\t" << setting.key << " = " << quoted_value(setting.value) << "\t# "
            << escape_for_terminal(setting.origin) << '\n';
      }
    }
  }
}

void warn_of_flaws(std::ostream& err, const std::vector<check::PolicyFlaw>& flaws) {
  for (const check::PolicyFlaw& flaw : flaws) {
    print_error(err, "warning", "policy '" + flaw.policy + "': " + flaw.message);
    print_hint(err, flaw.hint);
  }
}

}  // namespace

int run_policy(const Args& args, Context& context) {
  Options options({"policy [<options>] [<ref>]"});
  Format format;
  add_format_options(options, format, {"quiet"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() > 1) throw options.wrong("one ref at most");

  const git::Registry registry = open_registry(context);
  const check::Pusher pusher = check::load_pusher(registry);
  std::vector<check::Policy> in_force;
  if (words.empty()) {
    in_force = pusher.policies;
  } else {
    for (check::Rules& rules : check::rules_for(registry, parse_ref(registry, words.front()), pusher)) {
      in_force.push_back(std::move(rules.policy));
    }
  }
  print_settings(context.out, in_force, load_settings_of_policies(registry), format);
  context.out.flush();
  if (in_force.empty() && !format.quiet) context.err << "no policy is in force\n";
  if (!format.quiet) warn_of_flaws(context.err, check::find_flaws(in_force, registry));
  return in_force.empty() ? exit_no : exit_yes;
}

}  // namespace mlem::command
