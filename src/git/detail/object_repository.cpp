// Commits and tags are header lines, an empty line, a message: "Git Internals - Git Objects".

#include "git/detail/object_repository.hpp"

#include "base/error.hpp"
#include "git/detail/tree_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace mlem::git::detail {
namespace {

// A directory of more than a million names.
constexpr std::size_t max_tree = std::size_t{64} << 20;
// Of all trees on the way to where a walk is, or that are kept for looking names up: each may be as large as one may
// be.
constexpr std::size_t max_trees = 2 * max_tree;
constexpr std::size_t max_commit = std::size_t{16} << 20;
// What core.maxTreeDepth allows in git by default.
constexpr std::size_t max_depth = 2048;
// Ten times what the largest registry has.
constexpr std::size_t max_names = 5'000'000;
// git has no limit. Whoever nests so many does it to be passed over.
constexpr std::size_t max_tag_chain = 10'000;
// What PATH_MAX is on Linux: nobody can check out a longer one.
constexpr std::size_t max_path = 4096;
// A path or a chain of tags that is longer is not by people, and looks at the clock.
constexpr std::size_t usual_depth = 64;

void require_type(ObjectType type, const Oid& oid, const Object& object) {
  if (object.type != type) throw_corrupt(oid, "it is of another type than what refers to it says");
}

void require_size(const Oid& oid, const Object& object, std::size_t limit) {
  if (object.size <= limit) return;
  throw Error(ErrorKind::invalid, "cannot read object '" + oid.hex() + "'",
              "it is larger than " + std::to_string(limit) + " bytes");
}

/// Returns what follows `<name> ` in the header of a commit or a tag.
std::optional<std::string_view> header_line(std::string_view content, std::string_view name) {
  while (!content.empty() && content.front() != '\n') {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      return line.substr(name.size() + 1);
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return std::nullopt;
}

Oid header_oid(const Oid& object, std::string_view content, std::string_view name) {
  const auto text = header_line(content, name);
  const auto oid = text ? Oid::parse(*text) : std::nullopt;
  if (!oid) throw_corrupt(object, "it has no line '" + std::string(name) + "'");
  return *oid;
}

/// What going through trees has taken so far: a few kilobytes of them can spell out billions of names.
class Toll {
 public:
  /// What is wrong is said of `root`; `require_time` is called now and then.
  Toll(const Oid& root, std::function<void()> require_time) : root_(root), require_time_(std::move(require_time)) {}

  /// Counts the trees of one directory, `size` bytes, until leave() is called.
  void enter(std::size_t size) {
    size_ += size;
    if (size_ > max_trees) throw_corrupt(root_, "its directories are too large");
    spend(512);
  }
  void leave(std::size_t size) { size_ -= size; }
  /// Counts a name, and the bytes of the path that it ends.
  void pass(std::size_t path) {
    if (++names_ > max_names) throw_corrupt(root_, "it has too many names");
    if (path > max_path) throw_corrupt(root_, "it has a path of more than " + std::to_string(max_path) + " bytes");
    spend(path + 64);
  }

  std::size_t files = 0;  ///< that were met

 private:
  /// Looks at the clock for every so many bytes.
  void spend(std::size_t bytes) {
    constexpr std::size_t between_looks = std::size_t{1} << 16;
    spent_ += bytes;
    if (spent_ < between_looks) return;
    spent_ = 0;
    require_time_();
  }

  const Oid& root_;
  std::function<void()> require_time_;
  std::size_t names_ = 0;
  std::size_t size_ = 0;
  std::size_t spent_ = 0;
};

}  // namespace

std::optional<std::string> ObjectRepository::read_as(ObjectType type, const Oid& oid, std::size_t limit) {
  std::optional<Object> object = objects_->find(oid, limit);
  if (!object) return std::nullopt;
  require_type(type, oid, *object);
  require_size(oid, *object, limit);
  return std::move(object->content);
}

std::optional<Object> ObjectRepository::find_object(const Oid& oid) {
  std::optional<Object> object = objects_->find(oid, max_commit);
  if (!object) return std::nullopt;
  if (object->type == ObjectType::commit || object->type == ObjectType::tag) require_size(oid, *object, max_commit);
  if (object->type == ObjectType::commit) last_commit_.emplace(oid, std::move(object->content));
  return object;
}

std::optional<std::pair<Oid, ObjectType>> ObjectRepository::peel(const Oid& oid) {
  Oid current = oid;
  std::size_t size = 0;
  for (std::size_t tags = 0; tags <= max_tag_chain && size <= max_commit; ++tags) {
    if (tags > usual_depth) require_time(oid);
    const std::optional<Object> object = find_object(current);
    if (!object) return std::nullopt;
    if (object->type != ObjectType::tag) return std::pair(current, object->type);
    size += object->content.size();
    current = header_oid(current, object->content, "object");
  }
  throw_corrupt(oid, "it is a tag of tags of tags without end");
}

std::optional<Oid> ObjectRepository::find_commit(const Oid& oid) {
  if (const auto known = peeled_.find(oid); known != peeled_.end()) return known->second;
  const auto peeled = peel(oid);
  if (!peeled || peeled->second != ObjectType::commit) return std::nullopt;
  constexpr std::size_t most_peeled = 4096;
  if (peeled_.size() >= most_peeled) peeled_.clear();
  peeled_.emplace(oid, peeled->first);
  return peeled->first;
}

std::optional<Oid> ObjectRepository::find_tree_ish(const Oid& oid) {
  const auto peeled = peel(oid);
  return peeled && peeled->second != ObjectType::blob ? std::optional(peeled->first) : std::nullopt;
}

std::int64_t ObjectRepository::commit_time(const Oid& commit) {
  const std::string* const content = read_commit(commit);
  if (content == nullptr) throw_corrupt(commit, "it is missing");
  // `committer A U Thor <author@example.com> 1704067260 +0000`; a name may have anything in it but `>` and newlines.
  const std::string_view line = header_line(*content, "committer").value_or("");
  const std::size_t digits = line.rfind("> ");
  std::int64_t seconds = 0;
  if (digits == std::string_view::npos ||
      std::from_chars(line.data() + digits + 2, line.data() + line.size(), seconds).ec != std::errc{}) {
    throw_corrupt(commit, "it has no committer's time");
  }
  return seconds;
}

const std::string* ObjectRepository::read_commit(const Oid& commit) {
  if (last_commit_ && last_commit_->first == commit) return &last_commit_->second;
  const std::optional<Object> object = find_object(commit);
  if (!object) return nullptr;
  require_type(ObjectType::commit, commit, *object);
  return &last_commit_->second;
}

std::optional<Oid> ObjectRepository::tree_of(const Oid& commit) {
  if (last_commit_and_tree_ && last_commit_and_tree_->first == commit) return last_commit_and_tree_->second;
  Oid tree = commit;
  if (!last_commit_ || last_commit_->first != commit) {
    const std::optional<Object> object = find_object(commit);
    if (!object) return std::nullopt;
    if (object->type != ObjectType::tree) require_type(ObjectType::commit, commit, *object);
  }
  if (last_commit_ && last_commit_->first == commit) tree = header_oid(commit, last_commit_->second, "tree");
  last_commit_and_tree_.emplace(commit, tree);
  return tree;
}

const ObjectRepository::KnownTree* ObjectRepository::known_tree(const Oid& tree, std::size_t depth) {
  constexpr std::size_t most_depths = 16;
  const std::size_t place = std::min(depth, most_depths - 1);
  if (place < last_trees_.size() && last_trees_[place].oid == tree) return &last_trees_[place];
  auto content = read_tree(tree);
  if (!content) return nullptr;
  KnownTree known{tree, {}, {}};
  TreeReader reader(tree, std::move(*content));
  while (reader.next()) known.offsets.push_back(static_cast<std::uint32_t>(reader.offset()));
  known.content = std::move(reader).take_content();
  // By name alone: a directory is looked up like a file.
  std::stable_sort(known.offsets.begin(), known.offsets.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return known.name_at(a) < known.name_at(b); });
  if (last_trees_.size() <= place) last_trees_.resize(place + 1);
  last_trees_[place] = std::move(known);
  bound_known_trees(place);
  return &last_trees_[place];
}

