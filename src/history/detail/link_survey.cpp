#include "history/detail/link_survey.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "model/rev.hpp"
#include "model/source.hpp"
#include "resolve/chain.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/find_link.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

// The tips of a registry have most of their trees in common. Each distinct tree is read once, for the blobs of its
// links and without their names; then each distinct blob; and then, at each tip, the trees again that lead to what was
// found.

namespace mlem::history::detail {
namespace {

bool is_link_file(std::string_view name, const git::Entry& entry) {
  return git::is_regular(entry) && name.ends_with(mlem_suffix);
}

/// The distinct trees of all tips, without names: these have millions, most of them the same in each tip.
class Forest {
 public:
  explicit Forest(git::Repository& repository) : repository_(&repository) {}

  /// Goes on with another reader of the same repository.
  void use(git::Repository& repository) { repository_ = &repository; }

  /// Adds a tree that is to be read, to which `commit` leads.
  void add(const Oid& root, const Oid& commit) { roots_.emplace_back(number_of(root), commit); }

  /// Reads all that was added and what is below, one level of directories at a time, each in bulk.
  void read() {
    while (ends_.size() < trees_.size()) {
      const std::size_t first = ends_.size();
      const std::vector<Oid> level(trees_.begin() + static_cast<std::ptrdiff_t>(first), trees_.end());
      const auto missing =
          repository_->list_all(level, [&](std::size_t i, std::string_view name, const git::Entry& entry) {
            end_trees(first + i);
            if (git::is_directory(entry)) {
              const std::uint32_t below = number_of(entry.oid);
              items_.emplace_back(below, true);
              parents_[below].push_back(static_cast<std::uint32_t>(first + i));
            } else if (is_link_file(name, entry)) {
              items_.emplace_back(number_of_blob(entry.oid), false);
            }
          });
      if (missing) throw_missing(*missing);
      end_trees(first + level.size());
    }
  }

  /// The distinct blobs as they are met from the first root on, and for each the commit that leads to it.
  std::vector<std::pair<Oid, Oid>> blobs() {
    std::vector<std::pair<Oid, Oid>> met;
    std::vector<bool> is_met(blobs_.size());
    std::vector<bool> is_passed(trees_.size());
    std::vector<std::uint32_t> open;
    for (const auto& root : roots_) {
      const Oid& commit = root.second;
      open.push_back(root.first);
      while (!open.empty()) {
        const std::uint32_t tree = open.back();
        open.pop_back();
        if (is_passed[tree]) continue;
        is_passed[tree] = true;
        for_each_item(tree, [&](Item item) {
          if (item.is_tree()) {
            open.push_back(item.number());
          } else if (!is_met[item.number()]) {
            is_met[item.number()] = true;
            met.emplace_back(blobs_[item.number()], commit);
          }
        });
      }
    }
    return met;
  }

  /// Marks the trees that lead to a blob for which `is_kept` is true, and forgets what blobs there are.
  void mark(const std::function<bool(const Oid& blob)>& is_kept) {
    std::vector<bool> kept;
    for (const Oid& blob : blobs_) kept.push_back(is_kept(blob));
    std::vector<std::uint32_t> open;
    is_marked_.assign(trees_.size(), false);
    const auto mark_tree = [&](std::uint32_t tree) {
      if (!is_marked_[tree]) open.push_back(tree);
      is_marked_[tree] = true;
    };
    for (std::uint32_t tree = 0; tree < trees_.size(); ++tree) {
      for_each_item(tree, [&](Item item) {
        if (!item.is_tree() && kept[item.number()]) mark_tree(tree);
      });
    }
    while (!open.empty()) {
      const std::uint32_t tree = open.back();
      open.pop_back();
      for (const std::uint32_t parent : parents_[tree]) mark_tree(parent);
    }
    items_.clear();
    items_.shrink_to_fit();
    blobs_ = {};
    numbers_of_blobs_ = {};
  }

