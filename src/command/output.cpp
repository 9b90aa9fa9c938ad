#include "command/output.hpp"

#include "base/text.hpp"
#include "command/detail/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string_view>

namespace mlem::command {
namespace {

/// What has no value has no key.
void put(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) set(json, key, value);
}

/// `--color`, color.mlem or color.ui, as git_config_colorbool() of git's color.c reads it; nothing for what depends on
/// where the output goes.
std::optional<bool> configured_color(const Format& format, const git::Config& config) {
  const char* const key = config.find("color.mlem") ? "color.mlem" : "color.ui";
  const std::string when = to_lower_ascii(format.color ? *format.color : config.find(key).value_or("auto"));
  if (when == "always") return true;
  if (when == "never") return false;
  if (when == "auto" || config.boolean(key, true)) return std::nullopt;
  return false;
}

bool shows_color(const Context& context, const git::Config& config, Stream stream) {
  if (stream == Stream::err) return context.err_is_terminal;
  if (stream == Stream::out && context.out_is_terminal) return true;
  // A pager of ours, or one that git or somebody before us has started: pager_in_use() of git's pager.c.
  const std::string in_use = to_lower_ascii(context.environment.find("GIT_PAGER_IN_USE").value_or("no"));
  constexpr std::string_view no[] = {"", "0", "false", "no", "off"};
  const bool is_paged = stream == Stream::pager || std::find(std::begin(no), std::end(no), in_use) == std::end(no);
  return is_paged && config.boolean("color.pager", true);
}

/// Porcelain v1.
void print_porcelain(std::ostream& out, const Finding& finding, bool nul, bool quotes_non_ascii) {
  const std::string commit = finding.commit ? finding.commit->hex() : "";
  const std::string blob = finding.blob ? finding.blob->hex() : "";
  const std::string_view fields[] = {name(finding.verdict), finding.link, finding.object_type, commit, blob,
                                     finding.path,          finding.repo, finding.rev};
  const char* separator = "";
  for (const std::string_view field : fields) {
    if (nul) {
      out << field << '\0';
      continue;
    }
    out << separator << (field.empty() ? "-" : quote_path(field, quotes_non_ascii));
    separator = "\t";
  }
  if (!nul) out << '\n';
}

}  // namespace

void add_talk_options(Options& options, Format& format) {
  options.flag("quiet,q", "say only what went wrong", format.quiet, &format.verbose)
      .flag("verbose,v", "say more", format.verbose, &format.quiet)
      .optional_choice("color", "when", {{"always", "never", "auto"}, "never"},
                       "colour the output: always, never or auto", format.color)
      .flag("progress", "show no progress", format.progress);
}

void add_format_options(Options& options, Format& format) {
  options.flag("json", "print one JSON object a line", format.json)
      .optional_choice("porcelain", "version", {{"v1"}}, "print a stable format for scripts", format.porcelain)
      .flag("null,z", "end each porcelain field with NUL", format.nul)
      .exclusive({"json", "porcelain"})
      .exclusive({"json", "null"});
  add_talk_options(options, format);
}

bool wants_color(const Format& format, const Context& context, const git::Registry& registry, Stream stream) {
  if (const auto always = configured_color(format, registry.config())) return *always;
  const auto no_color = context.environment.find("NO_COLOR");
  return shows_color(context, registry.config(), stream) && (!no_color || no_color->empty()) &&
         context.environment.find("TERM").value_or("dumb") != "dumb";
}

const char* color_of(Verdict verdict) {
  switch (decision(verdict)) {
    case Decision::yes:
      return "\033[32m";
    case Decision::no:
      return "\033[31m";
    case Decision::undecided:
      break;
  }
  return "\033[33m";
}

std::string painted(std::string_view text, const char* code, bool color) {
  return color ? code + std::string(text) + "\033[m" : std::string(text);
}

