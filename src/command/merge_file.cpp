#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/merge_links.hpp"
#include "source/settings.hpp"

#include <boost/filesystem/operations.hpp>

#include <charconv>
#include <ostream>

namespace mlem::command {
namespace {

constexpr std::size_t max_file_size = std::size_t{64} << 20;

std::string load_side(const std::string& name) {
  auto text = load_file(fs::absolute(name, current_directory()), max_file_size);
  if (!text) throw Error(ErrorKind::not_found, "cannot read '" + escape_for_terminal(name) + "'", "no such file");
  return *std::move(text);
}

/// Returns the number of characters of a conflict marker. Throws Error(usage).
std::size_t parse_marker_size(const Options& options, const std::string& text) {
  std::size_t size = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  constexpr std::size_t most = 1000;
  if (failure != std::errc{} || rest != text.data() + text.size() || size == 0 || size > most) {
    throw options.wrong("'--marker-size' takes a number from 1 to 1000");
  }
  return size;
}

}  // namespace

int run_merge_file(const Args& args, Context& context) {
  Options options({"merge-file [<options>] [--] <base> <ours> <theirs> [<name>]"});
  Format format;
  bool dry_run = false;
  std::optional<std::string> marker_size;
  options.value("marker-size", "n", "the length of conflict markers (default: 7)", marker_size)
      .flag("dry-run,n", "print what would be written, change nothing", dry_run);
  add_common_options(options, format, {"quiet"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> files = rest->all();
  if (files.size() < 3 || files.size() > 4) throw options.wrong("three files are merged, and a name may follow");
  edit::LinkMergeRequest request;
  if (marker_size) request.marker_size = parse_marker_size(options, *marker_size);
  request.base = load_side(files[0]);
  request.ours = load_side(files[1]);
  request.theirs = load_side(files[2]);

  const git::Registry registry = open_registry_if_any(context);
  const edit::LinkMerge merge = edit::merge_link_files(registry, source::load_settings(registry), request);
  if (dry_run) {
    context.out << merge.text;
  } else if (merge.text != request.ours) {
    AtomicFile(fs::absolute(files[1], current_directory()), merge.text).commit();
  }
  const std::string name = escape_for_terminal(files.back());
  if (merge.is_clean) {
    if (!merge.choice.empty() && !format.quiet) context.err << "Merging " << name << ": " << merge.choice << '\n';
    return exit_yes;
  }
  print_error(context.err, "error", "cannot merge '" + name + "': " + merge.conflict);
  for (const std::string& side : merge.sides) print_hint(context.err, side);
  return exit_no;
}

}  // namespace mlem::command