  /// Calls `visit` for each link file below `root` that is in a marked tree, with its name.
  void walk(const Oid& root, const std::function<void(std::string name, const Oid& blob)>& visit) {
    std::vector<Oid> level;
    std::vector<std::string> prefixes{""};
    if (is_marked_[numbers_.at(root)]) level.push_back(root);
    while (!level.empty()) {
      std::vector<Oid> below;
      std::vector<std::string> prefixes_below;
      const auto missing =
          repository_->list_all(level, [&](std::size_t i, std::string_view name, const git::Entry& entry) {
            if (git::is_directory(entry)) {
              if (!is_marked_[numbers_.at(entry.oid)]) return;
              below.push_back(entry.oid);
              prefixes_below.push_back(fmt::format("{}{}/", prefixes[i], name));
            } else if (is_link_file(name, entry)) {
              visit(prefixes[i] + std::string(name), entry.oid);
            }
          });
      if (missing) throw_missing(*missing);
      level = std::move(below);
      prefixes = std::move(prefixes_below);
    }
  }

 private:
  /// What a tree has: the number of a tree or a blob.
  class Item {
   public:
    Item(std::uint32_t number, bool is_tree) : bits_(number << 1 | (is_tree ? 1 : 0)) {}
    std::uint32_t number() const noexcept { return bits_ >> 1; }
    bool is_tree() const noexcept { return (bits_ & 1) != 0; }

   private:
    std::uint32_t bits_;
  };

  /// Notes that all items of the trees before this one are known.
  void end_trees(std::size_t tree) {
    while (ends_.size() < tree) ends_.push_back(items_.size());
  }

  template <typename Visit>
  void for_each_item(std::uint32_t tree, const Visit& visit) const {
    for (std::size_t i = tree == 0 ? 0 : ends_[tree - 1]; i < ends_[tree]; ++i) visit(items_[i]);
  }

  std::uint32_t number_of(const Oid& tree) {
    const auto [known, is_new] = numbers_.try_emplace(tree, static_cast<std::uint32_t>(trees_.size()));
    if (is_new) {
      trees_.push_back(tree);
      parents_.emplace_back();
    }
    return known->second;
  }

  std::uint32_t number_of_blob(const Oid& blob) {
    const auto [known, is_new] = numbers_of_blobs_.try_emplace(blob, static_cast<std::uint32_t>(blobs_.size()));
    if (is_new) blobs_.push_back(blob);
    return known->second;
  }

  [[noreturn]] static void throw_missing(const Oid& tree) {
    throw Error(ErrorKind::unavailable, "cannot list the links", "tree " + tree.hex() + " is missing");
  }

