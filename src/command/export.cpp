#include "artifact/recorded_files.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "check/check.hpp"
#include "command/detail/cyclonedx.hpp"
#include "command/detail/failure_reporter.hpp"
#include "command/detail/operands.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mlem::command {
namespace {

/// The commit or tree that is exported, and when it was committed.
Bom bom_of(const git::Registry& registry, const Operands& operands) {
  const auto commit = registry.find_commit(operands.tree ? operands.tree->hex() : "HEAD");
  if (!commit && !operands.tree) throw Error(ErrorKind::not_found, "the current branch has no commits yet");
  Bom bom{.registry = commit ? *commit : *operands.tree, .pathspecs = operands.paths};
  if (commit) bom.time = registry.objects().commit_time(*commit);
  return bom;
}

/// The links of a scope, if all are as they should be.
struct Followed {
  std::vector<Finding> findings;
  int code = exit_yes;
};

/// Follows all links, and tells of each that leads nowhere.
Followed follow(const git::Registry& registry, const source::Settings& settings, const check::Scope& scope,
                const Format& format, Context& context) {
  FailureReporter reporter(context.err, registry.prefix(), wants_color(format, context, registry, Stream::err));
  Followed followed;
  const check::Summary summary = check::judge(registry, settings, {scope}, [&](const Finding& finding) {
    if (finding.verdict == Verdict::ok) followed.findings.push_back(finding);
    reporter.finding(finding);
  });
  reporter.end();
  followed.code = exit_code(summary);
  return followed;
}

/// Brings links to the same object together, in the order of sources, paths and commits.
std::vector<BomObject> objects_of(std::vector<Finding> findings) {
  std::map<std::tuple<std::string, std::string, std::optional<Oid>>, BomObject> objects;
  for (Finding& finding : findings) {
    const std::string repo = finding.repo.empty() ? "" : finding.sources.back().normalized();
    objects[{repo, finding.path, finding.commit}].findings.push_back(std::move(finding));
  }
  std::vector<BomObject> list;
  for (auto& [key, object] : objects) list.push_back(std::move(object));
  return list;
}

/// Adds what is recorded of the files. Returns the exit code, and tells why where that cannot be known.
int add_files(const git::Registry& registry, const source::Settings& settings, Bom& bom, std::ostream& err) {
  std::vector<artifact::ObjectAt> objects;
  for (const BomObject& object : bom.objects) {
    objects.push_back(artifact::object_of(registry, object.findings.front(), [&] { return bom.registry; }));
  }
  std::vector<artifact::ObjectFiles> files = artifact::list_recorded_files(registry, settings, objects);
  int code = exit_yes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const source::Refusal& refusal = files[i].refusal;
    if (refusal.verdict != Verdict::ok) {
      Finding finding = bom.objects[i].findings.front();
      finding.verdict = refusal.verdict;
      finding.message = refusal.message;
      finding.hint = refusal.hint;
      print_failure(err, "error", relative_to(finding.link, registry.prefix()), finding, false);
      if (code != exit_no) code = exit_code(refusal.verdict);
    }
    bom.objects[i].files = std::move(files[i]);
  }
  return code;
}

}  // namespace

int run_export(const Args& args, Context& context) {
  Options options({"export --bom=cyclonedx [<options>] [<tree-ish>] [--] [<pathspec>...]"});
  Format format;
  std::optional<std::string> bom_format;
  bool offline = false;
  options.optional_choice("bom", "format", {{"cyclonedx"}}, "print a bill of materials", bom_format)
      .flag("offline", "answer from the cache", offline);
  add_common_options(options, format, {"color", "progress"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (!bom_format) throw options.wrong("a format is needed: --bom");

  const git::Registry registry = open_registry(context);
  const Operands operands = tell_apart(registry, options, *rest, Ranges::no);
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = offline;
  Bom bom = bom_of(registry, operands);
  check::Scope scope{.kind = check::Scope::Kind::commit};
  scope.commit = bom.registry;
  scope.pathspecs = operands.paths;
  check::settle_pathspecs(registry, settings, scope);
  Followed followed = follow(registry, settings, scope, format, context);
  int code = followed.code;
  if (code == exit_yes) {
    bom.objects = objects_of(std::move(followed.findings));
    code = add_files(registry, settings, bom, context.err);
  }
  if (code != exit_yes) {
    print_error(context.err, "fatal", "nothing is exported: a list that lacks objects would be wrong");
    return code;
  }
  context.out << to_cyclonedx(bom) << '\n';
  return exit_yes;
}

}  // namespace mlem::command
