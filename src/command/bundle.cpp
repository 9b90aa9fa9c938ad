#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/failure_reporter.hpp"
#include "command/detail/human_size.hpp"
#include "command/detail/json.hpp"
#include "command/detail/progress.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include "bundle/create.hpp"
#include "bundle/import.hpp"
#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace mlem::command {
namespace {

using bundle::BundleContent;
using bundle::Manifest;

/// What the command line asks for.
struct BundleOptions {
  std::optional<std::string> output;
  std::vector<std::string> since;
  bool json = false;
};

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// `3 links, 2 sources, 4 files of 1.20 GiB beside Git`.
std::string summary_of(const Manifest& manifest) {
  std::string text = counted(manifest.links.size(), "link") + ", " + counted(manifest.sources.size(), "source");
  if (manifest.artifacts.empty()) return text;
  const std::uint64_t bytes =
      std::accumulate(manifest.artifacts.begin(), manifest.artifacts.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const bundle::Part& artifact) { return sum + artifact.size; });
  return text + ", " + counted(manifest.artifacts.size(), "file") + " of " + human_size(bytes) + " beside Git";
}

/// `main at 1234567`.
std::string tip_of(const Manifest& manifest) {
  constexpr std::string_view heads = "refs/heads/";
  const std::string& head = manifest.registry.head;
  const std::string name = head.empty() ? "HEAD" : escape_for_terminal(head.substr(heads.size()));
  return name + " at " + manifest.registry.commit.short_hex();
}

std::string shown(const fs::path& file) {
  return file == "-" ? std::string("the bundle") : "'" + escape_for_terminal(file.string()) + "'";
}

/// What is staged is not in a bundle of HEAD.
void warn_of_staged_links(const git::Registry& registry, std::ostream& err) {
  if (!registry.has_work_tree()) return;
  const auto changes = git::find_staged_changes(registry.environment(), registry.directory().string());
  if (!changes) return;
  const auto count = static_cast<std::size_t>(std::count_if(
      changes->begin(), changes->end(), [](const git::Change& change) { return change.name.ends_with(".mlem"); }));
  if (count == 0) return;
  print_error(err, "warning",
              counted(count, "staged change") + (count == 1 ? " is" : " are") + " not in the bundle, which is of HEAD");
  print_hint(err, "'git commit' first");
}

int create(const BundleOptions& asked, const std::vector<std::string>& links, const Format& format, Context& context) {
  const git::Registry registry = open_registry(context);
  FailureReporter reporter(context.err, registry.prefix(), wants_color(format, context, registry, Stream::err),
                           FailureReporter::Undecided::error);
  bundle::CreateRequest request{.links = links, .output = *asked.output};
  for (const std::string& file : asked.since) request.since.emplace_back(file);
  request.take = [&](std::string_view piece) {
    context.out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  };
  Progress progress(format, context);
  const source::Settings settings = progress.settings(registry);
  const bundle::CreateResult result =
      bundle::create(registry, settings, request, [&](const Finding& finding) { reporter.finding(finding); });
  reporter.end();
  if (!result.is_created) return exit_code(result.summary);
  warn_of_staged_links(registry, context.err);
  const bool is_piped = *asked.output == "-";
  if (is_piped && !context.out.flush()) throw Error(ErrorKind::io, "cannot write the bundle");
  if (asked.json && !is_piped) context.out << to_json(BundleContent{result.manifest, result.id}) << '\n';
  if (!format.quiet && !asked.json) {
    (is_piped ? context.err : context.out)
        << "Created " << shown(*asked.output) << " of " << tip_of(result.manifest) << ": "
        << summary_of(result.manifest) << "; " << human_size(result.size) << '\n';
  }
  return exit_yes;
}

