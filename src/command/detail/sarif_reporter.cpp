#include "base/text.hpp"
#include "command/detail/ci_reporters.hpp"
#include "command/detail/explanation.hpp"
#include "command/output.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace mlem::command {
namespace {

/// What is undecided is no failure: SARIF's section 3.27.9 has `open` for it, and then no level.
const char* level_of(const Explanation& explanation) {
  if (!explanation.verdict) return "warning";
  return decision(*explanation.verdict) == Decision::undecided ? "none" : "error";
}

/// Escapes what begins a link or a placeholder in a message: sections 3.11.5 and 3.11.6.
std::string sarif_text(std::string_view text) {
  std::string out;
  for (const char c : escape_for_terminal(text)) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    if (c == '{' || c == '}') out += c;
    out += c;
  }
  return out;
}

/// A path as a relative reference of RFC 3986, whatever its bytes. What is not ASCII is escaped too.
std::string uri_of(std::string_view path) {
  constexpr std::string_view unreserved = "-._~/";
  std::string uri;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          unreserved.find(c) != std::string_view::npos;
    if (is_plain)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

nlohmann::ordered_json sarif_rules() {
  auto rules = nlohmann::ordered_json::array();
  for (const Explanation& each : explanations()) {
    rules.push_back({{"id", each.word},
                     {"shortDescription", {{"text", sarif_text(each.meaning)}}},
                     {"help", {{"text", sarif_text(each.remedy)}}},
                     {"defaultConfiguration", {{"level", level_of(each)}}}});
  }
  return rules;
}

/// `--format=sarif`: a result a line.
class SarifReporter : public Reporter {
 public:
  SarifReporter(std::ostream& out, Warnings warnings) : out_(out), warnings_(warnings) {}

  void finding(const Finding& finding) override {
    if (finding.verdict != Verdict::ok) {
      const std::string hint = all_hints(finding);
      std::string text = sarif_text(described(finding));
      if (!hint.empty()) text += "\nhint: " + sarif_text(hint);
      const bool is_open = decision(finding.verdict) == Decision::undecided;
      auto json = result(finding, finding.line, name(finding.verdict), is_open ? "none" : "error", text);
      if (is_open) json["kind"] = "open";
      if (!finding.rules.empty()) json["properties"] = {{"rules", finding.rules}};
      put(json);
    }
    for (const Warning& warning : finding.warnings) {
      put(result(finding, warning.line, warning.code, warnings_ == Warnings::failing ? "error" : "warning",
                 sarif_text(warning.message)));
    }
  }
  void end() override {
    begin();
    out_ << (has_results_ ? "\n]}]}\n" : "]}]}\n");
    out_.flush();
  }

 private:
  void begin() {
    if (std::exchange(has_begun_, true)) return;
    const nlohmann::ordered_json driver = {
        {"name", "git-mlem"}, {"version", GIT_MLEM_VERSION}, {"rules", sarif_rules()}};
    out_ << R"({"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":)"
         << driver.dump() << R"(},"results":[)";
  }
  static nlohmann::ordered_json result(const Finding& finding, std::size_t line, std::string_view rule,
                                       const char* level, const std::string& text) {
    nlohmann::ordered_json json = {{"ruleId", rule}};
    if (const auto index = find_explanation(rule)) json["ruleIndex"] = *index;
    json["level"] = level;
    json["message"] = {{"text", text}};
    if (finding.link.empty()) {
      const std::string ref = replace_bad_utf8(finding.pushed_ref);
      json["locations"] = {{{"logicalLocations", {{{"fullyQualifiedName", ref}, {"kind", "ref"}}}}}};
      return json;
    }
    // GitHub takes no place without a line.
    json["locations"] = {{{"physicalLocation",
                           {{"artifactLocation", {{"uri", uri_of(finding.link)}, {"uriBaseId", "%SRCROOT%"}}},
                            {"region", {{"startLine", std::max(line, std::size_t{1})}}}}}}};
    return json;
  }
  void put(const nlohmann::ordered_json& json) {
    begin();
    constexpr bool in_ascii = true;
    out_ << (std::exchange(has_results_, true) ? ",\n" : "\n") << json.dump(-1, ' ', in_ascii);
  }

  std::ostream& out_;
  Warnings warnings_;
  bool has_begun_ = false;
  bool has_results_ = false;
};

}  // namespace

std::unique_ptr<Reporter> make_sarif_reporter(std::ostream& out, Warnings warnings) {
  return std::make_unique<SarifReporter>(out, warnings);
}

}  // namespace mlem::command
