#include "artifact/detail/dvc_lookup.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"
#include "yaml/read_dvc.hpp"

#include <algorithm>
#include <string_view>

// A search goes as far as what was read allows. At the first file that is not known it notes what it wants of it and
// waits; after all such files are read in bulk, it runs again from its start. Of a file only the paths are kept that
// somebody asked for, because a `dvc.lock` may be large; so a search asks for all that it may need of the locks at
// once, or they would be read again for each. The number of directories that are looked at is bounded.

namespace mlem::artifact::detail {
namespace {

/// Nobody tracks files deeper than this; a hostile path would be looked up once for each pair of its parts.
constexpr std::size_t most_levels = 64;

/// Returns the directories above `path`, nearest first, down to but without `root`.
std::vector<std::string> directories_between(const std::string& path, std::string_view root) {
  std::vector<std::string> directories;
  for (std::string_view at = parent_of(path); is_below(at, root); at = parent_of(at)) {
    directories.emplace_back(at);
    if (directories.size() > most_levels) break;
  }
  return directories;
}

/// Returns the directory of a stage; nothing if it leaves the tree or is not known.
std::optional<std::string> stage_directory(const std::string& written, const std::string& base) {
  if (written.find("${") != std::string::npos) return std::nullopt;
  if (written.empty() || written == ".") return base;
  try {
    return RepoPath::parse(written, base).text();
  } catch (const Error&) {
    // That of the root is not a RepoPath.
    const std::size_t levels = base.empty() ? 0 : split(base, '/').size();
    std::string to_root = "..";
    for (std::size_t level = 1; level < levels; ++level) to_root += "/..";
    return levels > 0 && written == to_root ? std::optional<std::string>("") : std::nullopt;
  }
}

/// Returns what an output is called in the tree; nothing if it is elsewhere.
std::optional<std::string> output_path(const std::string& written, const std::string& directory) {
  try {
    return RepoPath::parse(written, directory).text();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

struct DvcLookup::Search {
  Oid commit;
  std::string path;
  Project project{};
  bool is_pending = false;
  std::string flaw{};  ///< of the first file that could not be read
  std::optional<Oid> missing{};
};

DvcLookup::Answer DvcLookup::find(const Oid& commit, const std::string& path) {
  Search search{.commit = commit, .path = path, .project = project_of(commit, path)};
  if (search.project.missing) return {.missing = search.project.missing};
  const auto has_to_wait = [&search] { return search.is_pending || search.missing; };
  const auto answer_with = [&](const Tracked& tracked, const std::string& at) {
    return Answer{.place = place_of(search, tracked, at)};
  };

  if (const auto file = file_at(search, path + ".dvc", File::Kind::dvc)) {
    if (const Tracked* const tracked = look(search, *file, path)) return answer_with(*tracked, path);
  }
  if (has_to_wait()) return {.missing = search.missing};

  const std::vector<std::string> parents = directories_between(path, search.project.root);
  std::vector<File> locks;
  for (std::size_t i = 0; i <= parents.size() && parents.size() <= most_levels; ++i) {
    const std::string& directory = i < parents.size() ? parents[i] : search.project.root;
    if (auto lock = file_at(search, join(directory, "dvc.lock"), File::Kind::lock)) locks.push_back(*std::move(lock));
  }
  // All that this path may need of a lock is asked for at once, for it is read anew for more.
  for (const File& lock : locks) {
    for (const std::string& parent : parents) look(search, lock, parent);
    look(search, lock, path);
  }
  if (has_to_wait()) return {.missing = search.missing};
  for (const File& lock : locks) {
    if (const Tracked* const tracked = look(search, lock, path)) return answer_with(*tracked, path);
  }

  for (std::size_t i = 0; i < parents.size() && parents.size() <= most_levels; ++i) {
    if (const auto file = file_at(search, parents[i] + ".dvc", File::Kind::dvc)) {
      if (const Tracked* const tracked = look(search, *file, parents[i])) return answer_with(*tracked, parents[i]);
    }
    if (has_to_wait()) return {.missing = search.missing};
    for (const File& lock : locks) {
      if (const Tracked* const tracked = look(search, lock, parents[i])) return answer_with(*tracked, parents[i]);
    }
  }
  return {.place = Missing{search.flaw.empty() ? "there is nothing at '" + path + "'" : search.flaw}};
}

DvcLookup::Project DvcLookup::project_of(const Oid& commit, const std::string& path) {
  std::pair place(commit, std::string(parent_of(path)));
  if (last_place_ == place) return last_project_;
  Project project;
  std::string_view at = place.second;
  for (std::size_t level = 0; level <= most_levels; ++level) {
    const git::Lookup marker = repository_->find(commit, join(at, ".dvc"));
    if (marker.missing) project.missing = marker.missing;
    if (marker.state == git::Lookup::State::found && git::is_directory(marker.entry)) {
      project.root = at;
      break;
    }
    if (at.empty()) break;
    at = parent_of(at);
  }
  const git::Lookup config = repository_->find(commit, join(project.root, ".dvc/config"));
  if (config.missing) project.missing = config.missing;
  if (config.state == git::Lookup::State::found && git::is_regular(config.entry)) project.config = config.entry.oid;
  last_place_ = std::move(place);
  last_project_ = project;
  return project;
}

std::optional<DvcLookup::File> DvcLookup::file_at(Search& search, const std::string& path, File::Kind kind) {
  const auto find_file = [&](const std::string& name) -> std::optional<Oid> {
    const git::Lookup found = repository_->find(search.commit, name);
    if (found.state == git::Lookup::State::missing_object) search.missing = found.missing;
    const bool is_file = found.state == git::Lookup::State::found && git::is_regular(found.entry);
    return is_file ? std::optional(found.entry.oid) : std::nullopt;
  };
  const std::optional<Oid> blob = find_file(path);
  if (!blob) return std::nullopt;
  File file{.kind = kind, .directory = std::string(parent_of(path)), .blob = *blob};
  if (kind == File::Kind::lock) file.yaml = find_file(join(file.directory, "dvc.yaml"));
  return file;
}

/// Returns what the file says of the path; null if it says nothing, or is not read yet: then the search waits.
const DvcLookup::Tracked* DvcLookup::look(Search& search, const File& file, const std::string& path) {
  const auto at = files_.try_emplace(file).first;
  Content& content = at->second;
  if (content.missing) {
    search.missing = content.missing;
    return nullptr;
  }
  if (!content.flaw.empty()) {
    if (search.flaw.empty()) search.flaw = content.flaw;
    return nullptr;
  }
  if (!content.known.contains(path)) {
    search.is_pending = true;
    if (content.asked.empty()) to_read_.push_back(at);
    content.asked.insert(path);
    return nullptr;
  }
  const auto tracked = content.tracked.find(path);
  return tracked == content.tracked.end() ? nullptr : &tracked->second;
}

Place DvcLookup::place_of(Search& search, const Tracked& tracked, const std::string& at) {
  const dvc::Output& output = tracked.output;
  const bool is_directory = output.md5.ends_with(".dir");
  if (!output.other_hash.empty()) {
    return External{"DVC tracks '" + at + "' by a hash of the kind '" + escape_for_terminal(output.other_hash) + "'"};
  }
  if (!output.is_cached) return Missing{"DVC leaves '" + at + "' to Git, which does not have it"};
  if (output.md5.empty()) return Missing{"DVC has recorded no hash of '" + at + "'"};
  if (at != search.path && !is_directory) return Missing{"DVC has a file at '" + at + "'"};
  DvcObject object{.md5 = output.md5, .layout = output.layout, .is_directory = is_directory, .remote = output.remote};
  if (at == search.path) {
    object.size = output.size;
  } else {
    object.inside = search.path.substr(at.size() + 1);
  }
  object.is_pushed = output.is_pushed;
  object.is_versioned = output.is_versioned;
  object.is_executable = output.is_executable;
  object.project = search.project.root;
  object.config = search.project.config;
  object.import = tracked.import;
  return object;
}

void DvcLookup::read() {
  if (to_read_.empty()) return;
  std::vector<Oid> blobs;
  blobs.reserve(to_read_.size());
  for (const auto at : to_read_) blobs.push_back(at->first.blob);
  repository_->read_blobs(
      blobs, yaml::max_object_size, [&](std::size_t i, const std::optional<std::string_view>& text) {
        const File& file = to_read_[i]->first;
        Content& content = to_read_[i]->second;
        try {
          const auto own = text ? std::nullopt : repository_->find_blob(file.blob, yaml::max_object_size);
          if (text || own) {
            parse(file, text ? *text : std::string_view(*own), content);
          } else {
            content.missing = file.blob;
          }
        } catch (const Error& error) {
          if (error.kind() != ErrorKind::invalid) throw;
          const char* const name = file.kind == File::Kind::dvc ? "a '.dvc' file" : "'dvc.lock'";
          content.flaw = std::string(name) + " in '" + (file.directory.empty() ? "." : file.directory) +
                         "' cannot be read: " + error.what();
        }
        content.known.merge(content.asked);
        content.asked.clear();
        return true;
      });
  to_read_.clear();
}

void DvcLookup::parse(const File& file, std::string_view text, Content& content) {
  const auto require_time = [&] { repository_->require_time(file.blob); };
  if (file.kind == File::Kind::dvc) {
    const dvc::Stage stage = yaml::read_dvc_file(text, require_time);
    take(file, content, stage, stage.directory);
    return;
  }
  std::vector<dvc::StageDirectory> directories;
  if (file.yaml) {
    const auto yaml = repository_->find_blob(*file.yaml, yaml::max_object_size);
    if (!yaml) {
      content.missing = file.yaml;
      return;
    }
    directories = yaml::read_dvc_directories(*yaml, require_time);
  }
  std::unordered_map<std::string_view, const std::string*> by_stage;
  for (const dvc::StageDirectory& one : directories) by_stage.emplace(one.stage, &one.directory);
  for (const dvc::Stage& stage : yaml::read_dvc_lock(text, require_time)) {
    const std::string_view name = std::string_view(stage.name).substr(0, stage.name.find('@'));
    const auto directory = by_stage.find(name);
    take(file, content, stage, directory == by_stage.end() ? std::string() : *directory->second);
  }
}

void DvcLookup::take(const File& file, Content& content, const dvc::Stage& stage, const std::string& directory) {
  const std::optional<std::string> base = stage_directory(directory, file.directory);
  if (!base) return;
  for (const dvc::Output& output : stage.outputs) {
    std::optional<std::string> path = output_path(output.path, *base);
    if (path && content.asked.contains(*path))
      content.tracked.try_emplace(*std::move(path), Tracked{output, stage.import});
  }
}

}  // namespace mlem::artifact::detail
