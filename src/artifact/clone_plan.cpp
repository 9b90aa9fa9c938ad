#include "artifact/clone_plan.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/glob.hpp"
#include "model/repo_path.hpp"
#include "yaml/edit_object.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <variant>

// A plan is names and texts alone: nothing on the disk is looked at or written. Each layout turns the files of the
// object into items, every one with its path below a single root; the short texts, such as the metafile in which the
// artifacts have their new names, are made on the way. In the end all paths are compared, so that two different files
// that would be at one path, and a path that would lead through a file, are refused before anything is written.

namespace mlem::artifact {
namespace {

std::string quoted(std::string_view text) { return "'" + escape_for_terminal(text) + "'"; }

std::string_view without_suffix(std::string_view name, std::string_view suffix) {
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

CloneItem item_of(PlacedFile file, std::string path) {
  CloneItem item{.path = std::move(path)};
  if (const auto* const link = std::get_if<Symlink>(&file.place)) {
    item.kind = CloneItem::Kind::symlink;
    item.text = link->target;
  }
  const auto* const tracked = std::get_if<DvcObject>(&file.place);
  if (tracked != nullptr && tracked->is_directory) item.kind = CloneItem::Kind::directory;
  item.file = std::move(file);
  return item;
}

/// What MLEM names after its object gets the name of the clone.
std::string renamed(const std::string& path, std::string_view name, std::string_view new_name) {
  if (!path.starts_with(name)) return path;
  const std::string_view rest = std::string_view(path).substr(name.size());
  if (!rest.empty() && rest.front() != '/' && rest.front() != '.') return path;
  return std::string(new_name).append(rest);
}

/// Adds the metafile and its artifacts, which are beside it.
void add_object(ClonePlan& plan, const CloneRequest& request, const std::string& metafile,
                std::vector<PlacedFile> files) {
  const RepoPath path = RepoPath::parse(request.object.path);
  const std::string_view name = without_suffix(path.name(), mlem_suffix);
  std::map<std::string, std::string> paths;  // as they were and as they are here
  const auto new_path = [&](const std::string& old) { return renamed(old, name, plan.name); };
  bool is_other = name != plan.name;
  for (PlacedFile& file : files) {
    is_other = is_other || std::holds_alternative<DvcObject>(file.place) || file.origin != 0;
    std::string here = new_path(file.path);
    plan.items.push_back(item_of(std::move(file), std::move(here)));
  }
  std::string text = metafile;
  if (is_other && !files.empty()) {
    text = yaml::edit_artifacts(metafile, [&](const std::string& uri) {
      const std::string old = RepoPath::parse(uri).text();
      const std::string here = new_path(old);
      return here == old ? uri : here;
    });
  }
  plan.items.push_back(
      {.kind = CloneItem::Kind::text, .path = plan.name + std::string(mlem_suffix), .text = std::move(text)});
}

/// The copy's name goes into its metafile.
void require_copy_name(const std::string& name, const fs::path& target) {
  constexpr std::size_t longest = 255;  // NAME_MAX
  const char* const why = name.empty()                                 ? "it has no name"
                          : !is_utf8(name)                             ? "its name is not UTF-8, as a metafile is"
                          : name.size() + mlem_suffix.size() > longest ? "its name is too long"
                                                                       : nullptr;
  if (why != nullptr) throw Error(ErrorKind::invalid, "cannot clone to " + quoted(target.string()), why);
}

/// What huggingface_hub calls a file's bytes: the `ETag` that the Hub has for them.
std::string etag_of(const PlacedFile& file) {
  if (const auto* const object = std::get_if<LfsObject>(&file.place)) return object->pointer.oid;
  if (const auto* const blob = std::get_if<GitBlob>(&file.place)) return blob->oid.hex();
  throw Error(ErrorKind::invalid, "cannot lay " + quoted(file.path) + " out for 'hf-cache'",
              "that has files of Git and Git LFS only");
}

void add_to_hf_cache(ClonePlan& plan, const CloneRequest& request, const std::string& metafile,
                     std::vector<PlacedFile> files) {
  const ObjectAt& object = request.object;
  const std::string directory = object.plain == Plain::tree ? (object.path == "." ? std::string() : object.path)
                                                            : std::string(RepoPath::parse(object.path).directory());
  if (!object.plain) {
    files.push_back(
        {.path = std::string(RepoPath::parse(object.path).name()), .place = GitBlob{object.blob, metafile.size()}});
  }
  std::vector<CloneItem> links;
  for (PlacedFile& file : files) {
    const std::string path = join("snapshots/" + object.commit.hex(), join(directory, file.path));
    if (const auto* const link = std::get_if<Symlink>(&file.place)) {
      links.push_back({.kind = CloneItem::Kind::symlink, .path = path, .text = link->target});
      continue;
    }
    const std::string blob = "blobs/" + etag_of(file);
    std::string up;
    for (const char c : path) up += c == '/' ? "../" : "";
    links.push_back({.kind = CloneItem::Kind::symlink, .path = path, .text = up + blob});
    file.mode = 0;
    plan.items.push_back(item_of(std::move(file), blob));
  }
  std::move(links.begin(), links.end(), std::back_inserter(plan.items));
  if (request.ref.empty()) return;
  std::string_view ref = request.ref;
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/"}) {
    if (ref.starts_with(prefix)) ref.remove_prefix(prefix.size());
  }
  plan.items.push_back({.kind = CloneItem::Kind::text,
                        .path = "refs/" + std::string(ref),
                        .text = object.commit.hex(),
                        .may_replace = true});
}

/// Two things at one path are one if they are the same; no path leads through a file.
void settle_paths(ClonePlan& plan) {
  std::map<std::string_view, const CloneItem*> by_path;
  std::vector<bool> is_repeated(plan.items.size());
  const auto refuse = [](std::string_view path) {
    return Error(ErrorKind::invalid, "cannot clone the object", "two of its files would be " + quoted(path),
                 "another name of the target may do");
  };
  for (std::size_t i = 0; i < plan.items.size(); ++i) {
    const CloneItem& item = plan.items[i];
    const auto [known, is_new] = by_path.emplace(item.path, &item);
    if (is_new) continue;
    const bool is_same = item.kind == known->second->kind && item.text == known->second->text &&
                         item.file.place == known->second->file.place;
    if (!is_same) throw refuse(item.path);
    is_repeated[i] = true;
  }
  for (const auto& [path, item] : by_path) {
    for (std::string_view above = parent_of(path); !above.empty(); above = parent_of(above)) {
      const auto found = by_path.find(above);
      if (found != by_path.end() && found->second->kind != CloneItem::Kind::directory) throw refuse(above);
    }
  }
  std::size_t i = 0;
  std::erase_if(plan.items, [&](const CloneItem&) { return is_repeated[i++]; });
}

}  // namespace

std::optional<std::uint64_t> CloneItem::size() const {
  if (kind == Kind::text) return text.size();
  if (kind == Kind::symlink || kind == Kind::directory) return 0;
  const auto own = size_of(file.place);
  return own ? own : file.size;
}

std::string CloneItem::hash_text() const {
  if (kind != Kind::file) return {};
  const std::optional<Hash> own = hash_of(file.place);
  return file.hash ? text_of(*file.hash) : own ? text_of(*own) : std::string();
}

void select_files(std::vector<PlacedFile>& files, const CloneRequest& request) {
  if (request.only.empty()) return;
  std::vector<bool> is_used(request.only.size());
  constexpr std::size_t few = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(few, files.size()); ++i)
    names += (i == 0 ? "" : ", ") + quoted(files[i].path.empty() ? files[i].name : files[i].path);
  if (files.size() > few) names += " and " + std::to_string(files.size() - few) + " more";
  std::erase_if(files, [&](const PlacedFile& file) {
    bool is_wanted = false;
    for (std::size_t i = 0; i < request.only.size(); ++i) {
      if (!glob_matches(request.only[i], file.path)) continue;
      is_used[i] = true;
      is_wanted = true;
    }
    return !is_wanted;
  });
  const auto unused = std::find(is_used.begin(), is_used.end(), false);
  if (unused == is_used.end()) return;
  const auto number = static_cast<std::size_t>(unused - is_used.begin());
  throw Error(ErrorKind::not_found, quoted(request.only[number]) + " matches no file of " + quoted(request.object.path),
              {}, names.empty() ? "it has no files" : "its files are " + names + "; a metafile comes in any case");
}

