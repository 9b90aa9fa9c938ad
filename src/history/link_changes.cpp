#include "history/link_changes.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <unordered_set>
#include <utility>

// The blobs of all changes are collected, fetched together if a partial clone lacks them, and read in bulk in the order
// of the changes, so that each change can be told as soon as its two sides are there. What is parsed is kept, up to a
// bound, for other changes that lead to the same blob. A file that is gone and a new one are one that was renamed if
// they have the same blob or, where not too many are left, if they are links of one type to one path of one repository.

namespace mlem::history {
namespace {

/// Of more files that are gone or new in one commit only those with equal blobs are taken for renamed, as git has it
/// with diff.renameLimit.
constexpr std::size_t most_compared = 1000;

/// Of what was read so much is kept, for other changes that lead to it; the rest is read once more.
constexpr std::size_t most_kept = 32'768;

std::string_view name_of(std::string_view path) {
  return path.substr(parent_of(path).empty() ? 0 : parent_of(path).size() + 1);
}

bool is_gone(const FileChange& change) { return change.before && !change.after && !change.is_unmerged; }
bool is_new(const FileChange& change) { return change.after && !change.before; }

/// Pairs files that are gone with new ones of the same key: first those of one name in another directory, then the
/// others in their order.
template <typename Key>
class Pairs {
 public:
  void add(const Key& key, std::size_t i, bool gone) { (gone ? groups_[key].gone : groups_[key].fresh).push_back(i); }

  void join(std::vector<FileChange>& changes) {
    std::vector<bool> is_joined(changes.size());
    for (auto& [key, group] : groups_) {
      for (const bool by_name : {true, false}) join_group(changes, group, by_name, is_joined);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (is_joined[i]) continue;
      if (kept != i) changes[kept] = std::move(changes[i]);
      ++kept;
    }
    changes.resize(kept);
  }

 private:
  struct Group {
    std::vector<std::size_t> gone;
    std::vector<std::size_t> fresh;
  };

  static void join_group(std::vector<FileChange>& changes, Group& group, bool by_name, std::vector<bool>& is_joined) {
    std::map<std::string, std::vector<std::size_t>> gone;  // by name, the last first
    for (auto i = group.gone.rbegin(); i != group.gone.rend(); ++i) {
      gone[by_name ? std::string(name_of(changes[*i].name)) : std::string()].push_back(*i);
    }
    for (const std::size_t i : group.fresh) {
      const auto found = gone.find(by_name ? std::string(name_of(changes[i].name)) : std::string());
      if (found == gone.end() || found->second.empty()) continue;
      FileChange& former = changes[found->second.back()];
      is_joined[found->second.back()] = true;
      found->second.pop_back();
      changes[i].former_name = former.name;
      changes[i].before = former.before;
    }
    std::erase_if(group.gone, [&](std::size_t i) { return is_joined[i]; });
    std::erase_if(group.fresh, [&](std::size_t i) { return !changes[i].former_name.empty(); });
  }

  std::map<Key, Group> groups_;
};

}  // namespace

bool concerns_link(const git::Change& change) {
  if (!change.name.ends_with(mlem_suffix)) return false;
  if (!change.before || !change.after) return true;
  return change.before->oid != change.after->oid || git::is_regular(*change.before) != git::is_regular(*change.after);
}

LinkReader::Content LinkReader::parse(const git::Entry& entry, const std::optional<std::string_view>& text) {
  Content content;
  try {
    std::optional<std::string> whole;
    if (!text) whole = registry_.objects().find_blob(entry.oid, yaml::max_object_size);
    if (!text && !whole) return {Content::State::broken, {}, "its content is missing here"};
    yaml::Metafile file = yaml::read_metafile(text ? *text : std::string_view(*whole));
    if (file.kind != yaml::Metafile::Kind::link) return {Content::State::not_a_link, {}, {}};
    return {Content::State::link, std::move(file.link), {}};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::invalid) return {Content::State::broken, {}, yaml::flaw_of(error)};
    if (error.kind() != ErrorKind::unavailable) throw;
    return {Content::State::broken, {}, error.what()};
  }
}

