// The public functions that are about the files of objects, in terms of the engine.

#include "mlem/detail/in_registry.hpp"

#include <boost/filesystem/operations.hpp>

#include <memory>

namespace mlem {
inline namespace v0 {
namespace {

/// A file that is named in the directory that a function is told to work in.
fs::path file_in(const git::Registry& registry, const std::string& file) {
  return file == "-" ? fs::path(file) : fs::absolute(file, registry.directory());
}

std::optional<artifact::Depth> depth_of(const CheckOptions& options) {
  if (options.deep.empty()) return std::nullopt;
  if (options.deep == "size") return artifact::Depth::size;
  if (options.deep == "at-hand") return artifact::Depth::at_hand;
  if (options.deep == "hash") return artifact::Depth::hash;
  throw Error("there is no depth '" + options.deep + "'", "", "'size', 'at-hand' or 'hash'");
}

Bundle describe(const bundle::Manifest& manifest, const std::string& id) {
  Bundle described{.id = id, .commit = manifest.registry.commit.hex(), .since = manifest.since};
  for (const bundle::BundledLink& link : manifest.links) described.links.push_back(link.link);
  for (const bundle::BundledSource& source : manifest.sources) {
    if (source.repo) described.sources.push_back(source.repo->text());
  }
  return described;
}

}  // namespace

std::vector<ClonedFile> clone(const std::string& object, const std::string& target, const CloneOptions& options) {
  return in_registry_if_any(options.directory, [&](const git::Registry& registry) {
    const source::Settings settings = settings_of(registry, options.cancel);
    const edit::CloneArgument found =
        edit::find_clone(registry, settings,
                         {.object = object,
                          .project = if_given(options.project),
                          .rev = if_given(options.rev),
                          .is_plain = options.plain,
                          .target = target,
                          .target_project = if_given(options.target_project),
                          .directory = options.directory,
                          .only = options.only,
                          .layout = options.hf_cache ? artifact::Layout::hf_cache : artifact::Layout::mlem,
                          .force = options.force,
                          .dry_run = options.dry_run});
    require_ok(object, found.finding);
    const artifact::CloneResult result = artifact::clone(registry, settings, *found.request);
    if (result.refusal.verdict != Verdict::ok) {
      throw refusal(object, result.refusal.verdict, result.refusal.message, result.refusal.hint)
          .with(detail::describe(found.finding));
    }
    std::vector<ClonedFile> files;
    for (const artifact::CloneItem& item : result.plan.items) {
      files.push_back(
          {(result.plan.root / item.path).string(), item.size(), item.hash_text(), std::string(name(item.state))});
    }
    return files;
  });
}

std::vector<Finding> check(const CheckOptions& options) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    source::Settings settings = settings_of(registry, options.cancel);
    settings.offline = options.offline;
    check::Scope scope;
    if (options.rev.empty()) {
      scope = check::whole_registry(registry);
    } else {
      const auto oid = registry.find_object(options.rev);
      scope.kind = check::Scope::Kind::commit;
      scope.commit = oid ? registry.objects().find_tree_ish(*oid) : std::nullopt;
      if (!scope.commit) throw Error("bad revision '" + options.rev + "'", "", "");
    }
    scope.pathspecs = options.paths;
    scope.depth = depth_of(options);
    if (!options.signed_by.empty()) {
      scope.signer =
          std::make_shared<artifact::ModelSigner>(artifact::ModelSigner::load(file_in(registry, options.signed_by)));
    }
    check::settle_pathspecs(registry, settings, scope);
    std::vector<Finding> findings;
    check::judge(registry, settings, {scope}, [&](const engine::Finding& found) {
      if (settings.observer.interrupt != nullptr && settings.observer.interrupt->requested()) throw Interrupted{};
      findings.push_back(detail::describe(found));
    });
    return findings;
  });
}

Bundle create_bundle(const std::string& file, const BundleOptions& options) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    bundle::CreateRequest request{.links = options.links, .output = fs::absolute(file, registry.directory())};
    for (const std::string& since : options.since) request.since.push_back(file_in(registry, since));
    std::optional<engine::Finding> refused;
    const bundle::CreateResult result =
        bundle::create(registry, source::load_settings(registry), request, [&](const engine::Finding& finding) {
          if (!refused) refused = finding;
        });
    if (!result.is_created) require_ok(refused->link.empty() ? refused->repo : refused->link, *refused);
    return describe(result.manifest, result.id);
  });
}

Bundle verify_bundle(const std::string& file) {
  return promising([&] {
    const bundle::BundleContent content = bundle::verify(file, nullptr);
    return describe(content.manifest, content.id);
  });
}

Bundle import_bundle(const std::string& file, const ImportOptions& options) {
  if (!options.into.empty()) {
    return promising([&] {
      const bundle::BundleContent content =
          bundle::import_new(Environment::of_this_process(), options.into, file, nullptr,
                             [](const git::Registry& made) { return source::load_settings(made); });
      return describe(content.manifest, content.id);
    });
  }
  return in_registry(options.directory, [&](const git::Registry& registry) {
    const bundle::BundleContent content =
        bundle::import(registry, source::load_settings(registry), file_in(registry, file));
    return describe(content.manifest, content.id);
  });
}

}  // namespace v0
}  // namespace mlem