std::string_view name(CloneItem::State state) noexcept {
  return state == CloneItem::State::fresh ? "made" : state == CloneItem::State::kept ? "kept" : "replaced";
}

ClonePlan plan_clone(const CloneRequest& request, const std::string& metafile, std::vector<PlacedFile> files) {
  ClonePlan plan;
  if (request.layout == Layout::hf_cache) {
    const auto directory = request.object.repo ? find_hf_directory(*request.object.repo) : std::nullopt;
    if (!directory) {
      throw Error(ErrorKind::invalid, "cannot lay the object out for 'hf-cache'",
                  "the address of its repository is not '<host>/[datasets/|spaces/]<org>/<name>'");
    }
    plan.root = request.target;
    plan.name = *directory;
    plan.product = *directory;
    add_to_hf_cache(plan, request, metafile, std::move(files));
    for (CloneItem& item : plan.items) item.path = join(*directory, item.path);
  } else if (request.object.plain == Plain::tree) {
    plan.root = request.target;
    plan.name = request.target.filename().string();
    plan.is_directory = true;
    for (PlacedFile& file : files) {
      std::string path = file.path;
      plan.items.push_back(item_of(std::move(file), std::move(path)));
    }
  } else {
    plan.root = request.target.parent_path();
    plan.name = request.target.filename().string();
    if (request.object.plain) {
      plan.product = plan.name;
      for (PlacedFile& file : files) plan.items.push_back(item_of(std::move(file), plan.name));
    } else {
      plan.name = without_suffix(plan.name, mlem_suffix);
      plan.product = plan.name + std::string(mlem_suffix);
      require_copy_name(plan.name, request.target);
      add_object(plan, request, metafile, std::move(files));
    }
  }
  settle_paths(plan);
  return plan;
}

std::optional<std::string> find_hf_directory(const RepoUrl& repo) {
  const std::string& url = repo.normalized();
  const std::size_t authority = url.find("://");
  if (repo.host().empty() || authority == std::string::npos) return std::nullopt;
  const std::size_t begin = url.find('/', authority + 3);
  if (begin == std::string::npos) return std::nullopt;
  std::vector<std::string_view> parts = split(without_suffix(std::string_view(url).substr(begin + 1), ".git"), '/');
  if (!parts.empty() && parts.front() == "~") parts.erase(parts.begin());
  std::string directory = "models";
  if (parts.size() > 1 && (parts.front() == "datasets" || parts.front() == "spaces")) {
    directory = parts.front();
    parts.erase(parts.begin());
  }
  if (parts.empty() || parts.size() > 2) return std::nullopt;
  for (const std::string_view part : parts) {
    const bool is_name = !part.empty() && part.front() != '.' && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
             c == '.';
    });
    if (!is_name) return std::nullopt;
    directory.append("--").append(part);
  }
  return directory;
}

}  // namespace mlem::artifact
