#include "command/output.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>
#include <string_view>

namespace mlem::command {
namespace {

using Json = nlohmann::ordered_json;

/// Text of a repository may be any bytes; JSON may not.
void put(Json& json, const char* key, const std::string& value) {
  if (value.empty()) return;
  if (is_utf8(value)) {
    json[key] = value;
    return;
  }
  json[key] = replace_bad_utf8(value);
  json[std::string(key) + "_base64"] = base64(value);
}

}  // namespace

void add_talk_options(Options& options, Format& format) {
  options.flag("quiet,q", "say only what went wrong", format.quiet)
      .flag("verbose,v", "say more", format.verbose)
      .optional_choice("color", "when", {{"always", "never", "auto"}, "never"},
                       "colour the output: always, never or auto", format.color)
      .flag("progress", "show no progress", format.progress);
}

void add_format_options(Options& options, Format& format) {
  options.flag("json", "print one JSON object a line", format.json)
      .flag("porcelain", "print a stable format for scripts", format.porcelain)
      .flag("null,z", "end each porcelain field with NUL", format.nul);
  add_talk_options(options, format);
}

bool wants_color(const Format& format, const Context& context, const git::Registry& registry) {
  std::string when = "auto";
  if (format.color) {
    when = *format.color;
  } else if (const auto own = registry.config().find("color.mlem")) {
    when = *own;
  } else if (const auto ui = registry.config().find("color.ui")) {
    when = *ui;
  }
  if (when == "always") return true;
  if (when == "never" || when == "false" || when == "no" || when == "off") return false;
  const auto no_color = context.environment.find("NO_COLOR");
  return context.out_is_terminal && (!no_color || no_color->empty()) &&
         context.environment.find("TERM").value_or("dumb") != "dumb";
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
  out << json.dump() << '\n';
}

bool quotes_non_ascii(const git::Registry& registry) { return registry.config().boolean("core.quotepath", true); }

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

void print_error(std::ostream& err, const char* severity, const std::string& text) {
  err << severity << ": " << escape_for_terminal(text) << '\n';
}

void print_hint(std::ostream& err, const std::string& text) {
  if (!text.empty()) err << "hint: " << escape_for_terminal(text) << '\n';
}

std::string full_ref_name(const std::string& text) { return text.starts_with("refs/") ? text : "refs/heads/" + text; }

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
  const Answer verdict = answer(finding.verdict);
  const char* slot = verdict == Answer::yes ? "\033[32m" : verdict == Answer::no ? "\033[31m" : "\033[33m";
  out << link << ": " << (color ? slot : "") << name(finding.verdict) << (color ? "\033[m" : "");
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

std::string count_links(const check::Summary& summary, const char* what, const char* ok) {
  return fmt::format("{} link{}{}: {} {}, {} broken, {} undecided", summary.total(), summary.total() == 1 ? "" : "s",
                     what, summary.ok, ok, summary.broken, summary.undecided);
}

}  // namespace mlem::command
