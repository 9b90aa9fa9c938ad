#include "source/conversation.hpp"

#include "base/text.hpp"
#include "source/detail/remote_conversation.hpp"
#include "source/visit.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

namespace mlem::source {
namespace {

constexpr std::string_view heads = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

/// The refs of a repository of this machine. It remembers what it was asked: many links name the same few refs.
/// `space` is what all names of refs begin with there: the prefix of a namespace.
Refs refs_of(git::Repository& repository, const std::string& space = {}, const PushedRefs& pushed_refs = {}) {
  const auto without_space = [&](std::optional<std::string> name) {
    return name ? std::optional(name->substr(name->starts_with(space) ? space.size() : 0)) : std::nullopt;
  };
  using Ids = std::unordered_map<std::string, std::optional<Oid>>;
  const auto known = std::make_shared<Ids>();
  const auto pushed = std::make_shared<Ids>();  // by where the names lead
  for (const auto& [name, tip] : pushed_refs) pushed->insert_or_assign(repository.final_ref(space + name), tip);
  return {.find =
              [&repository, known, pushed, space](const std::string& name) {
                const auto [found, is_new] = known->try_emplace(name);
                if (!is_new) return found->second;
                const auto tip = pushed->empty() ? pushed->end() : pushed->find(repository.final_ref(space + name));
                found->second = tip != pushed->end() ? tip->second : repository.find_ref(space + name);
                return found->second;
              },
          .names =
              [&repository, space] {
                std::vector<std::string> names;
                for (const std::string_view prefix : {heads, tags}) {
                  for (const git::Ref& ref : repository.refs(space + std::string(prefix))) {
                    names.push_back(short_name(ref.name.substr(space.size())));
                  }
                }
                return names;
              },
          .head_branch = without_space(repository.symbolic_target(space + "HEAD"))};
}

std::map<Oid, Refusal> lacks_of(const std::map<Oid, Oid>& commits_by_object, bool is_partial) {
  const std::string hint =
      is_partial ? "it is a partial clone; fetch the object there" : "'git fsck' there says what is broken";
  std::map<Oid, Refusal> lacks;
  for (const auto& [object, commit] : commits_by_object) {
    lacks.emplace(object, Refusal{Verdict::unreachable, "the repository lacks object " + object.hex(), hint});
  }
  return lacks;
}

/// A repository of this machine, read in place: all that it has is there.
class LocalConversation final : public Conversation {
 public:
  LocalConversation(const RepoUrl& url, LocalRepository local, const Settings& settings)
      : url_(url),
        local_(std::move(local)),
        environment_(settings.access.environment),
        recording_(settings.observer.recording),
        repository_(git::open_repository(local_.git_dir, environment_, git::Reading::apart)) {
    repository_->set_deadline(settings.budget.deadline);
    if (recording_ != nullptr) recording_->watch(url_, *repository_);
  }

  const Refs& refs() override {
    if (refs_) return *refs_;
    refs_ = refs_of(*repository_);
    if (recording_ != nullptr) recording_->note_refs(url_, all_refs());
    return *refs_;
  }
  std::map<Oid, Refusal> need_commits(const std::set<Oid>&, std::size_t) override { return {}; }
  std::map<Oid, Refusal> need_objects(const std::map<Oid, Oid>& commits_by_object) override {
    return lacks_of(commits_by_object, git::is_partial_clone(local_.git_dir, environment_));
  }
  git::Repository& repository() override { return *repository_; }
  const fs::path& git_dir() override { return local_.git_dir; }
  const LocalRepository* local() const override { return &local_; }

 private:
  /// The refs as a server would list them.
  ListedRefs all_refs() const {
    ListedRefs all{.head_branch = repository_->head_branch()};
    if (const auto head = repository_->find_ref("HEAD")) all.oids.emplace("HEAD", *head);
    for (const std::string_view prefix : {heads, tags}) {
      for (const git::Ref& ref : repository_->refs(prefix)) all.oids.emplace(ref.name, ref.oid);
    }
    return all;
  }

  const RepoUrl& url_;
  LocalRepository local_;
  Environment environment_;
  Recording* recording_;
  std::unique_ptr<git::Repository> repository_;
  std::optional<Refs> refs_;
};

/// The registry as a source: what a partial clone lacks is fetched as git would.
class RegistryConversation final : public Conversation {
 public:
  RegistryConversation(const git::Registry& registry, const Settings& settings, const PushedRefs& pushed_refs)
      : registry_(registry),
        settings_(settings),
        pushed_refs_(pushed_refs),
        here_{registry.git_dir(), registry.has_work_tree() ? registry.work_tree() : registry.git_dir(), {}} {}

  const Refs& refs() override {
    if (!refs_) {
      refs_ = refs_of(registry_.objects(), git::namespace_prefix(registry_.environment()), pushed_refs_);
    }
    return *refs_;
  }
  std::map<Oid, Refusal> need_commits(const std::set<Oid>&, std::size_t) override { return {}; }
  std::map<Oid, Refusal> need_objects(const std::map<Oid, Oid>& commits_by_object) override {
    std::vector<Oid> wanted;
    for (const auto& [object, commit] : commits_by_object) wanted.push_back(object);
    fetch_missing(registry_, wanted, settings_);
    std::map<Oid, Refusal> lacks = lacks_of(commits_by_object, registry_.is_partial());
    std::erase_if(lacks, [&](const auto& lack) { return registry_.objects().has(lack.first); });
    return lacks;
  }
  git::Repository& repository() override { return registry_.objects(); }
  const fs::path& git_dir() override { return registry_.git_dir(); }
  const LocalRepository* local() const override { return &here_; }

 private:
  const git::Registry& registry_;
  const Settings& settings_;
  const PushedRefs& pushed_refs_;
  LocalRepository here_;
  std::optional<Refs> refs_;
};

}  // namespace

std::string short_name(std::string_view ref) {
  for (const std::string_view prefix : {heads, tags}) {
    if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
  }
  return std::string(ref);
}

std::optional<Refusal> converse(const RepoUrl& url, const Settings& settings,
                                const std::function<void(Conversation&)>& use) {
  return visit_source(
      url, settings,
      [&](const LocalRepository& found) {
        LocalConversation conversation(url, found, settings);
        use(conversation);
      },
      [&](const Place& place) { detail::converse_remotely(url, place, settings, use); });
}

RepoUrl own_address(const git::Registry& registry) {
  return RepoUrl::parse(file_url((registry.has_work_tree() ? registry.work_tree() : registry.git_dir()).string()));
}

std::unique_ptr<Conversation> converse_with_registry(const git::Registry& registry, const Settings& settings,
                                                     const PushedRefs& pushed_refs) {
  return std::make_unique<RegistryConversation>(registry, settings, pushed_refs);
}

}  // namespace mlem::source