void ObjectRepository::bound_known_trees(std::size_t place) {
  std::size_t size = 0;
  for (const KnownTree& tree : last_trees_) size += tree.content.capacity();
  if (size <= max_trees) return;
  for (std::size_t i = 0; i < last_trees_.size(); ++i) {
    if (i != place) last_trees_[i] = {};
  }
}

void ObjectRepository::require_time(const Oid& oid) const {
  if (deadline_ && std::chrono::steady_clock::now() >= *deadline_) {
    throw OutOfTime("cannot read object '" + oid.hex() + "'");
  }
}

void ObjectRepository::add_barren(const Oid& tree) {
  constexpr std::size_t most = 100'000;
  if (barren_.size() < most) barren_.insert(tree);
}

std::string_view ObjectRepository::KnownTree::name_at(std::uint32_t offset) const {
  const std::string_view rest = std::string_view(content).substr(offset);
  const std::size_t blank = rest.find(' ');
  return rest.substr(blank + 1, rest.find('\0', blank) - blank - 1);
}

Lookup ObjectRepository::find(const Oid& commit, std::string_view path) {
  const auto missing = [](const Oid& oid) { return Lookup{Lookup::State::missing_object, {}, oid}; };
  const std::optional<Oid> root = tree_of(commit);
  if (!root) return missing(commit);
  Entry at{mode_tree, *root};
  std::size_t depth = 0;
  for (std::optional<std::string_view> rest = path; rest;) {
    const std::size_t slash = rest->find('/');
    const std::string_view name = rest->substr(0, slash);
    rest = slash == std::string_view::npos ? std::nullopt : std::optional(rest->substr(slash + 1));
    if (!is_directory(at)) return {};
    if (depth > usual_depth) require_time(commit);
    const KnownTree* tree = known_tree(at.oid, depth++);
    if (tree == nullptr) return missing(at.oid);
    if (path.empty()) break;
    const auto found =
        std::lower_bound(tree->offsets.begin(), tree->offsets.end(), name,
                         [&](std::uint32_t offset, std::string_view wanted) { return tree->name_at(offset) < wanted; });
    if (found == tree->offsets.end() || tree->name_at(*found) != name) return {};
    at = parse_entry(tree->oid, std::string_view(tree->content).substr(*found)).entry;
  }
  return {Lookup::State::found, at, std::nullopt};
}

