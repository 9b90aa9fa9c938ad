#include "history/detail/link_survey.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
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

/// What was found at one tree of a tip.
class TreeSurvey {
 public:
  struct Found {
    std::size_t file;
    std::size_t end;
    std::vector<std::string> via;
  };
  TreeSurvey(git::Repository& repository, const Oid& root, const std::vector<Link>& files)
      : repository_(repository), view_(resolve::view_commit(repository, root)), files_(files) {}

  void add_wanted(const std::string& name, std::size_t file) { add(name, {file, file, {}}); }
  void add_other(std::string name, std::size_t file) { others_.emplace_back(std::move(name), file); }

  /// Follows the others for as long as one leads to what was found.
  void follow(const std::function<std::optional<std::size_t>(const Oid& blob)>& wanted_file) {
    for (const auto& [name, file] : others_) {
      if (files_[file].rev) follow_own_rev(name, file, wanted_file);
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
    const Link& link = files_[file];
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

  /// A link to a commit or ref of this registry.
  void follow_own_rev(const std::string& name, std::size_t file,
                      const std::function<std::optional<std::size_t>(const Oid& blob)>& wanted_file) {
    try {
      const Source source = Source::from_link(files_[file]);
      const auto commit = source.rev && !source.plain ? find_commit(*source.rev) : std::nullopt;
      if (!commit) return;
      const auto view = resolve::view_commit(repository_, *commit);
      const resolve::Located located = resolve::locate(*view, source.tree_path().text(), "");
      if (located.state != resolve::Located::State::found) return;
      const auto end = wanted_file(located.entry.oid);
      if (end) add(name, {file, *end, {source.rev->text() + ":" + located.path}});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
    }
  }

  std::optional<Oid> find_commit(const Rev& rev) {
    if (rev.oid()) return repository_.find_commit(*rev.oid());
    for (const std::string prefix : {"", "refs/", "refs/tags/", "refs/heads/"}) {
      if (const auto oid = repository_.find_ref(prefix + rev.text())) return repository_.find_commit(*oid);
    }
    return std::nullopt;
  }

  git::Repository& repository_;
  std::unique_ptr<resolve::TreeView> view_;
  const std::vector<Link>& files_;
  std::map<std::string, Found> found_;
  std::set<std::string> last_names_;
  std::vector<std::pair<std::string, std::size_t>> others_;
  std::unordered_map<std::string, std::string> bases_;
};

/// Adds a row to the others of the same link, whichever refs have it.
class Rows {
 public:
  void add(const std::string& name, const TreeSurvey::Found& found, const std::vector<std::string>& refs) {
    std::vector<std::string>& all = rows_[{name, found.file, found.end, found.via}];
    all.insert(all.end(), refs.begin(), refs.end());
  }
  std::vector<SurveyedLink> take() {
    std::vector<SurveyedLink> links;
    for (auto& [key, refs] : rows_) {
      std::sort(refs.begin(), refs.end());
      const auto& [name, file, end, via] = key;
      links.push_back({name, file, end, via, std::move(refs)});
    }
    return links;
  }

 private:
  std::map<std::tuple<std::string, std::size_t, std::size_t, std::vector<std::string>>, std::vector<std::string>> rows_;
};

}  // namespace

Survey survey_links(git::Repository& repository, const std::vector<Tip>& tips, const ProvideBlobs& provide,
                    const std::function<bool(const Link& link)>& is_wanted) {
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
  std::unordered_map<Oid, std::size_t> wanted;
  std::unordered_map<Oid, std::size_t> others;  // that may lead to a wanted one
  readable.read_blobs(blobs, yaml::max_object_size, [&](std::size_t i, const std::optional<std::string_view>& text) {
    auto link = text ? read_link(*text) : std::nullopt;
    if (!link) return true;
    const bool is_end = is_wanted(*link);
    if (!is_end && link->repo) return true;
    (is_end ? wanted : others).emplace(blobs[i], survey.files.size());
    survey.files.push_back(std::move(*link));
    forest.mark(i);
    return true;
  });
  if (wanted.empty()) return survey;

  const auto wanted_file = [&](const Oid& blob) {
    const auto found = wanted.find(blob);
    return found == wanted.end() ? std::nullopt : std::optional(found->second);
  };
  Rows rows;
  for (const auto& [root, refs] : roots) {
    TreeSurvey tree(readable, root, survey.files);
    forest.walk(root, [&](std::string name, const Oid& blob) {
      if (const auto file = wanted_file(blob))
        tree.add_wanted(name, *file);
      else if (const auto other = others.find(blob); other != others.end())
        tree.add_other(std::move(name), other->second);
    });
    tree.follow(wanted_file);
    for (const auto& [name, found] : tree.found()) rows.add(name, found, refs);
  }
  survey.links = rows.take();
  return survey;
}

}  // namespace mlem::history::detail
