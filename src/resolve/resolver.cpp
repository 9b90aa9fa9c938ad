#include "resolve/resolver.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "resolve/detail/hints.hpp"
#include "resolve/source_reader.hpp"

#include "source/in_parallel.hpp"
#include "source/visit.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>

namespace mlem::resolve {
namespace {

constexpr std::size_t most_hops = 16;

/// The blob that a link is pinned to. Throws Error(invalid) if that is no id.
std::optional<Oid> pin_of(const Link& link) {
  if (!link.pinned_blob) return std::nullopt;
  auto pin = Oid::parse(*link.pinned_blob);
  if (!pin) {
    throw Error(ErrorKind::invalid, "invalid params.git-mlem.blob '" + escape_for_terminal(*link.pinned_blob) + "'",
                "it is no full object id");
  }
  return pin;
}

}  // namespace

Resolver::Resolver(const git::Registry& registry, source::Settings settings)
    : registry_(registry), settings_(std::move(settings)) {}

Resolver::TargetNumber Resolver::number_of(detail::TargetStore::Subject subject, std::string_view path) {
  const auto [number, is_new] = targets_.add(subject, path);
  if (is_new) {
    steps_.emplace_back();
    pending_.push_back(number);
  }
  return number;
}

Resolver::TargetNumber Resolver::number_of(TreeView* view, std::string_view file, const Source& source) {
  if (!source.is_alias()) return number_of(targets_.subject_of(source, nullptr, {}), source.path);
  // Where a directory's aliases start takes a look at each directory above it.
  const auto [known, is_new] = alias_subjects_[view].try_emplace(std::string(parent_of(file)));
  if (is_new) known->second = targets_.subject_of(source, view, alias_base(*view, file));
  return number_of(known->second, source.path);
}

Resolver::TargetNumber Resolver::number_of(TreeView* view, std::string_view file, const Link& link) {
  if (!link.repo || link.path.starts_with('/') || is_surely_url(link.path)) {
    return number_of(view, file, Source::from_link(link));
  }
  // Most links share their repository and rev with many others.
  key_.assign(*link.repo).append("\n").append(link.rev.value_or("\n"));
  const auto [known, is_new] = subjects_.try_emplace(key_);
  std::optional<detail::TargetStore::Subject>& subject = known->second;
  if (!is_new && subject) return number_of(*subject, RepoPath::parse(link.path).text());
  const Source source = Source::from_link(link);
  // With a directory in the address, the path is not that of the link.
  if (is_new && source.undivided.empty() && source.path == RepoPath::parse(link.path).text()) {
    subject = targets_.subject_of(source, nullptr, {});
  }
  return number_of(view, file, source);
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Link& link) {
  try {
    const auto pin = pin_of(link);
    const int number = number_of(&view, name, link);
    if (pin) {
      pins_.emplace(first_.size(), *pin);
      Target target = targets_.get(number);
      if (!target.pinned_blob) {
        target.pinned_blob = pin;
        targets_.put(number, std::move(target));
      }
    }
    first_.push_back(number);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    Target target;
    target.fail(Verdict::invalid_link, error.what(), error.hint());
    // Whatever is malformed may have a password in it.
    target.path = redact(link.path);
    target.rev = redact(link.rev.value_or(""));
    malformed_.push_back(std::move(target));
    first_.push_back(-static_cast<int>(malformed_.size()));
  }
  return first_.size() - 1;
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Source& source) {
  named_.insert(first_.size());
  first_.push_back(number_of(&view, name, source));
  return first_.size() - 1;
}

void Resolver::read_aliases(const std::vector<TargetNumber>& numbers) {
  // Of those that were found no more than this is kept until they are read: whole answers would be many times as much.
  struct Waiting {
    TargetNumber number;
    std::string path;
  };
  struct Batch {
    std::vector<Found> found;
    std::vector<Waiting> waiting;
  };
  detail::Hints hints;
  std::map<git::Repository*, Batch> batches;
  const auto target_of = [&](int number) {
    Target target = targets_.get(number);
    target.keeps_text = settings_.keep_text;
    target.hints = &hints;
    return target;
  };
  const auto keep = [&](int number, Target target) {
    target.hints = nullptr;
    targets_.put(number, std::move(target));
  };
  const auto lack = [](Target& target, const Oid& missing) {
    target.fail(Verdict::unreachable, "the repository lacks object " + missing.hex());
  };
  for (const int number : numbers) {
    Target target = target_of(number);
    const std::string base = std::exchange(target.link_base, {});
    TreeView& view = *targets_.view(number);
    std::vector<Oid> missing;
    std::optional<git::Entry> entry;
    try {
      entry = find_object(view, target.source.tree_path(base).text(), base, target, missing);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::unavailable) throw;
      target.fail(error.kind() == ErrorKind::invalid ? Verdict::invalid_link : Verdict::unreachable, error.what());
    }
    // What a sparse checkout leaves out of a work tree is a blob as well.
    if (entry && entry->oid != Oid()) {
      Batch& batch = batches[view.repository() != nullptr ? view.repository() : &registry_.objects()];
      batch.found.push_back({&view, *entry});
      batch.waiting.push_back({number, std::move(target.path)});
      continue;
    }
    if (!missing.empty()) lack(target, missing.front());
    if (entry && !read_object(view, *entry, target))
      target.fail(Verdict::missing_path, "nothing at '" + target.path + "'");
    keep(number, std::move(target));
  }
  for (auto& item : batches) {
    Batch& batch = item.second;
    std::vector<Oid> blobs;
    for (const Found& found : batch.found) blobs.push_back(found.entry.oid);
    source::fetch_missing(registry_, blobs, settings_);
    read_objects(*item.first, batch.found, settings_, [&](std::size_t i, const std::function<bool(Target&)>& read) {
      Waiting& waiting = batch.waiting[i];
      Target target = target_of(waiting.number);
      target.link_base.clear();
      target.path = std::move(waiting.path);
      target.blob = batch.found[i].entry.oid;
      if (!read(target)) lack(target, batch.found[i].entry.oid);
      keep(waiting.number, std::move(target));
    });
  }
}