void LinkReader::keep(const Oid& blob, Content content) {
  if (kept_.size() < most_kept) kept_.emplace(blob, std::move(content));
}

void LinkReader::join_equal(std::vector<FileChange>& changes) {
  Pairs<Oid> pairs;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (is_gone(changes[i])) pairs.add(changes[i].before->oid, i, true);
    if (is_new(changes[i])) pairs.add(changes[i].after->oid, i, false);
  }
  pairs.join(changes);
}

void LinkReader::join_moved(std::vector<FileChange>& changes) {
  std::vector<std::size_t> files;
  std::vector<Oid> blobs;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].before && changes[i].after) continue;
    const git::Entry& entry = is_gone(changes[i]) ? *changes[i].before : *changes[i].after;
    if (!git::is_regular(entry)) continue;
    files.push_back(i);
    blobs.push_back(entry.oid);
  }
  source::fetch_missing(registry_, blobs, settings_);
  Pairs<std::tuple<std::string, std::string, std::string>> pairs;
  registry_.objects().read_blobs(blobs, yaml::max_object_size,
                                 [&](std::size_t k, const std::optional<std::string_view>& text) {
                                   const FileChange& change = changes[files[k]];
                                   const bool gone = is_gone(change);
                                   Content content = parse(gone ? *change.before : *change.after, text);
                                   const Link& link = content.link;
                                   if (content.state == Content::State::link)
                                     pairs.add({link.link_type, link.repo.value_or(""), link.path}, files[k], gone);
                                   keep(blobs[k], std::move(content));
                                   return true;
                                 });
  pairs.join(changes);
}

void LinkReader::join_renamed(std::vector<FileChange>& changes) {
  const auto count = [&](bool (*is)(const FileChange&)) {
    return static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), is));
  };
  if (count(is_gone) == 0 || count(is_new) == 0) return;
  join_equal(changes);
  const std::size_t gone = count(is_gone);
  const std::size_t fresh = count(is_new);
  if (gone > 0 && fresh > 0 && gone <= most_compared && fresh <= most_compared) join_moved(changes);
}

std::optional<LinkChange> LinkReader::change_of(const FileChange& change, Content before, const Content& after) {
  if (!before.is_link() && !after.is_link()) return std::nullopt;
  LinkChange told{.name = change.name, .before = {}, .after = {}, .flaw = after.flaw};
  if (!after.is_link()) {
    told.kind = ChangeKind::removed;
    if (!change.former_name.empty()) told.name = change.former_name;
  } else if (!before.is_link()) {
    told.kind = ChangeKind::added;
  } else if (!change.former_name.empty()) {
    told.kind = ChangeKind::renamed;
    told.former_name = change.former_name;
  } else if (before.state == Content::State::link && after.state == Content::State::link) {
    told.kind = kind_of(before.link, after.link);
  } else {
    told.kind = before.state == after.state ? ChangeKind::edited : ChangeKind::re_pointed;
  }
  if (before.state == Content::State::link) told.before = std::move(before.link);
  if (after.state == Content::State::link) told.after = after.link;
  return told;
}

