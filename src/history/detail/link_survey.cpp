#include "history/detail/link_survey.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "model/rev.hpp"
#include "model/source.hpp"
#include "resolve/chain.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstdint>
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

/// The distinct trees of all tips.
class Forest {
 public:
  explicit Forest(git::Repository& repository) : repository_(&repository) {}

  /// Goes on with another reader of the same repository.
  void use(git::Repository& repository) { repository_ = &repository; }

  /// Reads what is below a tree, as far as it has not been read; `commit` leads to it.
  void add(const Oid& root, const Oid& commit) {
    std::vector<std::size_t> open{number_of(root)};
    while (!open.empty()) {
      const std::size_t tree = open.back();
      open.pop_back();
      if (is_read_[tree]) continue;
      is_read_[tree] = true;
      for (const auto& [name, entry] : list(oids_[tree])) {
        if (git::is_directory(entry)) {
          const std::size_t below = number_of(entry.oid);
          parents_[below].push_back(static_cast<std::uint32_t>(tree));
          open.push_back(below);
        } else if (is_link_file(name, entry)) {
          const auto [blob, is_new] = blobs_.try_emplace(entry.oid, order_.size());
          if (is_new) {
            order_.emplace_back(entry.oid, commit);
            trees_of_blob_.emplace_back();
          }
          trees_of_blob_[blob->second].push_back(static_cast<std::uint32_t>(tree));
        }
      }
    }
  }

  /// The distinct blobs, and for each a commit that leads to it.
  const std::vector<std::pair<Oid, Oid>>& blobs() const { return order_; }

  /// Marks the trees that lead to a blob.
  void mark(std::size_t blob) {
    std::vector<std::uint32_t> open = trees_of_blob_[blob];
    while (!open.empty()) {
      const std::uint32_t tree = open.back();
      open.pop_back();
      if (is_marked_[tree]) continue;
      is_marked_[tree] = true;
      open.insert(open.end(), parents_[tree].begin(), parents_[tree].end());
    }
  }

  /// Calls `visit` for each link file below `root` that is in a marked tree, with its name.
  void walk(const Oid& root, const std::function<void(std::string name, const Oid& blob)>& visit) {
    std::vector<std::pair<Oid, std::string>> open{{root, ""}};
    while (!open.empty()) {
      const auto [tree, prefix] = std::move(open.back());
      open.pop_back();
      if (!is_marked_[numbers_.at(tree)]) continue;
      for (const auto& [name, entry] : list(tree)) {
        if (git::is_directory(entry))
          open.emplace_back(entry.oid, prefix + name + "/");
        else if (is_link_file(name, entry))
          visit(prefix + name, entry.oid);
      }
    }
  }

 private:
  std::size_t number_of(const Oid& tree) {
    const auto [known, is_new] = numbers_.try_emplace(tree, oids_.size());
    if (is_new) {
      oids_.push_back(tree);
      is_read_.push_back(false);
      is_marked_.push_back(false);
      parents_.emplace_back();
    }
    return known->second;
  }

  std::vector<std::pair<std::string, git::Entry>> list(const Oid& tree) {
    auto entries = repository_->list(tree);
    if (!entries) throw Error(ErrorKind::unavailable, "cannot list the links", "tree " + tree.hex() + " is missing");
    return std::move(*entries);
  }

  git::Repository* repository_;
  std::unordered_map<Oid, std::size_t> numbers_;
  std::vector<Oid> oids_;
  std::vector<bool> is_read_;
  std::vector<bool> is_marked_;
  std::vector<std::vector<std::uint32_t>> parents_;
  std::unordered_map<Oid, std::size_t> blobs_;
  std::vector<std::pair<Oid, Oid>> order_;
  std::vector<std::vector<std::uint32_t>> trees_of_blob_;
};

std::optional<Link> read_link(std::string_view text) {
  try {
    yaml::Metafile file = yaml::read_metafile(text);
    if (file.kind == yaml::Metafile::Kind::link) return std::move(file.link);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
  }
  return std::nullopt;
}

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
    is_wanted_.push_back(is_wanted);
    links_.push_back(std::move(link));
    return links_.size() - 1;
  }

  /// Whether there is anything to be found.
  bool may_lead_there() const { return has_wanted_ || has_own_; }

  std::optional<std::size_t> known(const Oid& blob) const {
    const auto number = numbers_.find(blob);
    return number == numbers_.end() ? std::nullopt : std::optional(number->second);
  }

  /// The same for a blob that may be in another commit than the tips, and is read then.
  std::optional<std::size_t> find(const Oid& blob) {
    if (auto number = known(blob)) return number;
    const auto text = repository_.find_blob(blob, yaml::max_object_size);
    auto link = text ? read_link(*text) : std::nullopt;
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

  void add_wanted(const std::string& name, std::size_t file) { add(name, {file, file, {}}); }
  void add_other(std::string name, std::size_t file) { others_.emplace_back(std::move(name), file); }

  /// Follows the others for as long as one leads to what was found.
  void follow() {
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

  const std::map<std::string, Found>& found() const { return found_; }

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
  std::map<std::string, Found> found_;
  std::set<std::string> last_names_;
  std::vector<std::pair<std::string, std::size_t>> others_;
  std::unordered_map<std::string, std::string> bases_;
};

/// Adds a row to the others of the same link, whichever refs have it.
class Rows {
 public:
  /// `refs` are those of one tree, and must live as long.
  void add(const std::string& name, const TreeSurvey::Found& found, const std::vector<std::string>& refs) {
    rows_[{name, found.file, found.end, found.via}].push_back(&refs);
  }
  std::vector<SurveyedLink> take() {
    std::vector<SurveyedLink> links;
    std::map<Trees, std::shared_ptr<const std::vector<std::string>>> known;
    while (!rows_.empty()) {
      const auto row = rows_.extract(rows_.begin());
      const auto [list, is_new] = known.try_emplace(row.mapped());
      if (is_new) list->second = std::make_shared<const std::vector<std::string>>(refs_of(row.mapped()));
      const auto& [name, file, end, via] = row.key();
      links.push_back({name, file, end, via, list->second});
    }
    return links;
  }

 private:
  using Trees = std::vector<const std::vector<std::string>*>;  ///< the refs of each
  using Row = std::tuple<std::string, std::size_t, std::size_t, std::vector<std::string>>;

  static std::vector<std::string> refs_of(const Trees& trees) {
    std::vector<std::string> refs;
    for (const auto* some : trees) refs.insert(refs.end(), some->begin(), some->end());
    std::sort(refs.begin(), refs.end());
    return refs;
  }

  std::map<Row, Trees> rows_;
};

}  // namespace

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
    auto link = text ? read_link(*text) : std::nullopt;
    if (link && contents.add(blobs[i], std::move(*link))) forest.mark(i);
    return true;
  });
  if (!contents.may_lead_there()) return survey;

  Rows rows;
  for (const auto& [root, refs] : roots) {
    TreeSurvey tree(readable, root, contents);
    forest.walk(root, [&](std::string name, const Oid& blob) {
      const auto file = contents.known(blob);
      if (!file) return;
      if (contents.is_wanted(*file))
        tree.add_wanted(name, *file);
      else
        tree.add_other(std::move(name), *file);
    });
    tree.follow();
    for (const auto& [name, found] : tree.found()) rows.add(name, found, refs);
  }
  survey.links = rows.take();
  survey.files = contents.take_links();
  return survey;
}

}  // namespace mlem::history::detail