/// Tells what is in a bundle, and whether the registry that this is in has what it builds on.
int verify(const BundleOptions& asked, const fs::path& file, const Format& format, Context& context) {
  const git::Registry registry = open_registry_if_any(context);
  const BundleContent content = bundle::verify(file, context.interrupt);
  const Manifest& manifest = content.manifest;
  if (asked.json) context.out << to_json(content) << '\n';
  if (!format.quiet && !asked.json) {
    context.out << shown(file) << " is whole, of " << tip_of(manifest) << ": " << summary_of(manifest) << '\n'
                << "its manifest has the SHA-256 " << content.id << '\n';
    if (format.verbose) {
      for (const bundle::BundledLink& link : manifest.links) context.out << escape_for_terminal(link.link) << '\n';
    }
  }
  if (manifest.registry.prerequisites.empty()) return exit_yes;
  const std::string builds_on = "it builds on " + counted(manifest.registry.prerequisites.size(), "commit");
  if (!registry.is_there()) {
    if (!format.quiet && !asked.json)
      context.out << "it can be imported only where another one was: " << builds_on << '\n';
    return exit_yes;
  }
  const std::vector<Oid> missing = bundle::missing_prerequisites(registry, manifest);
  if (missing.empty()) return exit_yes;
  print_error(context.err, "error", fmt::format("{}, and this registry lacks {}", builds_on, missing.front().hex()));
  print_hint(context.err, "import the bundle first that it was made to follow");
  return exit_no;
}

void print_imported(const BundleContent& content, const std::optional<std::string>& directory, Context& context) {
  const Manifest& manifest = content.manifest;
  context.out << "Imported " << tip_of(manifest) << ": " << summary_of(manifest) << '\n';
  if (directory) {
    context.out << "The registry is in '" << escape_for_terminal(*directory) << "'\n";
    return;
  }
  constexpr std::string_view refs = "refs/";
  for (const auto& [name, oid] : manifest.registry.refs) {
    context.out << "  " << oid.short_hex() << ' ' << escape_for_terminal(bundle::imported_ref(name).substr(refs.size()))
                << '\n';
  }
}

int import(const BundleOptions& asked, const fs::path& file, const std::optional<std::string>& directory,
           const Format& format, Context& context) {
  Progress progress(format, context);
  const auto import_here = [&] {
    const git::Registry registry = open_registry(context);
    return bundle::import(registry, progress.settings(registry), file);
  };
  const BundleContent content =
      directory ? bundle::import_new(context.environment, *directory, file, context.interrupt,
                                     [&](const git::Registry& made) { return progress.settings(made); })
                : import_here();
  if (asked.json) context.out << to_json(content) << '\n';
  if (!format.quiet && !asked.json) print_imported(content, directory, context);
  return exit_yes;
}

}  // namespace

int run_bundle(const Args& args, Context& context) {
  Options options({"bundle create [<options>] -o <file> [--] [<link>...]", "bundle verify [<options>] <file>",
                   "bundle import [<options>] <file> [<dir>]"});
  Format format;
  BundleOptions asked;
  options.value("output,o", "file", "write the bundle there; '-' is standard output", asked.output)
      .values("since", "bundle", "leave out what this bundle has", asked.since)
      .flag("json", "print one JSON object", asked.json);
  add_common_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  std::vector<std::string> words = rest->all();
  if (words.empty()) throw options.wrong("a subcommand is needed: create, verify or import");
  const std::string step = words.front();
  words.erase(words.begin());
  if (step == "create") {
    if (!asked.output || asked.output->empty()) throw options.wrong("'-o' has to say where the bundle goes");
    return create(asked, words, format, context);
  }
  if (step != "verify" && step != "import") throw options.wrong("there is no 'bundle " + step + "'");
  if (asked.output || !asked.since.empty()) throw options.wrong("'-o' and '--since' are for 'bundle create'");
  const std::size_t most = step == "import" ? 2 : 1;
  if (words.empty() || words.size() > most) throw options.wrong("one bundle is needed");
  if (step == "verify") return verify(asked, words.front(), format, context);
  return import(asked, words.front(), words.size() > 1 ? std::optional(words[1]) : std::nullopt, format, context);
}

}  // namespace mlem::command
