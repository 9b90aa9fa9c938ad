#include "history/who.hpp"

#include "base/text.hpp"
#include "command/detail/changed_links.hpp"
#include "command/detail/json.hpp"
#include "command/detail/pager.hpp"
#include "command/detail/progress.hpp"
#include "command/detail/reporter.hpp"
#include "command/detail/table.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "history/in_force.hpp"
#include "model/point.hpp"
#include "source/refs.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <utility>

namespace mlem::command {
namespace {

std::vector<Warning> warnings_of(const history::LinkToPlace& found) {
  if (!found.floats) return {};
  const Point point = point_of(found.link);
  const std::string rev = point.rev.empty() ? "HEAD" : point.rev;
  return {{history::floating_code, found.via.empty()
                                       ? "it leads elsewhere when '" + rev + "' moves"
                                       : "'" + found.via.back() + "' leads elsewhere when its ref moves"}};
}

/// The name of a ref as git-branch(1) and git-tag(1) show it.
std::string shown_ref(const std::string& ref) {
  constexpr std::string_view remotes = "refs/remotes/";
  return escape_for_terminal(ref.starts_with(remotes) ? ref.substr(remotes.size()) : source::short_name(ref));
}

/// The links for people: a table.
class LinkTable {
 public:
  explicit LinkTable(bool has_registries) : has_registries_(has_registries) {
    std::vector<Column> columns{{"LINK", true}, {"NAMES", true, true}, {"ON", true, true}};
    if (has_registries) columns.push_back({"REGISTRY", true, true});
    table_ = std::make_unique<Table>(std::move(columns));
  }

  void add(const history::LinkToPlace& found) {
    std::string name = escape_for_terminal(found.name);
    for (const std::string& link : found.via) name += " -> " + escape_for_terminal(link);
    std::vector<std::string> refs;
    for (const std::string& ref : found.refs) refs.push_back(shown_ref(ref));
    std::vector<Cell> cells{{name}, {described(point_of(found.link))}, {fmt::format("{}", fmt::join(refs, ", "))}};
    if (has_registries_) cells.push_back({found.registry.empty() ? "." : found.registry});
    table_->add(cells);
    floating_ += found.floats ? 1 : 0;
  }

  const Table& table() const { return *table_; }
  std::size_t floating() const { return floating_; }

 private:
  bool has_registries_;
  std::unique_ptr<Table> table_;
  std::size_t floating_ = 0;
};

std::vector<RepoUrl> registries_of(const std::vector<std::string>& texts, const git::Registry& registry) {
  std::vector<RepoUrl> registries;
  for (const std::string& text : texts) registries.push_back(history::parse_place(text, registry.directory()).repo);
  return registries;
}

}  // namespace

int run_who(const Args& args, Context& context) {
  Options options({"who [<options>] <repo>[@<rev>][:<path>]"});
  Format format;
  std::vector<std::string> registry_texts;
  bool offline = false;
  options.values("registry", "url", "look there too; may be given more than once", registry_texts)
      .flag("offline", "answer from the cache", offline);
  add_format_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  const std::vector<std::string> words = rest->all();
  if (words.size() != 1) throw options.wrong(words.empty() ? "which repository?" : "one repository at a time");

  const git::Registry registry = open_registry_if_any(context);
  if (registry_texts.empty()) registry.require_repository();
  const history::Place place = history::parse_place(words.front(), registry.directory());
  Progress progress(format, context);
  source::Settings settings = progress.settings(registry);
  settings.offline = offline;
  const bool quotes = quotes_non_ascii(registry);
  LinkTable table(!registry_texts.empty());
  std::size_t count = 0;
  const history::WhoEnd end = history::find_links_to(
      registry, settings, place, registries_of(registry_texts, registry), [&](const history::LinkToPlace& found) {
        ++count;
        if (format.json)
          context.out << to_json(found, warnings_of(found)) << '\n';
        else if (format.is_for_scripts())
          print_porcelain(context.out, found.via.empty() ? "direct" : "via", finding_of(found.name, found.link),
                          format.nul, quotes);
        else
          table.add(found);
      });
  if (!format.is_for_scripts() && count > 0 && !format.quiet) {
    const std::string pager = find_pager(registry, context);
    const bool color = wants_color(format, context, registry, pager.empty() ? Stream::out : Stream::pager);
    const std::size_t width = context.out_is_terminal ? terminal_width(context.environment) : 0;
    if (pager.empty())
      table.table().print(context.out, width, color);
    else
      print_paged(pager, table.table().text(width, color), context);
  }
  context.out.flush();
  for (const std::string& doubt : end.doubts) print_error(context.err, "warning", doubt);
  if (table.floating() > 0 && !format.quiet) {
    print_error(context.err, "warning",
                fmt::format("floating: {} of these links name{} a branch, a tag or nothing, and lead{} elsewhere when "
                            "that moves",
                            table.floating(), table.floating() == 1 ? "s" : "", table.floating() == 1 ? "s" : ""));
  }
  if (count > 0) return exit_yes;
  return end.doubts.empty() ? exit_no : exit_undecided;
}

}  // namespace mlem::command
