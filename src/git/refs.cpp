#include "git/refs.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace mlem::git {
namespace {

std::vector<std::string> arguments_for_tags() {
  return {"for-each-ref", "--format=%(*objecttype) %(*objectname) %(taggerdate:unix) %(refname:lstrip=2)", "--",
          "refs/tags/"};
}

std::vector<DatedTag> parse_tags(const RunResult& listed) {
  if (listed.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list tags", escape_for_terminal(trim(listed.errors)));
  }
  std::vector<DatedTag> tags;
  for (std::string_view rest = listed.output; !rest.empty();) {
    const std::vector<std::string_view> fields = split(take_line(rest), ' ');
    if (fields.size() != 4 || fields[0] != "commit") continue;  // it is not annotated, or of something else
    DatedTag tag{std::string(fields[3]), {}, 0};
    const auto commit = Oid::parse(fields[1]);
    std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), tag.time);
    if (!commit) continue;
    tag.commit = *commit;
    tags.push_back(std::move(tag));
  }
  return tags;
}

}  // namespace

std::vector<Oid> load_merge_heads(const Registry& registry) {
  constexpr std::size_t most_bytes = 1 << 20;  // some 16,000 commits
  const auto text = load_file(registry.git_dir() / "MERGE_HEAD", most_bytes);
  std::vector<Oid> heads;
  for (std::string_view rest = text ? *text : std::string_view(); !rest.empty();) {
    if (const auto head = Oid::parse(trim(take_line(rest)))) heads.push_back(*head);
  }
  return heads;
}

std::vector<Oid> announced_merge_heads(const Environment& environment) {
  constexpr std::string_view prefix = "GITHEAD_";
  std::vector<Oid> heads;
  for (const std::string& entry : environment.entries()) {
    if (!entry.starts_with(prefix)) continue;
    const std::string_view name = std::string_view(entry).substr(prefix.size());
    if (const auto head = Oid::parse(name.substr(0, name.find('=')))) heads.push_back(*head);
  }
  return heads;
}

std::vector<std::string> list_symbolic_refs(const Registry& registry) {
  const RunResult listed = registry.git({"for-each-ref", "--format=%(if)%(symref)%(then)%(refname)%(end)"});
  if (listed.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list refs", escape_for_terminal(trim(listed.errors)));
  }
  std::vector<std::string> names;
  for (const std::string_view name : split(listed.output, '\n')) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

std::optional<std::vector<Oid>> list_tips_with(const Registry& registry, const std::vector<Oid>& commits,
                                               const std::vector<std::string>& prefixes, std::size_t most,
                                               const Limits& limits, Interrupt* interrupt) {
  if (commits.empty()) return std::vector<Oid>();
  std::vector<std::string> arguments{"for-each-ref", "--format=%(objectname)", "--sort=creatordate",
                                     "--count=" + std::to_string(most)};
  for (const Oid& commit : commits) arguments.push_back("--contains=" + commit.hex());
  // A prefix up to a slash is a pattern too.
  arguments.insert(arguments.end(), prefixes.begin(), prefixes.end());
  const RunResult listed = registry.git(std::move(arguments), {}, limits, interrupt);
  if (listed.end == RunResult::End::deadline) return std::nullopt;
  if (listed.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list refs", escape_for_terminal(trim(listed.errors)));
  }
  std::vector<Oid> tips;
  for (const std::string_view id : split(listed.output, '\n')) {
    if (const auto oid = Oid::parse(id)) tips.push_back(*oid);
  }
  return tips;
}

std::vector<DatedTag> list_dated_tags(const Registry& registry) {
  return parse_tags(registry.git(arguments_for_tags()));
}

std::vector<DatedTag> list_dated_tags(const fs::path& git_dir, const Environment& environment) {
  return parse_tags(run(reading_program(git_dir, arguments_for_tags(), environment)));
}

std::vector<Ref> list_tags_of(const Registry& registry, const Oid& commit) {
  const std::string output = detail::output_of(
      registry.git({"for-each-ref", "--format=%(objectname) %(refname)", "--merged=" + commit.hex(), "--", "refs/tags/"}),
      "cannot list tags");
  std::vector<Ref> tags;
  for (std::string_view rest = output; !rest.empty();) {
    const std::string_view line = take_line(rest);
    const std::size_t blank = line.find(' ');
    const auto oid = Oid::parse(line.substr(0, blank));
    if (oid && blank != std::string_view::npos) tags.push_back({std::string(line.substr(blank + 1)), *oid});
  }
  return tags;
}

}  // namespace mlem::git