std::optional<std::vector<std::pair<std::string, Entry>>> ObjectRepository::list(const Oid& tree) {
  auto content = read_tree(tree);
  if (!content) return std::nullopt;
  std::vector<std::pair<std::string, Entry>> entries;
  TreeReader reader(tree, std::move(*content));
  while (reader.next()) entries.emplace_back(reader.name(), reader.entry());
  return entries;
}

std::optional<Oid> ObjectRepository::list_all(const std::vector<Oid>& trees, const VisitEntry& visit) {
  std::optional<Oid> missing;
  objects_->read_many(ObjectType::tree, trees, max_tree, [&](std::size_t i, const auto& many) {
    // What is not there as it should be is looked at alone, which says what is wrong with it.
    auto content = many ? std::optional<std::string>(*many) : read_tree(trees[i]);
    if (!content) {
      missing = trees[i];
      return false;
    }
    TreeReader reader(trees[i], std::move(*content));
    while (reader.next()) visit(i, reader.name(), reader.entry());
    return true;
  });
  return missing;
}

std::vector<Oid> ObjectRepository::walk(const Oid& commit, std::string_view directory,
                                        const std::function<bool(const std::string& path, const Entry&)>& visit) {
  const Lookup start = find(commit, directory);
  if (start.state == Lookup::State::missing_object) return {*start.missing};
  if (start.state != Lookup::State::found || !is_directory(start.entry)) return {};

  // No recursion: the depth is up to who made the trees.
  struct Level {
    TreeReader tree;
    std::size_t prefix;        ///< the part of `path` that is the directory, with its slash
    std::size_t files_before;  ///< that were met before it was entered
  };
  std::vector<Level> levels;
  std::string path(directory);
  std::vector<Oid> missing;
  Toll toll(commit, [this, &commit] { require_time(commit); });
  const auto enter = [&](const Oid& oid) {
    if (barren_.contains(oid)) return;
    if (levels.size() == max_depth) throw_corrupt(commit, "its directories are nested too deep");
    auto content = read_tree(oid);
    if (!content) {
      missing.push_back(oid);
      ++toll.files;  // nobody knows what it has
      return;
    }
    toll.enter(content->size());
    if (!path.empty()) path += '/';
    levels.push_back({TreeReader(oid, std::move(*content)), path.size(), toll.files});
  };
  enter(start.entry.oid);
  while (!levels.empty()) {
    Level& level = levels.back();
    if (!level.tree.next()) {
      if (level.files_before == toll.files) add_barren(level.tree.oid());
      toll.leave(level.tree.size());
      levels.pop_back();
      continue;
    }
    toll.pass(level.prefix + level.tree.name().size());
    path.resize(level.prefix);
    path += level.tree.name();
    const Entry entry = level.tree.entry();
    if (is_directory(entry)) {
      enter(entry.oid);
    } else {
      ++toll.files;
      if (!visit(path, entry)) return missing;
    }
  }
  return missing;
}