  git::Repository* repository_;
  std::vector<std::pair<std::uint32_t, Oid>> roots_;
  std::unordered_map<Oid, std::uint32_t> numbers_;
  std::vector<Oid> trees_;  ///< by number, in the order in which they are read
  std::vector<std::vector<std::uint32_t>> parents_;
  std::deque<Item> items_;         ///< of all trees, one after the other
  std::vector<std::size_t> ends_;  ///< of those of each tree
  std::unordered_map<Oid, std::uint32_t> numbers_of_blobs_;
  std::vector<Oid> blobs_;
  std::vector<bool> is_marked_;
};

std::string_view without_suffix(std::string_view path) {
  if (path.ends_with(mlem_suffix)) path.remove_suffix(mlem_suffix.size());
  return path;
}

std::string last_name(std::string_view path) {
  path = without_suffix(path);
  return std::string(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

/// Whether a link has an address, in its path perhaps.
bool has_address(const Link& link) { return link.repo || is_surely_url(link.path); }

/// The distinct links, by their blobs.
class Contents {
 public:
  Contents(git::Repository& repository, const SurveyQuestions& questions)
      : repository_(repository), questions_(questions) {}

  /// Keeps a link that is wanted, or may lead to one. Returns its number; nothing for another.
  std::optional<std::size_t> add(const Oid& blob, Link link) {
    const bool is_wanted = questions_.is_wanted(link);
    if (!is_wanted && has_address(link) && !questions_.own_branches(link)) return std::nullopt;
    numbers_.emplace(blob, links_.size());
    has_wanted_ |= is_wanted;
    has_own_ |= !is_wanted && (link.rev || has_address(link));
    has_others_ |= !is_wanted;
    is_wanted_.push_back(is_wanted);
    links_.push_back(std::move(link));
    return links_.size() - 1;
  }

  /// Whether there is anything to be found.
  bool may_lead_there() const { return has_wanted_ || has_own_; }

  /// Whether some may lead to others.
  bool has_others() const { return has_others_; }

  std::optional<std::size_t> known(const Oid& blob) const {
    const auto number = numbers_.find(blob);
    return number == numbers_.end() ? std::nullopt : std::optional(number->second);
  }

  /// The same for a blob that may be in another commit than the tips, and is read then.
  std::optional<std::size_t> find(const Oid& blob) {
    if (auto number = known(blob)) return number;
    const auto text = repository_.find_blob(blob, yaml::max_object_size);
    auto link = text ? yaml::find_link(*text) : std::nullopt;
    return link ? add(blob, std::move(*link)) : std::nullopt;
  }

  const Link& link(std::size_t number) const { return links_[number]; }
  bool is_wanted(std::size_t number) const { return is_wanted_[number]; }
  std::optional<std::string> own_branches(const Link& link) const { return questions_.own_branches(link); }
  std::vector<Link> take_links() { return std::move(links_); }

 private:
  git::Repository& repository_;
  const SurveyQuestions& questions_;
  std::vector<Link> links_;
  std::vector<bool> is_wanted_;
  std::unordered_map<Oid, std::size_t> numbers_;
  bool has_wanted_ = false;
  bool has_own_ = false;
  bool has_others_ = false;
};

/// What was found at one tree of a tip.
class TreeSurvey {
 public:
  struct Found {
    std::size_t file;
    std::size_t end;
    std::vector<std::string> via;
  };
  TreeSurvey(git::Repository& repository, const Oid& root, Contents& contents)
      : repository_(repository), view_(resolve::view_commit(repository, root)), contents_(contents) {}

  void add_wanted(std::string name, std::size_t file) { found_.emplace(std::move(name), Found{file, file, {}}); }
  void add_other(std::string name, std::size_t file) { others_.emplace_back(std::move(name), file); }

  /// Follows the others for as long as one leads to what was found.
  void follow() {
    if (others_.empty()) return;
    for (const auto& [name, found] : found_) last_names_.insert(last_name(name));
    for (const auto& [name, file] : others_) {
      const Link& link = contents_.link(file);
      if (link.rev || has_address(link)) follow_own(name, file);
    }
    for (std::size_t hop = 0; hop < resolve::most_hops && !others_.empty(); ++hop) {
      std::vector<std::pair<std::string, Found>> found;
      std::erase_if(others_, [&](const auto& other) {
        auto one = follow_alias(other.first, other.second);
        if (one) found.emplace_back(other.first, std::move(*one));
        return one.has_value();
      });
      if (found.empty()) break;
      for (auto& [name, one] : found) add(name, std::move(one));
    }
  }

  const std::unordered_map<std::string, Found>& found() const { return found_; }

 private:
  void add(const std::string& name, Found found) {
    last_names_.insert(last_name(name));
    found_.emplace(name, std::move(found));
  }

  std::optional<Found> follow_alias(const std::string& name, std::size_t file) {
    const Link& link = contents_.link(file);
    if (!link.is_alias() || !last_names_.contains(last_name(link.path))) return std::nullopt;
    try {
      const std::string directory(parent_of(name));
      auto base = bases_.find(directory);
      if (base == bases_.end()) base = bases_.emplace(directory, resolve::alias_base(*view_, name)).first;
      const std::string path = Source::from_link(link).tree_path(base->second).text();
      const auto target = found_.find(std::string(without_suffix(path)) + std::string(mlem_suffix));
      if (target == found_.end()) return std::nullopt;
      std::vector<std::string> via{target->first};
      via.insert(via.end(), target->second.via.begin(), target->second.via.end());
      return Found{file, target->second.end, std::move(via)};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      return std::nullopt;  // it leads nowhere
    }
  }

  /// A link to a commit or ref of this registry, followed to the end for as long as it stays here.
  void follow_own(const std::string& name, std::size_t file) {
    std::vector<std::string> via;
    std::unique_ptr<resolve::TreeView> view;
    std::string prefix;
    std::string at = name;
    std::size_t last = file;
    try {
      for (std::size_t hop = 0; hop < resolve::most_hops; ++hop) {
        const Link link = contents_.link(last);
        Source source = Source::from_link(link);
        if (source.plain) return;
        std::string path;
        if (source.is_alias()) {
          path = source.tree_path(resolve::alias_base(*view, at)).text();
        } else {
          const auto commit = find_commit(link, source);
          if (!commit) return;
          view = resolve::view_commit(repository_, *commit);
          prefix = (source.rev ? source.rev->text() : "HEAD") + ":";
          path = source.tree_path().text();
        }
        const resolve::Located located = resolve::locate(*view, path, "");
        if (located.state != resolve::Located::State::found) return;
        const auto next = contents_.find(located.entry.oid);
        if (!next) return;
        via.push_back(prefix + located.path);
        if (contents_.is_wanted(*next)) return add(name, {file, *next, std::move(via)});
        at = located.path;
        last = *next;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;  // it leads nowhere
    }
  }

  /// The commit of this registry that a link names, and `source` divided where its address has a rev in it; nothing if
  /// it names another repository, or that commit is not here.
  std::optional<Oid> find_commit(const Link& link, Source& source) {
    std::string branches = "refs/heads/";
    if (source.repo) {
      const auto own = contents_.own_branches(link);
      if (!own) return std::nullopt;
      branches = *own;
    }
    if (source.undivided.empty()) return find_commit(source.rev, branches);
    for (const std::string_view rev : source.possible_revs()) {
      Source divided = source.divided_at(rev);
      if (const auto commit = find_commit(divided.rev, branches)) {
        source = std::move(divided);
        return commit;
      }
    }
    return std::nullopt;
  }

  std::optional<Oid> find_commit(const std::optional<Rev>& rev, const std::string& branches) {
    if (rev && rev->oid()) return repository_.find_commit(*rev->oid());
    const std::string name = rev ? rev->text() : "HEAD";
    std::vector<std::string> full_names;
    if (name == "HEAD") {
      full_names = {branches + "HEAD", "HEAD"};
    } else {
      for (const std::string& prefix :
           {std::string(), std::string("refs/"), std::string("refs/tags/"), branches, std::string("refs/heads/")}) {
        full_names.push_back(prefix + name);
      }
    }
    for (const std::string& full_name : full_names) {
      if (const auto oid = repository_.find_ref(full_name)) return repository_.find_commit(*oid);
    }
    return std::nullopt;
  }

  git::Repository& repository_;
  std::unique_ptr<resolve::TreeView> view_;
  Contents& contents_;
  std::unordered_map<std::string, Found> found_;
  std::set<std::string> last_names_;  ///< of what was found, where there are others
  std::vector<std::pair<std::string, std::size_t>> others_;
  std::unordered_map<std::string, std::string> bases_;
};

}  // namespace

void Survey::add(const std::string& name, Row row, std::uint32_t tree) {
  std::vector<Row>& rows = rows_[name];
  for (Row& known : rows) {
    if (known.file != row.file || known.end != row.end || known.via != row.via) continue;
    known.trees = list_of(known.trees, tree);
    return;
  }
  row.trees = list_of(0, tree);
  rows.reserve(rows.size() + 1);  // most names have one
  rows.push_back(std::move(row));
}

std::uint32_t Survey::list_of(std::uint32_t before, std::uint32_t tree) {
  const auto [known, is_new] = longer_.try_emplace({before, tree}, static_cast<std::uint32_t>(lists_.size()));
  if (is_new) lists_.push_back({before, tree});
  return known->second;
}

std::vector<std::string> Survey::refs_of(std::uint32_t trees) const {
  std::vector<std::string> refs;
  for (std::uint32_t list = trees; list != 0; list = lists_[list].before) {
    const std::vector<std::string>& some = refs_[lists_[list].tree];
    refs.insert(refs.end(), some.begin(), some.end());
  }
  std::sort(refs.begin(), refs.end());
  return refs;
}

void Survey::visit(const std::function<void(const SurveyedLink& link)>& visit) {
  std::vector<std::pair<const std::string, std::vector<Row>>*> names;
  names.reserve(rows_.size());
  for (auto& name : rows_) names.push_back(&name);
  std::sort(names.begin(), names.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  std::unordered_map<std::uint32_t, std::vector<std::string>> refs;
  for (auto* const entry : names) {
    auto& [name, rows] = *entry;
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return std::tie(a.file, a.end, a.via) < std::tie(b.file, b.end, b.via);
    });
    for (const Row& row : rows) {
      const auto [list, is_new] = refs.try_emplace(row.trees);
      if (is_new) list->second = refs_of(row.trees);
      visit({name, row.file, row.end, row.via, list->second});
    }
  }
}

Survey survey_links(git::Repository& repository, const std::vector<Tip>& tips, const ProvideBlobs& provide,
                    const SurveyQuestions& questions) {
  Forest forest(repository);
  std::map<Oid, std::vector<std::string>> roots;
  for (const Tip& tip : tips) {
    const git::Lookup root = repository.find(tip.commit, "");
    if (root.state != git::Lookup::State::found)
      throw Error(ErrorKind::unavailable, "cannot list the links", "commit " + tip.commit.hex() + " is missing");
    std::vector<std::string>& refs = roots[root.entry.oid];
    if (refs.empty()) forest.add(root.entry.oid, tip.commit);
    refs.insert(refs.end(), tip.refs.begin(), tip.refs.end());
  }
  forest.read();

  std::vector<Oid> blobs;
  std::map<Oid, Oid> commits_by_blob;
  for (const auto& [blob, commit] : forest.blobs()) {
    blobs.push_back(blob);
    commits_by_blob.emplace(blob, commit);
  }
  git::Repository& readable = provide(commits_by_blob);
  commits_by_blob.clear();
  forest.use(readable);
  Survey survey;
  Contents contents(readable, questions);
  readable.read_blobs(blobs, yaml::max_object_size, [&](std::size_t i, const std::optional<std::string_view>& text) {
    auto link = text ? yaml::find_link(*text) : std::nullopt;
    if (link) contents.add(blobs[i], std::move(*link));
    return true;
  });
  if (!contents.may_lead_there()) return survey;
  forest.mark([&](const Oid& blob) { return contents.known(blob).has_value(); });

  for (auto& [root, refs] : roots) {
    const std::uint32_t number = survey.add_tree(std::move(refs));
    TreeSurvey tree(readable, root, contents);
    forest.walk(root, [&](std::string name, const Oid& blob) {
      const auto file = contents.known(blob);
      if (!file) return;
      if (!contents.is_wanted(*file))
        tree.add_other(std::move(name), *file);
      else if (contents.has_others())
        tree.add_wanted(std::move(name), *file);
      else
        survey.add(name, {*file, *file, {}}, number);
    });
    tree.follow();
    for (const auto& [name, found] : tree.found()) survey.add(name, {found.file, found.end, found.via}, number);
  }
  survey.files = contents.take_links();
  return survey;
}

}  // namespace mlem::history::detail
