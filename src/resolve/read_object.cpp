#include "resolve/read_object.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/detail/hints.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

// To find a metafile and to read it are two steps, so that between them those of many queries can be collected: they
// are read in bulk, and a blob to which many names lead is parsed once and answers them all. What is wrong with a path
// or with a file becomes the verdict of the answer, with a hint of what is nearby. That the repository lacks an object
// is neither: the caller is told, who may fetch it and ask again.

namespace mlem::resolve {
namespace {

/// Whether the file at `name` is an alias for what is missing at `path`: the very link that is asked about, or another
/// that is broken in the same way.
bool leads_to(TreeView& view, const std::string& name, const std::string& path) {
  try {
    const git::Lookup found = view.find(name);
    if (found.state != git::Lookup::State::found || !git::is_regular(found.entry)) return false;
    const auto text = view.read(name, found.entry, yaml::max_link_size);
    const yaml::Metafile file = text ? yaml::read_metafile(*text) : yaml::Metafile();
    if (file.kind != yaml::Metafile::Kind::link || !file.link.is_alias()) return false;
    const std::string target = RepoPath::parse(file.link.path, alias_base(view, name)).text();
    return target == path || target + std::string(mlem_suffix) == path || target == path + std::string(mlem_suffix);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::unavailable) throw;
    return false;
  }
}

void fail_missing_path(TreeView& view, const std::string& path, Answer& answer) {
  using Nearby = detail::Hints::Nearby;
  const Nearby nearby = answer.source.is_alias() ? Nearby::directory : Nearby::tree;
  detail::Hints none;
  detail::Hints& hints = answer.hints != nullptr ? *answer.hints : none;
  std::vector<std::string> near = hints.near_paths(view, path, answer.pinned_blob, nearby);
  if (answer.source.is_alias()) std::erase_if(near, [&](const auto& name) { return leads_to(view, name, path); });
  answer.fail(Verdict::missing_path, "nothing at '" + redact(path) + "'",
              near.empty() ? "" : (near.size() == 1 ? "there is " : "there are ") + quoted_list(near));
}

/// What a metafile says of itself, or why it says nothing.
struct Content {
  yaml::Metafile metafile{};
  std::string flaw{};
};

Content parse_content(std::string_view text, const std::function<void()>& require_time) {
  try {
    return {.metafile = yaml::read_metafile(text, require_time)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return {.flaw = yaml::flaw_of(error)};
  }
}

/// Notes where the alias starts that was found at `answer.path`; it is not an answer if MLEM follows it elsewhere.
void start_alias(TreeView& view, Answer& answer) {
  const AliasStart start = find_alias_start(view, parent_of(answer.path));
  answer.link_base = start.directory;
  if (is_surely_url(answer.link->path)) return;
  try {
    require_one_reading(view, start, answer.link->path);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    answer.fail(Verdict::invalid_link, "'" + answer.path + "' is not a valid link: " + error.what(), error.hint());
    answer.flaw = error.what();
  }
}

/// Gives the answer for what was found at `answer.path`.
void answer_with(TreeView& view, const Content& content, Answer& answer) {
  if (!content.flaw.empty()) {
    answer.reject_file(content.flaw);
    return;
  }
  answer.warnings = content.metafile.warnings;
  switch (content.metafile.kind) {
    case yaml::Metafile::Kind::link:
      answer.link = content.metafile.link;
      if (answer.link->is_alias()) start_alias(view, answer);
      break;
    case yaml::Metafile::Kind::object:
      answer.object_type = content.metafile.object_type;
      if (!answer.object_type.empty()) break;
      answer.fail(Verdict::not_an_object, "'" + answer.path + "' has an empty object_type");
      break;
    case yaml::Metafile::Kind::neither:
      answer.fail(Verdict::not_an_object, "'" + answer.path + "' has no object_type");
      break;
  }
}

/// Gives the text to who wants it.
void hand_over(std::string_view text, Answer& answer) {
  if (answer.wants_text) answer.text = text;
  if (answer.take_text != nullptr && answer.blob) (*answer.take_text)(*answer.blob, text);
}

/// Answers for what has no metafile: with the file or directory at `path` itself, which is not read.
void find_plain(TreeView& view, const std::string& path, const std::string& base, Answer& answer,
                std::vector<Oid>& missing) {
  answer.path = path.empty() ? "." : path;
  const Located metafile = path.empty() ? Located() : locate(view, path, base);
  if (metafile.state == Located::State::found) {
    answer.fail(Verdict::invalid_link, "'" + metafile.path + "' is a metafile, which MLEM would follow a plain link to",
                "a link to it is not plain: it has no 'plain', and is made without '--plain'");
    return;
  }
  const git::Lookup lookup = view.find(path);
  if (lookup.state == git::Lookup::State::missing_object) {
    missing = {*lookup.missing};
    return;
  }
  if (lookup.state != git::Lookup::State::found) {
    answer.fail(Verdict::missing_path, "nothing at '" + redact(answer.path) + "'");
    return;
  }
  if (git::is_link(lookup.entry)) {
    answer.fail(Verdict::not_an_object, "'" + answer.path + "' is a symbolic link or a submodule");
    return;
  }
  const bool is_tree = git::is_directory(lookup.entry);
  const Plain found = is_tree ? Plain::tree : Plain::blob;
  if (answer.source.plain != Plain::either && answer.source.plain != found) {
    answer.fail(Verdict::wrong_type,
                "'" + answer.path + (is_tree ? "' is a directory, not a file" : "' is a file, not a directory"),
                "write 'plain: " + std::string(name(found)) + "'");
    return;
  }
  answer.plain = found;
  if (lookup.entry.oid != Oid()) answer.blob = lookup.entry.oid;
}

}  // namespace

std::optional<git::Entry> find_object(TreeView& view, const std::string& path, const std::string& base, Answer& answer,
                                      std::vector<Oid>& missing) {
  if (answer.source.plain) {
    find_plain(view, path, base, answer, missing);
    return std::nullopt;
  }
  answer.path = path;
  Located located = locate(view, path, base);
  switch (located.state) {
    case Located::State::missing_object:
      missing = std::move(located.missing);
      return std::nullopt;
    case Located::State::absent:
      fail_missing_path(view, path, answer);
      return std::nullopt;
    case Located::State::not_an_object:
      answer.fail(Verdict::not_an_object, "'" + path + "' is not a MLEM object",
                  path.ends_with(mlem_suffix) ? "" : "there is no '" + path + std::string(mlem_suffix) + "' beside it");
      return std::nullopt;
    case Located::State::not_a_file:
      answer.path = std::move(located.path);
      answer.reject_file("not a regular file");
      return std::nullopt;
    case Located::State::unmerged:
      answer.path = std::move(located.path);
      answer.reject_file("unmerged", "resolve the conflict and 'git add' the file");
      return std::nullopt;
    case Located::State::several:
      answer.fail(Verdict::invalid_link, "'" + path + "' may be " + located.path, "write the whole path");
      return std::nullopt;
    case Located::State::found:
      break;
  }
  answer.path = std::move(located.path);
  if (located.entry.oid != Oid()) answer.blob = located.entry.oid;
  return located.entry;
}

bool read_object(TreeView& view, const git::Entry& entry, Answer& answer) {
  std::optional<std::string> text;
  try {
    text = view.read(answer.path, entry, yaml::max_object_size);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    answer.reject_file(yaml::flaw_of(error));
    return true;
  }
  if (!text) return false;
  const auto require_time = [&] {
    if (view.repository() != nullptr) view.repository()->require_time(entry.oid);
  };
  answer_with(view, parse_content(*text, require_time), answer);
  hand_over(*text, answer);
  return true;
}

void read_objects(git::Repository& repository, const std::vector<Found>& found, const source::Settings& settings,
                  const TakeContent& take) {
  // Many names lead to one blob where an object does not change from rev to rev.
  std::vector<Oid> blobs;
  std::vector<std::pair<std::size_t, std::size_t>> by_blob;  // place in `blobs`, place in `found`
  std::unordered_map<Oid, std::size_t> places;
  by_blob.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [place, is_new] = places.try_emplace(found[i].entry.oid, blobs.size());
    if (is_new) blobs.push_back(found[i].entry.oid);
    by_blob.emplace_back(place->second, i);
  }
  std::sort(by_blob.begin(), by_blob.end());
  auto next = by_blob.begin();
  const auto answer_all = [&](std::size_t blob, const std::optional<std::string_view>& text) {
    if (!settings.budget.has_time()) return false;
    std::optional<Content> content;
    try {
      if (text) content = parse_content(*text, [&] { repository.require_time(blobs[blob]); });
    } catch (const git::OutOfTime&) {
      return false;
    }
    for (; next != by_blob.end() && next->first == blob; ++next) {
      const Found& one = found[next->second];
      take(next->second, [&](Answer& answer) {
        if (!content) return read_object(*one.view, one.entry, answer);
        answer_with(*one.view, *content, answer);
        hand_over(*text, answer);
        return true;
      });
    }
    return true;
  };
  repository.read_blobs(blobs, yaml::max_object_size, answer_all);
  for (; next != by_blob.end(); ++next) {
    take(next->second, [](Answer& answer) {
      fail_for_time(answer);
      return true;
    });
  }
}

void fail_for_time(Answer& answer) {
  const std::string& path = answer.path.empty() ? answer.source.path : answer.path;
  answer.fail(Verdict::timeout, "cannot read '" + path + "': there was no time left");
}

bool answer_or_fail(Answer& answer, const std::function<bool()>& work) {
  try {
    return work();
  } catch (const git::OutOfTime&) {
    fail_for_time(answer);
    return false;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::invalid) throw;
    answer.fail(Verdict::unreachable, error.what(), error.hint());
    return false;
  }
}

}  // namespace mlem::resolve
