#include "bundle/detail/source_parts.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "git/pack.hpp"
#include "source/conversation.hpp"

#include "bundle/detail/pack_file.hpp"

#include <utility>
#include <variant>

namespace mlem::bundle::detail {

using artifact::ObjectAt;

namespace {

std::string format_of(const std::set<Oid>& objects) {
  constexpr std::size_t sha256_size = 32;
  return !objects.empty() && objects.begin()->bytes().size() == sha256_size ? "sha256" : "sha1";
}

/// The refs that links may name: others, of which a server may list many, only where they were followed.
source::ListedRefs useful_refs(const source::RecordedSource& source) {
  source::ListedRefs refs{.head_branch = source.refs->head_branch};
  for (const auto& [name, oid] : source.refs->oids) {
    const bool is_usual = name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    if ((is_usual || source.objects.contains(oid)) && is_utf8(name)) refs.oids.emplace(name, oid);
  }
  return refs;
}

}  // namespace

void SourceParts::end_if_asked() const {
  const Interrupt* const interrupt = settings_.observer.interrupt;
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
}

std::optional<SourceRefusal> SourceParts::find(ObjectsByRepo objects) {
  for (const auto& [repo, recorded] : recording_.sources()) note_url(repo, recorded.url);
  for (const auto& [repo, some] : objects) {
    note_url(repo, repo.empty() ? source::own_address(registry_) : *some.front()->repo);
  }
  // What DVC imports is of another source, and may be an import there.
  for (int hop = 0; !objects.empty(); objects = std::exchange(imported_, {}), ++hop) {
    if (hop > artifact::Collection::most_imports) {
      return SourceRefusal{objects.begin()->first,
                           nullptr,
                           {Verdict::unreachable, "what DVC imports leads over too many repositories", {}}};
    }
    for (const auto& [repo, some] : objects) {
      if (auto refused = find_of(repo, some)) return refused;
    }
  }
  for (const auto& [repo, url] : urls_) {
    if (auto refused = pack(repo)) return refused;
  }
  return std::nullopt;
}

void SourceParts::note_url(const std::string& repo, const RepoUrl& url) {
  urls_.try_emplace(repo, url);
  BundledSource& bundled = sources_[repo];
  bundled.object_format = registry_.object_format();
  if (!repo.empty()) bundled.repo = url;
}

/// Calls `use` with a conversation. Returns why not, if it was not.
template <typename Use>
std::optional<source::Refusal> SourceParts::converse(const std::string& repo, const Use& use) {
  end_if_asked();
  if (!repo.empty()) return source::converse(urls_.at(repo), settings_, use);
  use(*source::converse_with_registry(registry_, settings_, {}));
  return std::nullopt;
}

std::optional<SourceRefusal> SourceParts::find_of(const std::string& repo,
                                                  const std::vector<const ObjectAt*>& objects) {
  artifact::FoundFiles found;
  const auto refusal = converse(repo, [&](source::Conversation& source) {
    found = collection_.find(source, urls_.at(repo), objects,
                             [&](const artifact::Place& place) { return earlier_.has(repo, place); });
  });
  if (refusal) return SourceRefusal{repo, nullptr, *refusal};
  if (found.refusal) return SourceRefusal{repo, objects[found.object], *found.refusal};
  note_files(repo, found.files);
  for (ObjectAt& object : found.imports) {
    const std::string from = object.repo->text();
    note_url(from, *object.repo);
    imported_[from].push_back(&imported_objects_.emplace_back(std::move(object)));
  }
  return std::nullopt;
}

std::optional<SourceRefusal> SourceParts::pack(const std::string& repo) {
  BundledSource& bundled = sources_.at(repo);
  artifact::FoundFiles found;
  const auto refusal = converse(repo, [&](source::Conversation& source) {
    found = collection_.take_blobs(source, urls_.at(repo), [&](const fs::path& more, const std::vector<Oid>& blobs) {
      if (!repo.empty()) pack(bundled, source.git_dir(), more, blobs);
    });
  });
  if (refusal) found.refusal = *refusal;
  if (found.refusal) return SourceRefusal{repo, nullptr, *found.refusal};
  note_files(repo, found.files);
  return std::nullopt;
}

void SourceParts::pack(BundledSource& bundled, const fs::path& git_dir, const fs::path& object_dir,
                       const std::vector<Oid>& blobs) {
  const std::string& repo = bundled.repo->text();
  bundled.commits.clear();
  std::set<Oid> objects(blobs.begin(), blobs.end());
  if (const auto found = recording_.sources().find(repo); found != recording_.sources().end()) {
    const source::RecordedSource& recorded = found->second;
    objects.insert(recorded.objects.begin(), recorded.objects.end());
    for (const Oid& commit : recorded.commits) {
      if (!earlier_.has(repo, commit)) bundled.commits.push_back(commit);
    }
    if (recorded.refs) bundled.refs = useful_refs(recorded);
    if (bundled.refs && earlier_.has(repo, *bundled.refs)) bundled.refs.reset();
  }
  bundled.object_format = format_of(objects);
  std::erase_if(objects, [&](const Oid& object) { return earlier_.has(repo, object); });
  if (objects.empty()) return;
  PackFile file(pack_file(bundled));
  git::pack_objects(git_dir, settings_.access.environment, object_dir, {objects.begin(), objects.end()},
                    [&](std::string_view piece) {
                      end_if_asked();
                      file.take(piece);
                    });
  bundled.pack = file.finish();
}

fs::path SourceParts::pack_file(const BundledSource& source) const {
  return scratch_ / sha256_hex(source.repo->text());
}

/// Notes the files that Git does not have. What they hash to is known when they are here.
void SourceParts::note_files(const std::string& repo, const std::vector<artifact::CollectedFile>& files) {
  BundledSource& bundled = sources_.at(repo);
  for (const artifact::CollectedFile& file : files) {
    if (const auto* const large = std::get_if<artifact::LfsObject>(&file.place)) {
      bundled.lfs.push_back(large->pointer.oid);
    } else {
      const auto& tracked = std::get<artifact::DvcObject>(file.place);
      bundled.dvc.push_back({.md5 = tracked.md5, .layout = tracked.layout, .sha256 = file.name});
    }
  }
}

}  // namespace mlem::bundle::detail
