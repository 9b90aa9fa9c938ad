#include "command/detail/reporter.hpp"

#include "base/text.hpp"
#include "command/detail/age.hpp"
#include "command/detail/ci_reporters.hpp"
#include "command/detail/json.hpp"

#include <ostream>
#include <string>
#include <string_view>

namespace mlem::command {
namespace {

/// `--json`: an object a line.
class JsonReporter : public Reporter {
 public:
  JsonReporter(std::ostream& out, bool tells_proofs) : out_(out), tells_proofs_(tells_proofs) {}
  void finding(const Finding& finding) override {
    out_ << to_json(finding, tells_proofs_ ? proof_time(finding) : std::nullopt) << '\n';
  }
  void end() override { out_.flush(); }

 private:
  std::ostream& out_;
  bool tells_proofs_;
};

/// `--porcelain=v1` and `-z`: eight fields.
class PorcelainReporter : public Reporter {
 public:
  PorcelainReporter(std::ostream& out, bool nul, bool quotes_non_ascii)
      : out_(out), nul_(nul), quotes_non_ascii_(quotes_non_ascii) {}

  void finding(const Finding& finding) override {
    print_porcelain(out_, name(finding.verdict), finding, nul_, quotes_non_ascii_);
  }
  void end() override { out_.flush(); }

 private:
  std::ostream& out_;
  bool nul_;
  bool quotes_non_ascii_;
};

}  // namespace

void print_porcelain(std::ostream& out, std::string_view first, const Finding& finding, bool nul,
                     bool quotes_non_ascii) {
  const std::string commit = finding.commit ? finding.commit->hex() : "";
  const std::string blob = finding.blob ? finding.blob->hex() : "";
  const std::string_view fields[] = {first, finding.link, finding.object_type, commit,
                                     blob,  finding.path, finding.repo,        finding.rev};
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

std::unique_ptr<Reporter> make_script_reporter(const Format& format, std::ostream& out, bool quotes_non_ascii) {
  if (format.json) return std::make_unique<JsonReporter>(out, format.tells_proofs);
  if (format.porcelain || format.nul) return std::make_unique<PorcelainReporter>(out, format.nul, quotes_non_ascii);
  const Warnings warnings = format.warnings_fail ? Warnings::failing : Warnings::told;
  if (format.ci == "github") return make_github_reporter(out, warnings);
  if (format.ci == "sarif") return make_sarif_reporter(out, warnings);
  if (format.ci == "junit") return make_junit_reporter(out, warnings);
  return nullptr;
}

}  // namespace mlem::command