void Resolver::read_level(const std::vector<TargetNumber>& level) {
  std::map<std::string, std::vector<int>> by_repository;
  std::vector<int> own;
  std::vector<int> aliases;
  for (const int number : level) {
    const auto& repo = targets_.repo(number);
    if (targets_.view(number) != nullptr)
      aliases.push_back(number);
    else
      (repo ? by_repository[repo->normalized()] : own).push_back(number);
  }
  read_aliases(aliases);
  // The whole answers of one repository at a time: together they would be many times what is kept of them.
  const auto read_all = [&](const std::vector<int>& numbers, const auto& reader) {
    detail::Hints hints;
    std::vector<Target> targets;
    std::vector<Target*> asked;
    targets.reserve(numbers.size());
    for (const int number : numbers) {
      Target& target = targets.emplace_back(targets_.get(number));
      target.keeps_text = settings_.keep_text;
      target.hints = &hints;
      if (target.failed()) target.ask_again();
      asked.push_back(&target);
    }
    reader(asked);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      targets[i].hints = nullptr;
      targets_.put(numbers[i], std::move(targets[i]));
    }
  };
  if (!own.empty()) {
    read_all(own, [&](const std::vector<Target*>& targets) { read_registry(registry_, targets, settings_); });
  }

  std::vector<const std::vector<int>*> groups;
  for (const auto& [url, numbers] : by_repository) groups.push_back(&numbers);
  const auto url_of = [&](const std::vector<int>& group) -> const RepoUrl& { return *targets_.repo(group.front()); };
  const auto remote = std::stable_partition(
      groups.begin(), groups.end(), [&](const auto* group) { return source::is_in_place(url_of(*group), settings_); });
  const auto in_place = static_cast<std::size_t>(remote - groups.begin());
  source::Settings quiet = settings_;
  quiet.interactive = false;
  std::atomic<std::size_t> done = 0;
  const auto read = [&](std::size_t i) {
    if (settings_.progress) settings_.progress(done, groups.size());
    const RepoUrl& url = url_of(*groups[i]);
    read_all(*groups[i], [&](const std::vector<Target*>& targets) { read_source(url, targets, quiet); });
    const std::size_t now = ++done;
    if (settings_.progress) settings_.progress(now, groups.size());
  };
  // What is at hand does not wait for servers, which may use up the time there is; it costs processor time, and more
  // threads than processors would only be in each other's way.
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  source::in_parallel(in_place, std::min(settings_.jobs, processors), read);
  source::in_parallel(groups.size() - in_place, settings_.jobs, [&](std::size_t i) { read(in_place + i); });
  if (!settings_.interactive) return;
  // One at a time: two prompts on one terminal would mix.
  for (const auto* group : groups) {
    const bool refused = std::all_of(group->begin(), group->end(), [&](int number) {
      return targets_.get(number).verdict == Verdict::auth_required;
    });
    if (!refused) continue;
    const RepoUrl& url = url_of(*group);
    read_all(*group, [&](const std::vector<Target*>& targets) { read_source(url, targets, settings_); });
  }
}

