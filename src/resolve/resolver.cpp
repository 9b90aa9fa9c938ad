#include "resolve/resolver.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <utility>

namespace mlem::resolve {

Resolver::Resolver(const git::Registry& registry, source::Settings settings, ResolverOptions options)
    : registry_(registry), settings_(std::move(settings)), options_(std::move(options)) {}

Resolver::QueryNumber Resolver::number_of(detail::AnswerStore::Subject subject, std::string_view path) {
  const auto [number, is_new] = answers_.add(subject, path);
  if (is_new) {
    steps_.emplace_back();
    pending_.push_back(number);
  }
  return number;
}

Resolver::QueryNumber Resolver::number_of(TreeView* view, std::string_view file, const Source& source) {
  if (!source.is_alias()) return number_of(answers_.subject_of(source, nullptr, {}), source.path);
  // Where a directory's aliases start takes a look at each directory above it.
  const auto [known, is_new] = alias_subjects_[view].try_emplace(std::string(parent_of(file)));
  AliasSubject& subject = known->second;
  if (is_new) {
    subject.start = find_alias_start(*view, parent_of(file));
    subject.subject = answers_.subject_of(source, view, subject.start.directory);
  }
  // An object that was named is not an alias: its path starts where its name does.
  if (!file.empty()) require_one_reading(*view, subject.start, source.path);
  return number_of(subject.subject, source.path);
}

Resolver::QueryNumber Resolver::number_of(TreeView* view, std::string_view file, const Link& link,
                                          UrlParts::RevKind kind) {
  const auto source_of = [&] {
    Source source = Source::from_link(link);
    if (kind != UrlParts::RevKind::none) source.rev_kind = kind;
    return source;
  };
  if (!link.repo || link.plain || link.path.starts_with('/') || is_surely_url(link.path)) {
    return number_of(view, file, source_of());
  }
  mlem::require_one_reading(link.path);
  // Most links share their repository and rev with many others.
  key_.assign(*link.repo).append("\n").append(link.rev.value_or("\n"));
  key_.push_back(static_cast<char>(kind));
  const auto [known, is_new] = subjects_.try_emplace(key_);
  std::optional<detail::AnswerStore::Subject>& subject = known->second;
  const bool goes_up = link.path.find("..") != std::string::npos;
  if (!is_new && subject && !goes_up) return number_of(*subject, RepoPath::parse(link.path).text());
  const Source source = source_of();
  // With a directory in the address, the path is not that of the link.
  if (is_new && source.undivided.empty() && source.path == RepoPath::parse(link.path).text()) {
    subject = answers_.subject_of(source, nullptr, {});
  }
  return number_of(view, file, source);
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Link& link) {
  try {
    const auto pin = pin_of(link);
    const QueryNumber number = number_of(&view, name, link);
    if (pin) {
      pins_.emplace(first_.size(), *pin);
      answers_.note_pin(number, *pin);
    }
    first_.push_back(number);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return add_malformed(link, error);
  }
  return first_.size() - 1;
}

std::size_t Resolver::add_newest_version(TreeView& view, const std::string& name, const Link& link) {
  try {
    first_.push_back(number_of(&view, name, link, UrlParts::RevKind::newest_version));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return add_malformed(link, error);
  }
  return first_.size() - 1;
}

std::size_t Resolver::add_malformed(const Link& link, const Error& error) {
  Answer answer;
  answer.fail(Verdict::invalid_link, error.what(), error.hint());
  // Whatever is malformed may have a password in it.
  answer.path = redact(link.path);
  answer.rev = redact(link.rev.value_or(""));
  malformed_.push_back(std::move(answer));
  first_.push_back(-static_cast<int>(malformed_.size()));
  return first_.size() - 1;
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Source& source) {
  named_.insert(first_.size());
  first_.push_back(number_of(&view, name, source));
  return first_.size() - 1;
}

std::size_t Resolver::add_refused(const Source& source, const source::Refusal& refusal) {
  Answer answer;
  answer.source = source;
  answer.path = source.path;
  answer.fail(refusal.verdict, refusal.message, refusal.hint);
  malformed_.push_back(std::move(answer));
  first_.push_back(-static_cast<int>(malformed_.size()));
  return first_.size() - 1;
}

/// Returns the number of what a link at the end of an answer leads to.
Resolver::QueryNumber Resolver::number_after(QueryNumber number) {
  if (answers_.is_common_object(number)) return -1;
  Answer answer = answers_.get(number);
  if (answer.failed() || !answer.link) return -1;
  TreeView* const view = answers_.view(number);
  try {
    pin_of(*answer.link);
    if (view != nullptr || answer.link->repo) return number_of(view, answer.path, *answer.link);
    Source source = Source::from_link(*answer.link);
    if (source.is_alias()) {
      // A link inside a source is resolved at that source's commit.
      source.path = source.tree_path(answer.link_base).text();
      source.rev = Rev::parse(answer.commit->hex());
    }
    if (!source.repo) source.repo = answer.source.repo;
    return number_of(nullptr, {}, source);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    answer.fail(Verdict::invalid_link, "'" + answer.path + "' is not a valid link: " + error.what());
    answer.flaw = error.what();
    answers_.put(number, std::move(answer));
    return -1;
  }
}

void Resolver::run() {
  // Of every link that was added, as many hops are read as finding() goes.
  const std::size_t most = named_.empty() ? most_hops : most_hops + 1;
  for (std::size_t hops = 0; !pending_.empty() && hops <= most; ++hops) {
    const std::vector<int> level = std::exchange(pending_, {});
    read_level(level);
    for (const int number : level) {
      const int next = number_after(number);
      steps_[static_cast<std::size_t>(number)] = {next, true};
    }
  }
}

std::optional<RepoUrl> Resolver::repo(std::size_t number) const {
  const int first = first_[number];
  return first < 0 ? std::nullopt : answers_.repo(first);
}

Answer Resolver::answer(std::size_t number) const {
  const QueryNumber first = first_[number];
  return first < 0 ? malformed_[static_cast<std::size_t>(-first - 1)] : answers_.get(first);
}

Finding Resolver::finding(std::size_t number, const std::string& link_type) const {
  return finding_of(chain(number), link_type);
}

}  // namespace mlem::resolve
