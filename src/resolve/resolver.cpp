#include "resolve/resolver.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "resolve/detail/in_parallel.hpp"
#include "resolve/detail/place.hpp"
#include "resolve/source_reader.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

namespace mlem::resolve {
namespace {

constexpr std::size_t most_hops = 16;

}  // namespace

Resolver::Resolver(const git::Registry& registry, Settings settings)
    : registry_(registry), settings_(std::move(settings)) {}

int Resolver::node_for(TreeView* view, const std::string& base, const Source& source) {
  std::string key;
  if (source.is_alias()) {
    key = "=" + view->at() + "\n" + base + "\n" + source.path;
  } else {
    key = (source.repo ? source.repo->normalized() : "") + "\n" + (source.rev ? source.rev->text() : "") + "\n" +
          source.undivided + "\n" + source.path + "\n" + std::to_string(static_cast<int>(source.rev_kind));
  }
  const auto [found, is_new] = node_numbers_.try_emplace(std::move(key), static_cast<int>(nodes_.size()));
  if (!is_new) return found->second;
  auto node = std::make_unique<Node>();
  node->target.source = source;
  node->target.keeps_text = settings_.keep_text;
  node->target.link_base = base;
  if (source.is_alias()) node->view = view;
  nodes_.push_back(std::move(node));
  pending_.push_back(found->second);
  return found->second;
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Link& link) {
  try {
    const std::size_t number = add(view, name, Source::from_link(link));
    if (link.pinned_blob) {
      nodes_[static_cast<std::size_t>(first_[number])]->target.pinned_blob = Oid::parse(*link.pinned_blob);
    }
    return number;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    Target target;
    target.fail(Verdict::invalid_link, error.what(), error.hint());
    target.path = link.path;
    target.rev = link.rev.value_or("");
    malformed_.push_back(std::move(target));
    first_.push_back(-static_cast<int>(malformed_.size()));
    return first_.size() - 1;
  }
}

std::size_t Resolver::add(TreeView& view, const std::string& name, const Source& source) {
  first_.push_back(node_for(&view, source.is_alias() ? alias_base(view, name) : std::string(), source));
  return first_.size() - 1;
}

void Resolver::read_level(const std::vector<int>& level) {
  std::map<std::string, std::vector<Target*>> by_repository;
  std::vector<Target*> own;
  for (const int number : level) {
    Node& node = *nodes_[static_cast<std::size_t>(number)];
    if (node.view == nullptr) {
      const auto& repo = node.target.source.repo;
      (repo ? by_repository[repo->normalized()] : own).push_back(&node.target);
      continue;
    }
    const std::string base = std::exchange(node.target.link_base, {});
    try {
      const std::string path = node.target.source.tree_path(base).text();
      const std::vector<Oid> missing = read_object(*node.view, path, base, node.target);
      if (!missing.empty()) {
        node.target.fail(Verdict::unreachable, "the repository lacks object " + missing.front().hex());
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      node.target.fail(Verdict::invalid_link, error.what());
    }
  }
  if (!own.empty()) read_repository(registry_.objects(), own);

  std::vector<const std::vector<Target*>*> groups;
  for (const auto& [url, targets] : by_repository) groups.push_back(&targets);
  const auto remote = std::stable_partition(groups.begin(), groups.end(), [&](const auto* targets) {
    return detail::is_in_place(*targets->front()->source.repo, settings_);
  });
  const auto in_place = static_cast<std::size_t>(remote - groups.begin());
  Settings quiet = settings_;
  quiet.interactive = false;
  std::atomic<std::size_t> done = 0;
  const auto read = [&](std::size_t i) {
    if (settings_.progress) settings_.progress(done, groups.size());
    read_source(*groups[i]->front()->source.repo, *groups[i], quiet);
    ++done;
    if (settings_.progress) settings_.progress(done, groups.size());
  };
  // What is at hand does not wait for servers, which may use up the time there is; it costs processor time, and more
  // threads than processors would only be in each other's way.
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  detail::in_parallel(in_place, std::min(settings_.jobs, processors), read);
  detail::in_parallel(groups.size() - in_place, settings_.jobs, [&](std::size_t i) { read(in_place + i); });
  if (!settings_.interactive) return;
  // One at a time: two prompts on one terminal would mix.
  for (const auto* group : groups) {
    const bool refused = std::all_of(group->begin(), group->end(),
                                     [](const Target* target) { return target->verdict == Verdict::auth_required; });
    if (!refused) continue;
    for (Target* target : *group) target->ask_again();
    read_source(*group->front()->source.repo, *group, settings_);
  }
}

/// Returns the node that a link at the end of `node` leads to.
int Resolver::node_after(Node& node) {
  Target& target = node.target;
  try {
    Source source = Source::from_link(*target.link);
    if (node.view != nullptr) return node_for(node.view, target.link_base, source);
    if (source.is_alias()) {
      // A link inside a source is resolved at that source's commit.
      source.path = source.tree_path(target.link_base).text();
      source.rev = Rev::parse(target.commit->hex());
    }
    if (!source.repo) source.repo = target.source.repo;
    return node_for(node.view, {}, source);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    target.fail(Verdict::invalid_link, "'" + target.path + "' is no valid link: " + error.what());
    return -1;
  }
}

void Resolver::run() {
  for (std::size_t hops = 0; !pending_.empty() && hops <= most_hops; ++hops) {
    const std::vector<int> level = std::exchange(pending_, {});
    read_level(level);
    for (const int number : level) {
      Node& node = *nodes_[static_cast<std::size_t>(number)];
      node.done = true;
      if (!node.target.failed() && node.target.link) node.next = node_after(node);
    }
  }
}

std::vector<const Target*> Resolver::chain(std::size_t number) const {
  std::vector<const Target*> targets;
  std::set<int> seen;
  for (int at = first_[number]; at >= 0 && seen.insert(at).second && nodes_[static_cast<std::size_t>(at)]->done;) {
    const Node& node = *nodes_[static_cast<std::size_t>(at)];
    targets.push_back(&node.target);
    at = node.next;
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
    finding.rev = target.rev;
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
  std::set<int> seen;
  for (int at = first;;) {
    const Node& node = *nodes_[static_cast<std::size_t>(at)];
    if (!seen.insert(at).second) {
      finding.verdict = Verdict::cycle;
      finding.message = "following links comes back to '" + node.target.path + "'";
      return finding;
    }
    if (!node.done) {
      finding.verdict = Verdict::too_deep;
      finding.message = "more than " + std::to_string(most_hops) + " links lead to one another";
      return finding;
    }
    take(node.target);
    if (node.next < 0) break;
    finding.hops.push_back({finding.repo, finding.rev, finding.commit, finding.path});
    at = node.next;
  }
  if (finding.verdict == Verdict::ok && !link_type.empty() && finding.object_type != link_type) {
    finding.verdict = Verdict::wrong_type;
    finding.message = "'" + finding.path + "' is a " + finding.object_type + ", not a " + link_type;
    finding.hint = "write 'link_type: " + finding.object_type + "'";
  }
  return finding;
}

}  // namespace mlem::resolve