/// The blobs that one call of read() needs, in the order of the changes, and those that are complete by now.
class LinkReader::Batch {
 public:
  using Visit = std::function<bool(std::size_t i, LinkChange& change)>;
  Batch(LinkReader& reader, std::span<const FileChange> changes, const Visit& visit)
      : reader_(reader), changes_(changes), visit_(visit) {
    // What comes now needs little of what was kept long ago.
    if (reader.kept_.size() >= most_kept) reader.kept_.clear();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto& [before, after] = std::tie(changes[i].before, changes[i].after);
      if (after && git::is_regular(*after) && !is_same(changes[i])) need(i, *after, false);
      if (before && git::is_regular(*before)) need(i, *before, true);
    }
  }

  const std::vector<Oid>& blobs() const { return blobs_; }

  /// Takes the content of the next blob. Returns whether to go on.
  bool take(std::size_t k, const std::optional<std::string_view>& text) {
    const Needed& needed = needed_[k];
    if (!tell_before(needed.change)) return false;
    Content content = reader_.parse(needed.entry, text);
    if (needed.is_kept)
      reader_.kept_.emplace(needed.entry.oid, std::move(content));
    else
      (needed.is_before ? before_ : after_) = std::move(content);
    return true;
  }

  /// Tells the changes before number `end`, which are complete.
  bool tell_before(std::size_t end) {
    for (; next_ < end; ++next_) {
      if (!tell(next_)) return false;
    }
    return true;
  }

 private:
  struct Needed {
    std::size_t change;
    git::Entry entry;
    bool is_before;
    bool is_kept;  ///< as long as the batch, for other changes of it too
  };

  static bool is_same(const FileChange& change) {
    return change.before && change.after && change.before->oid == change.after->oid &&
           git::is_regular(*change.before) == git::is_regular(*change.after);
  }

  /// Has a blob read unless it is kept by then.
  void need(std::size_t i, const git::Entry& entry, bool is_before) {
    if (reader_.kept_.contains(entry.oid) || to_be_kept_.contains(entry.oid)) return;
    const bool is_kept = reader_.kept_.size() + to_be_kept_.size() < most_kept;
    if (is_kept) to_be_kept_.insert(entry.oid);
    needed_.push_back({i, entry, is_before, is_kept});
    blobs_.push_back(entry.oid);
  }

  /// What was read for it, or is kept.
  Content content_of(const std::optional<git::Entry>& entry, std::optional<Content> read) const {
    if (!entry) return {};
    if (!git::is_regular(*entry)) return {Content::State::broken, {}, "not a regular file"};
    return read ? std::move(*read) : reader_.kept_.at(entry->oid);
  }

  bool tell(std::size_t i) {
    const FileChange& change = changes_[i];
    Content before = content_of(change.before, std::exchange(before_, std::nullopt));
    Content after = is_same(change) ? before : content_of(change.after, std::exchange(after_, std::nullopt));
    if (change.is_unmerged) after = {Content::State::broken, {}, "unmerged"};
    auto told = change_of(change, std::move(before), after);
    return !told || visit_(i, *told);
  }

  LinkReader& reader_;
  std::span<const FileChange> changes_;
  const Visit& visit_;
  std::vector<Needed> needed_;
  std::vector<Oid> blobs_;
  std::unordered_set<Oid> to_be_kept_;
  std::size_t next_ = 0;
  std::optional<Content> before_;  ///< of the change `next_`
  std::optional<Content> after_;
};

void LinkReader::read(const std::vector<FileChange>& changes,
                      const std::function<bool(std::size_t i, LinkChange& change)>& visit) {
  Batch batch(*this, changes, visit);
  source::fetch_missing(registry_, batch.blobs(), settings_);
  bool goes_on = true;
  registry_.objects().read_blobs(batch.blobs(), yaml::max_object_size,
                                 [&](std::size_t k, const std::optional<std::string_view>& text) {
                                   goes_on = batch.take(k, text);
                                   return goes_on;
                                 });
  if (goes_on) batch.tell_before(changes.size());
}

std::vector<FileChange> list_changes(const git::Registry& registry, const source::Settings& settings,
                                     const std::optional<Oid>& before, const std::optional<Oid>& after,
                                     const std::vector<std::string>& pathspecs) {
  std::vector<FileChange> changes;
  for (git::Change& change : source::changes(registry, before, after, pathspecs, settings)) {
    if (!concerns_link(change)) continue;
    changes.push_back({.name = std::move(change.name),
                       .before = change.before,
                       .after = change.after,
                       .is_unmerged = change.unmerged});
  }
  return changes;
}

}  // namespace mlem::history
