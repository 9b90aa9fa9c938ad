#include "resolve/detail/hints.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <iterator>

namespace mlem::resolve::detail {
namespace {

constexpr std::size_t most_hints = 3;

std::string stem_of(const std::string& path) {
  return path.ends_with(mlem_suffix) ? path.substr(0, path.size() - mlem_suffix.size()) : path;
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }  // npos + 1 is 0

}  // namespace

const std::string& Hints::about_rev(const std::string& rev, const std::function<std::string()>& make) {
  const auto known = about_revs_.find(rev);
  return known != about_revs_.end() ? known->second : about_revs_.emplace(rev, make()).first->second;
}

std::vector<std::string> Hints::near_revs(const std::string& rev,
                                          const std::function<std::vector<std::string>()>& list) {
  if (!rev_names_) {
    rev_names_ = list();
    for (const std::string& name : *rev_names_) rev_names_size_ += name.size();
  }
  return take_from_budget(rev_names_size_) ? nearest(rev, *rev_names_, most_hints) : std::vector<std::string>();
}

std::optional<Oid> Hints::whole_id(std::string_view digits, const std::function<std::vector<Oid>()>& list) {
  if (!ids_) {
    ids_ = list();
    std::sort(ids_->begin(), ids_->end());
    ids_->erase(std::unique(ids_->begin(), ids_->end()), ids_->end());
  }
  const std::string beginning = to_lower_ascii(digits);
  const auto first = std::lower_bound(ids_->begin(), ids_->end(), beginning,
                                      [](const Oid& oid, const std::string& wanted) { return oid.hex() < wanted; });
  if (first == ids_->end() || !first->hex().starts_with(beginning)) return std::nullopt;
  const auto next = std::next(first);
  return next != ids_->end() && next->hex().starts_with(beginning) ? std::nullopt : std::optional(*first);
}

std::vector<std::string> Hints::near_paths(TreeView& view, const std::string& path, const std::optional<Oid>& pinned,
                                           Nearby nearby) {
  const Tree& all = tree(view);
  const auto paths_at = [&](const std::vector<std::size_t>& places) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < std::min(places.size(), most_hints); ++i) {
      paths.push_back(all.stems[places[i]] + std::string(mlem_suffix));
    }
    return paths;
  };
  // The object may have moved to another directory, or lost its place in the layout of MLEM 0.2.
  if (const auto same = pinned ? all.by_blob.find(*pinned) : all.by_blob.end(); same != all.by_blob.end()) {
    return paths_at(same->second);
  }
  // Without the suffix, which all have in common: it would make short names look alike.
  const std::string stem = stem_of(path);
  std::vector<std::string> near;
  if (nearby == Nearby::tree) {
    if (const auto same = all.by_name.find(name_of(stem)); same != all.by_name.end()) return paths_at(same->second);
  }
  if (!take_from_budget(all.size)) return {};
  if (nearby == Nearby::directory) {
    // By their names: the directory, which all have in common, would make them look alike.
    std::vector<std::string> beside;
    for (const std::string& each : all.stems) {
      if (parent_of(each) == parent_of(stem)) beside.push_back(name_of(each));
    }
    near = nearest(name_of(stem), beside, most_hints);
    const std::string directory = stem.substr(0, stem.size() - name_of(stem).size());
    for (std::string& each : near) each.insert(0, directory);
  } else {
    near = nearest(stem, all.stems, most_hints);
  }
  for (std::string& each : near) each += mlem_suffix;
  return near;
}

const Hints::Tree& Hints::tree(TreeView& view) {
  const auto [known, is_new] = trees_.try_emplace(view.at());
  Tree& tree = known->second;
  if (!is_new || entries_left_ == 0 || bytes_left_ == 0) return tree;
  const auto note = [&](const std::string& path, const git::Entry& entry) {
    if (path.ends_with(mlem_suffix) && git::is_regular(entry)) {
      if (path.size() > bytes_left_) {
        bytes_left_ = 0;
        return false;
      }
      bytes_left_ -= path.size();
      const std::size_t place = tree.stems.size();
      tree.stems.push_back(stem_of(path));
      tree.size += tree.stems.back().size();
      tree.by_name[name_of(tree.stems.back())].push_back(place);
      tree.by_blob[entry.oid].push_back(place);
    }
    return --entries_left_ > 0;
  };
  try {
    view.walk(note);
  } catch (const Error& error) {
    // That nothing is at the path is known all the same.
    if (error.kind() != ErrorKind::unavailable) throw;
  }
  return tree;
}

bool Hints::take_from_budget(std::size_t bytes) {
  if (bytes > comparisons_left_) return false;
  comparisons_left_ -= bytes;
  return true;
}

}  // namespace mlem::resolve::detail