void print_json(std::ostream& out, const Finding& finding) {
  Json json;
  json["schema"] = 1;
  put(json, "link", finding.link);
  json["verdict"] = std::string(name(finding.verdict));
  put(json, "message", finding.message);
  put(json, "hint", finding.hint);
  if (!finding.warnings.empty()) {
    Json& warnings = json["warnings"] = Json::array();
    for (const Warning& warning : finding.warnings) {
      Json entry;
      put(entry, "code", warning.code);
      put(entry, "message", warning.message);
      warnings.push_back(std::move(entry));
    }
  }
  put(json, "link_type", finding.link_type);
  put(json, "object_type", finding.object_type);
  put(json, "repo", finding.repo);
  put(json, "rev", finding.rev);
  put(json, "ref", finding.ref);
  if (finding.commit) json["commit"] = finding.commit->hex();
  put(json, "path", finding.path);
  if (finding.blob) json["blob"] = finding.blob->hex();
  if (!finding.hops.empty()) {
    Json& hops = json["hops"] = Json::array();
    for (const Hop& hop : finding.hops) {
      Json entry = Json::object();
      put(entry, "repo", hop.repo);
      put(entry, "rev", hop.rev);
      if (hop.commit) entry["commit"] = hop.commit->hex();
      put(entry, "path", hop.path);
      hops.push_back(std::move(entry));
    }
  }
  put(json, "at", finding.at);
  put(json, "pushed_ref", finding.pushed_ref);
  if (!finding.rules.empty()) json["rules"] = finding.rules;
  if (finding.line != 0) json["line"] = finding.line;
  out << json.dump() << '\n';
}

bool quotes_non_ascii(const git::Registry& registry) { return registry.config().boolean("core.quotepath", true); }

bool print_for_scripts(std::ostream& out, const Finding& finding, const Format& format, bool quotes_non_ascii) {
  if (format.json)
    print_json(out, finding);
  else if (format.is_for_scripts())
    print_porcelain(out, finding, format.nul, quotes_non_ascii);
  return format.is_for_scripts();
}

void print_error(std::ostream& err, const char* severity, const std::string& text) {
  err << severity << ": " << escape_for_terminal(text) << '\n';
}

void print_hint(std::ostream& err, const std::string& text) {
  if (!text.empty()) err << "hint: " << escape_for_terminal(text) << '\n';
}

void print_failure(std::ostream& err, const char* severity, const std::string& subject, const Finding& finding,
                   bool color) {
  err << severity << ": " << escape_for_terminal(subject) << ": "
      << painted(name(finding.verdict), color_of(finding.verdict), color) << ": "
      << escape_for_terminal(finding.message) << '\n';
  print_hint(err, finding.hint);
}

std::string relative_to(const std::string& name, const std::string& prefix) {
  if (name.starts_with(prefix)) return name.substr(prefix.size());
  std::size_t common = 0;
  for (std::size_t i = 0; i < prefix.size() && i < name.size() && prefix[i] == name[i]; ++i) {
    if (prefix[i] == '/') common = i + 1;
  }
  std::string up;
  for (std::size_t i = common; i < prefix.size(); ++i) {
    if (prefix[i] == '/') up += "../";
  }
  return up + name.substr(common);
}

void print_finding(std::ostream& out, const Finding& finding, const std::string& prefix, bool color) {
  const std::string link =
      escape_for_terminal(finding.link.empty() ? finding.pushed_ref : relative_to(finding.link, prefix));
  out << link << ": " << painted(name(finding.verdict), color_of(finding.verdict), color);
  if (!finding.message.empty()) out << ": " << escape_for_terminal(finding.message);
  out << '\n';
  for (const Warning& warning : finding.warnings) {
    out << "  warning: " << warning.code << ": " << escape_for_terminal(warning.message) << '\n';
  }
  if (!finding.hint.empty()) out << "  hint: " << escape_for_terminal(finding.hint) << '\n';
}

int exit_code(const check::Summary& summary) {
  if (summary.broken > 0 || summary.refs > 0) return exit_no;
  return summary.undecided > 0 ? exit_undecided : exit_yes;
}

int exit_code(Verdict verdict) {
  switch (decision(verdict)) {
    case Decision::yes:
      return exit_yes;
    case Decision::no:
      return exit_no;
    case Decision::undecided:
      break;
  }
  return exit_undecided;
}

std::string summary_line(const check::Summary& summary, const char* suffix, const char* ok_word) {
  return fmt::format("{} link{}{}: {} {}, {} broken, {} undecided", summary.total(), summary.total() == 1 ? "" : "s",
                     suffix, summary.ok, ok_word, summary.broken, summary.undecided);
}

}  // namespace mlem::command