std::optional<std::string> ObjectRepository::read_tree(const Oid& tree) {
  return read_as(ObjectType::tree, tree, max_tree);
}

void ObjectRepository::diff(const std::optional<Oid>& before, const Oid& after,
                            const std::function<bool(Change change)>& visit) {
  // No recursion: see walk().
  struct Level {
    TreePair trees;
    std::size_t prefix;        ///< the part of `path` that is the directory, with its slash
    std::size_t files_before;  ///< that were met before it was entered
  };
  std::vector<Level> levels;
  std::string path;
  Toll toll(after, [this, &after] { require_time(after); });
  const auto reader_of = [this](const std::optional<Oid>& tree) -> std::optional<TreeReader> {
    if (!tree) return std::nullopt;
    auto content = read_tree(*tree);
    if (!content) throw_corrupt(*tree, "it is missing");
    return std::optional<TreeReader>(std::in_place, *tree, std::move(*content));
  };
  const auto is_barren = [this](const std::optional<Oid>& tree) { return !tree || barren_.contains(*tree); };
  const auto enter = [&](const std::optional<Oid>& tree_before, const std::optional<Oid>& tree_after) {
    if (is_barren(tree_before) && is_barren(tree_after)) return;
    if (levels.size() == max_depth) throw_corrupt(after, "its directories are nested too deep");
    TreePair trees(reader_of(tree_before), reader_of(tree_after));
    toll.enter(trees.size());
    if (!path.empty()) path += '/';
    levels.push_back({std::move(trees), path.size(), toll.files});
  };
  const auto root_of = [this](const Oid& oid) {
    const std::optional<Oid> tree = tree_of(oid);
    if (!tree) throw_corrupt(oid, "it is missing");
    return *tree;
  };
  const auto root_before = before ? std::optional(root_of(*before)) : std::nullopt;
  const Oid root_after = root_of(after);
  if (root_before == root_after) return;
  enter(root_before, root_after);
  while (!levels.empty()) {
    Level& level = levels.back();
    const auto both = level.trees.next();
    if (!both) {
      const auto only = level.trees.only();
      if (only && level.files_before == toll.files) add_barren(*only);
      toll.leave(level.trees.size());
      levels.pop_back();
      continue;
    }
    const auto& [name, left, right] = *both;
    toll.pass(level.prefix + name.size());
    if (left && right && left->mode == right->mode && left->oid == right->oid) continue;
    path.resize(level.prefix);
    path += name;
    // Entries of one name are of one kind here, for a directory's name is compared with a slash at its end.
    if (is_directory(left ? *left : *right)) {
      enter(left ? std::optional(left->oid) : std::nullopt, right ? std::optional(right->oid) : std::nullopt);
    } else {
      ++toll.files;
      if (!visit({path, left, right})) return;
    }
  }
}

std::optional<std::string> ObjectRepository::find_blob(const Oid& blob, std::size_t limit) {
  return read_as(ObjectType::blob, blob, limit);
}

void ObjectRepository::read_blobs(const std::vector<Oid>& blobs, std::size_t limit, const VisitBlob& visit) {
  objects_->read_many(ObjectType::blob, blobs, limit, visit);
}

}  // namespace mlem::git::detail
