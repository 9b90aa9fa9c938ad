#include "check/check.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "model/verdict.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace mlem::check {
namespace {

/// A link between being read and being reported.
struct Item {
  Finding finding;
  std::optional<std::size_t> number;  ///< at the resolver; none: the finding is complete
};

/// What an alias that ends at this file would take for its type: empty if it is neither link nor object.
std::string end_type(const std::optional<git::Entry>& entry, git::Repository& objects) {
  if (!entry || !git::is_regular(*entry)) return {};
  try {
    const auto text = objects.find_blob(entry->oid, yaml::max_object_size);
    if (!text) return {};
    const yaml::Metafile file = yaml::read_metafile(*text);
    return file.kind == yaml::Metafile::Kind::link ? file.link.link_type : file.object_type;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return {};
  }
}

bool is_marker(std::string_view name) {
  return name == ".mlem.yaml" || name.ends_with("/.mlem.yaml") || name.starts_with(".mlem/") ||
         name.find("/.mlem/") != std::string_view::npos;
}

class Judge {
 public:
  Judge(const git::Registry& registry, const resolve::Settings& settings, const Scope& scope,
        const std::function<void(const Finding&)>& report)
      : registry_(registry), settings_(settings), scope_(scope), report_(report) {}

  Summary run() {
    const auto view = open_view();
    if (scope_.kind != Scope::Kind::changes) {
      judge_files(*view, all_files(scope_.pathspecs));
      return flush();
    }
    const std::vector<git::Change> changes = registry_.changes(*scope_.before, scope_.commit, scope_.pathspecs);
    std::vector<git::File> changed;
    bool touches_aliases = false;
    for (const git::Change& change : changes) {
      if (is_marker(change.name) && (!change.before || !change.after)) touches_aliases = true;
      if (!change.name.ends_with(mlem_suffix)) continue;
      if (!change.after && !change.unmerged) {
        touches_aliases = true;
        continue;
      }
      if (change.before && !change.unmerged &&
          end_type(change.before, registry_.objects()) != end_type(change.after, registry_.objects())) {
        touches_aliases = true;
      }
      changed.push_back({change.name, change.after.value_or(git::Entry{}), change.unmerged ? 1 : 0});
    }
    judge_files(*view, changed);
    // A changed link that no longer resolves takes the aliases to it along.
    touches_aliases = touches_aliases || std::any_of(items_.begin(), items_.end(), [](const auto& item) {
                        return item.second.finding.verdict != Verdict::ok;
                      });
    if (touches_aliases) {
      std::vector<git::File> unchanged = all_files({});
      std::erase_if(unchanged, [&](const git::File& file) { return items_.contains(file.name); });
      judge_files(*view, unchanged, Only::aliases);
    }
    return flush();
  }

 private:
  enum class Only { all, aliases };

  std::unique_ptr<resolve::TreeView> open_view() const {
    if (scope_.kind == Scope::Kind::work_tree) return resolve::view_work_tree(registry_);
    if (scope_.commit) return resolve::view_commit(registry_.objects(), *scope_.commit);
    return resolve::view_index(registry_);
  }

  std::vector<git::File> all_files(const std::vector<std::string>& pathspecs) const {
    if (scope_.kind == Scope::Kind::work_tree) return registry_.work_tree_files(mlem_suffix, pathspecs);
    if (scope_.commit) return registry_.tree_files(*scope_.commit, mlem_suffix, pathspecs);
    return registry_.index_files(mlem_suffix, pathspecs);
  }

  /// Reads a file; nothing if it is an object and so not judged.
  std::optional<Item> read(resolve::TreeView& view, resolve::Resolver& resolver, const git::File& file, Only only) {
    Item item;
    item.finding.link = file.name;
    item.finding.at = view.at();
    const auto invalid = [&](std::string message, std::string hint = {}) {
      item.finding.verdict = Verdict::invalid_link;
      item.finding.message = std::move(message);
      item.finding.hint = std::move(hint);
      return only == Only::aliases ? std::nullopt : std::optional(item);
    };
    if (file.stage != 0) return invalid("unmerged", "resolve the conflict and 'git add' the file");
    if (!git::is_regular(file.entry)) return invalid("not a regular file");
    try {
      const auto text = view.read(file.name, file.entry, yaml::max_object_size);
      if (!text) return invalid("its content is missing here");
      const yaml::Metafile metafile = yaml::read_metafile(*text);
      if (metafile.kind != yaml::Metafile::Kind::link) return std::nullopt;
      if (only == Only::aliases && !metafile.link.is_alias()) return std::nullopt;
      item.finding.link_type = metafile.link.link_type;
      item.finding.warnings = metafile.warnings;
      item.number = resolver.add(view, file.name, metafile.link);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      return invalid(error.what(), error.hint());
    }
    return item;
  }

  void judge_files(resolve::TreeView& view, const std::vector<git::File>& files, Only only = Only::all) {
    resolve::Resolver resolver(registry_, settings_);
    std::vector<Item> read_items;
    for (const git::File& file : files) {
      if (!read_items.empty() && read_items.back().finding.link == file.name) continue;  // stages 2 and 3
      if (auto item = read(view, resolver, file, only)) read_items.push_back(std::move(*item));
    }
    resolver.run();
    for (Item& item : read_items) {
      if (item.number) {
        Finding resolved = resolver.finding(*item.number, item.finding.link_type);
        resolved.link = item.finding.link;
        resolved.at = item.finding.at;
        resolved.warnings = item.finding.warnings;
        item.finding = std::move(resolved);
      }
      std::string name = item.finding.link;
      items_.insert_or_assign(std::move(name), std::move(item));
    }
  }

  Summary flush() {
    Summary summary;
    for (const auto& [name, item] : items_) {
      switch (answer(item.finding.verdict)) {
        case Answer::yes:
          ++summary.ok;
          break;
        case Answer::no:
          ++summary.broken;
          break;
        case Answer::undecided:
          ++summary.undecided;
          break;
      }
      summary.warnings += item.finding.warnings.size();
      report_(item.finding);
    }
    return summary;
  }

  const git::Registry& registry_;
  const resolve::Settings& settings_;
  const Scope& scope_;
  const std::function<void(const Finding&)>& report_;
  std::map<std::string, Item> items_;  ///< by name: path order
};

}  // namespace

Summary judge(const git::Registry& registry, const resolve::Settings& settings, const Scope& scope,
              const std::function<void(const Finding&)>& report) {
  return Judge(registry, settings, scope, report).run();
}

}  // namespace mlem::check