/// Returns the number of what a link at the end of a target leads to.
Resolver::TargetNumber Resolver::number_after(TargetNumber number) {
  if (targets_.is_plain_object(number)) return -1;
  Target target = targets_.get(number);
  if (target.failed() || !target.link) return -1;
  TreeView* const view = targets_.view(number);
  try {
    pin_of(*target.link);
    if (view != nullptr || target.link->repo) return number_of(view, target.path, *target.link);
    Source source = Source::from_link(*target.link);
    if (source.is_alias()) {
      // A link inside a source is resolved at that source's commit.
      source.path = source.tree_path(target.link_base).text();
      source.rev = Rev::parse(target.commit->hex());
    }
    if (!source.repo) source.repo = target.source.repo;
    return number_of(nullptr, {}, source);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    target.fail(Verdict::invalid_link, "'" + target.path + "' is no valid link: " + error.what());
    target.flaw = error.what();
    targets_.put(number, std::move(target));
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
  return first < 0 ? std::nullopt : targets_.repo(first);
}

std::size_t Resolver::most_hops_of(std::size_t number) const {
  // The object that was named may be a link, and it is no hop from itself.
  return named_.contains(number) ? most_hops + 1 : most_hops;
}

Target Resolver::target_after(TargetNumber number, const Target& before) const {
  Target target = targets_.get(number);
  // It was looked up at the commit; what was asked for, and what a link to it has to say, is the rev that led there.
  const bool is_by_alias = before.link && before.link->is_alias() && !is_surely_url(before.link->path);
  if (is_by_alias && before.commit && target.commit == before.commit) {
    target.rev = before.rev;
    target.stored_rev = before.stored_rev;
    target.ref = before.ref;
  }
  return target;
}

std::vector<Target> Resolver::chain(std::size_t number) const {
  std::vector<Target> targets;
  std::set<int> seen;
  for (int at = first_[number]; at >= 0 && targets.size() <= most_hops_of(number) && seen.insert(at).second;) {
    const Step& step = steps_[static_cast<std::size_t>(at)];
    if (!step.done) break;
    targets.push_back(targets.empty() ? targets_.get(at) : target_after(at, targets.back()));
    at = step.next;
  }
  return targets;
}

Finding Resolver::finding(std::size_t number, const std::string& link_type) const {
  Finding finding;
  finding.link_type = link_type;
  const auto take = [&](const Target& target) {
    finding.verdict = target.verdict;
    finding.message = target.message;
    finding.hint = target.hint;
    finding.repo = target.source.repo ? target.source.repo->printable() : "";
    // What could not be asked was asked for all the same.
    finding.rev = target.rev.empty() && target.source.rev ? target.source.rev->text() : target.rev;
    finding.ref = target.ref;
    finding.commit = target.commit;
    finding.commit_time = target.commit_time;
    finding.path = target.path.empty() ? target.source.path : target.path;
    finding.blob = target.blob;
    finding.object_type = target.object_type;
    if (target.proof_time != 0) {
      finding.proof_time =
          finding.proof_time == 0 ? target.proof_time : std::min(finding.proof_time, target.proof_time);
    }
  };
  const int first = first_[number];
  if (first < 0) {
    take(malformed_[static_cast<std::size_t>(-first - 1)]);
    return finding;
  }
  const auto pinned = pins_.find(number);
  std::optional<Oid> pin = pinned == pins_.end() ? std::nullopt : std::optional(pinned->second);
  // An object that was named instead of a link may be a link, which has a type to hold to as well.
  std::string wanted_type = link_type;
  std::set<int> seen;
  Target before;
  for (int at = first;;) {
    const Step& step = steps_[static_cast<std::size_t>(at)];
    Target target = target_after(at, before);
    if (!seen.insert(at).second) {
      finding.verdict = Verdict::cycle;
      finding.message = "following links comes back to '" + target.path + "'";
      return finding;
    }
    // Counted here, and not by what run() has read: that depends on which other links were added.
    if (finding.hops.size() > most_hops_of(number)) {
      finding.verdict = Verdict::too_deep;
      finding.message = "more than " + std::to_string(most_hops) + " links lead to one another";
      return finding;
    }
    take(target);
    // A file that the user named is what check says of it; where a link leads, all that matters is that no object is.
    if (at == first && !target.flaw.empty() && named_.contains(number)) {
      finding.verdict = Verdict::invalid_link;
      finding.message = target.flaw;
    }
    // Each link of the chain is held to its own pin. A work tree's files have no id to compare.
    if (pin && !target.failed() && target.blob && *target.blob != *pin) {
      finding.verdict = Verdict::changed;
      finding.message = "'" + target.path + "' is blob " + target.blob->hex() + ", not " + pin->hex();
      finding.hint = "if that is what is wanted, write 'blob: " + target.blob->hex() + "'";
      finding.object_type = target.object_type;
      return finding;
    }
    if (wanted_type.empty() && target.link) finding.link_type = wanted_type = target.link->link_type;
    if (step.next < 0) break;
    pin = pin_of(*target.link);
    finding.hops.push_back({finding.repo, finding.rev, finding.commit, finding.path});
    before = std::move(target);
    at = step.next;
  }
  if (finding.verdict == Verdict::ok && !wanted_type.empty() && finding.object_type != wanted_type) {
    finding.verdict = Verdict::wrong_type;
    finding.message = "'" + finding.path + "' is a " + finding.object_type + ", not a " + wanted_type;
    finding.hint = "write 'link_type: " + finding.object_type + "'";
  }
  return finding;
}

}  // namespace mlem::resolve
