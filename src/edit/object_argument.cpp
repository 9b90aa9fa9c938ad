#include "edit/object_argument.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "edit/rev_argument.hpp"
#include "edit/target_file.hpp"
#include "model/object_name.hpp"
#include "model/repo_path.hpp"
#include "model/work_tree_path.hpp"
#include "source/local_repository.hpp"
#include "source/place.hpp"
#include "source/visit.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

// A word can be an address, a rev with a path, a path in the index, or a path on disk. Whatever it is, it is turned
// into one of two things: a repository with a rev and a path, or a path in a tree of this registry. A path on disk is
// freed of symbolic links first, because what counts is in which repository it is: this one, one nested in it, or
// another. Many objects share few directories, so that answers about those are remembered. Whether anything is there is
// mostly left to the resolver.

namespace mlem::edit {
namespace {

/// `path` without links in what exists of its directory, and without `.` and `..`.
fs::path canonical(const git::Registry& registry, const std::string& path) {
  fs::path absolute = fs::absolute(path, registry.directory()).lexically_normal();
  if (absolute.filename() == ".") absolute = absolute.parent_path();  // what ended in `/` or `/.`
  return without_links(absolute.parent_path()) / absolute.filename();
}

/// The same for one of many objects, which share few directories.
fs::path canonical(const git::Registry& registry, ObjectViews& views, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const std::string directory = path.substr(0, path.size() - name.size());
  if (name.empty() || name == "." || name == "..") return canonical(registry, path);
  const auto [known, is_new] = views.directories.try_emplace(directory);
  if (is_new) known->second = canonical(registry, directory + "x").parent_path();
  return known->second / name;
}

/// Where a canonical path is in the work tree; nothing if it is outside.
std::optional<WorkTreePath> inside_work_tree(const git::Registry& registry, const fs::path& path) {
  if (!registry.has_work_tree()) return std::nullopt;
  return WorkTreePath::find(path.native(), registry.work_tree().native());
}

/// Whether `directory` is in a submodule or another repository below the root of the work tree.
bool is_in_nested(const git::Registry& registry, ObjectViews& views, const WorkTreePath& directory) {
  if (directory.is_root()) return false;
  const auto known = views.nested.find(directory.text());
  if (known != views.nested.end()) return known->second;
  const bool is_nested =
      is_in_nested(registry, views, directory.parent()) || is_other_repository(registry, directory.text());
  return views.nested.emplace(directory.text(), is_nested).first->second;
}

/// What is asked beside a name.
struct Asked {
  const std::optional<std::string>& rev;
  std::optional<Plain> plain;
};

/// Gives `argument` the path `text` from `base`, both of one tree.
void take_path(ObjectArgument& argument, const std::string& text, std::string_view base, const Asked& asked) {
  argument.source.plain = asked.plain;
  if (!asked.plain) {
    argument.source.path = RepoPath::parse(text, base).text();
    return;
  }
  argument.source.path = RepoPath::parse_or_root(text, base).text();
  if (argument.source.path.empty()) argument.source.path = ".";
}

/// An object of the work tree at a path from its root; of the index if there is none.
ObjectArgument in_own_tree(ObjectViews& views, const std::string& path, const Asked& asked) {
  ObjectArgument argument{{}, views.work_tree.get()};
  take_path(argument, path.empty() ? "." : path, {}, asked);
  if (asked.plain) return argument;
  if (resolve::locate(*argument.view, argument.source.path, "").state != resolve::Located::State::found) {
    argument.view = views.index.get();
  }
  return argument;
}

using source::LocalRepository;
using source::Spelling;

LocalRepository find_repository(const fs::path& path) {
  if (auto found = source::find_repository_above(path, Spelling::path)) return *found;
  if (git::is_closed(path)) {
    throw Error(ErrorKind::unavailable, "cannot look for the repository of '" + path.string() + "'",
                "this account may not read a directory on the way");
  }
  throw Error(ErrorKind::not_found, "'" + path.string() + "' is in no Git repository");
}

/// Gives `argument` a rev that was looked up.
void take_rev(ObjectArgument& argument, RevArgument rev) {
  argument.followed = std::move(rev.followed);
  if (rev.refusal)
    argument.refusal = std::move(rev.refusal);
  else
    argument.source.rev = Rev::parse(rev.text);
}

ObjectArgument in_local_repository(const source::Settings& settings, ObjectViews& views, const fs::path& path,
                                   const Asked& asked) {
  const LocalRepository found = find_repository(path);
  ObjectArgument argument{{}, views.work_tree.get()};
  argument.source.repo = RepoUrl::parse(file_url(found.root.string()));
  argument.source.rev = Rev::head();
  argument.source.plain = asked.plain;
  if (asked.rev) take_rev(argument, rev_of_source(*argument.source.repo, *asked.rev, settings));
  argument.source.path = asked.plain && found.inner.empty() ? "." : found.inner;
  return argument;
}

/// Splits an address in `file:` at the git directory; nothing if that is its end, or git is led elsewhere.
std::optional<LocalRepository> split_at_git_dir(const source::Settings& settings, const std::string& address) {
  if (!to_lower_ascii(address).starts_with("file:")) return std::nullopt;
  const RepoUrl url = RepoUrl::parse(address);
  const source::Place place = source::find_place(url, settings.access);
  if (!place.local || place.is_rewritten) return std::nullopt;
  auto found = source::find_repository_above(*place.local, Spelling::address);
  return found && !found->inner.empty() ? found : std::nullopt;
}

/// Returns an address without the `..` of one in `file:`, which no link is to have. Throws if it has not one reading.
std::string without_parents(const std::string& address) {
  if (!address.starts_with("file://") || address.find("/..") == std::string::npos) return address;
  const RepoUrl url = RepoUrl::parse(address);
  if (const auto refusal = source::refuse_parents(url))
    throw Error(ErrorKind::invalid, refusal->message, "", refusal->hint);
  return url.normalized();
}

/// Reads the address of an object or, with the object's `path`, of a repository.
ObjectArgument from_address(const source::Settings& settings, ObjectViews& views, const std::string& written,
                            const std::optional<std::string>& path, const Asked& asked) {
  const std::optional<std::string>& rev = asked.rev;
  ObjectArgument argument{{}, views.work_tree.get()};
  const std::string address = without_parents(written);
  const UrlParts parts = split_url(address);
  if (parts.rev_kind != UrlParts::RevKind::none) {
    argument.source =
        path ? Source::from_parts(address, *path, rev, asked.plain) : Source::from_url(address, rev, asked.plain);
    return argument;
  }
  const auto found = split_at_git_dir(settings, address);
  const std::string whole = found ? file_url(found->root.string()) : address;
  const std::string inner = found ? found->inner + (path ? "/" + *path : "") : path.value_or("");
  const RepoUrl repo = RepoUrl::parse(found ? whole : parts.repo);
  if (inner.empty() && parts.rest.empty() && !asked.plain) {
    const auto corrected = corrected_address(address);
    throw Error(
        ErrorKind::invalid, "invalid address '" + escape_for_terminal(redact(address)) + "'",
        "it names no file in the repository",
        corrected
            ? "write '" + escape_for_terminal(*corrected) + "'"
            : "name an object in it: the repository by '--project', and the path beside it; 'git mlem link --plain' "
              "links to all of it");
  }
  argument.source = inner.empty() ? Source::from_url(address, std::nullopt, asked.plain)
                                  : Source::from_parts(whole, inner, std::nullopt, asked.plain);
  if (rev) take_rev(argument, rev_of_source(repo, *rev, settings));
  return argument;
}

/// Throws if a name has a rev of its own, or means the index, and another was asked for.
void require_no_other_rev(const std::string& text, const std::string& own, const std::optional<std::string>& rev) {
  if (!rev || *rev == own) return;
  throw Error(
      ErrorKind::invalid, "invalid rev '" + escape_for_terminal(redact(*rev)) + "'",
      "'" + escape_for_terminal(text) + "' names " + (own.empty() ? "what is in the index" : "a rev of its own"),
      "leave out '--rev'");
}

/// Throws if a name is that of a repository or of the directory at its root.
void require_file(const std::string& text, const std::string& inner, const Asked& asked) {
  if (!inner.empty() || asked.plain) return;
  const std::string directory = text.substr(0, text.find_last_not_of('/') + 1);
  throw Error(ErrorKind::invalid, "invalid object name '" + escape_for_terminal(text) + "'",
              "it names no file in the repository",
              "name an object in it, as '" + escape_for_terminal(directory) + "/<path>'");
}

/// Whether a path begins as an address does without its protocol: `github.com/org/repo`.
bool begins_with_host(const std::string& path) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view others = "0123456789.-";
  const std::string host = to_lower_ascii(path.substr(0, path.find('/')));
  if (host.size() == path.size() || host.starts_with('.') || host.ends_with(".git")) return false;
  const std::size_t dot = host.rfind('.');
  if (dot == std::string::npos || host.size() - dot < 3) return false;
  return host.find_first_not_of(letters, dot + 1) == std::string::npos &&
         host.find_first_not_of(std::string(letters).append(others)) == std::string::npos;
}

/// Returns what to write for an address whose protocol was left out before a host and its port, which is read as
/// `<rev>:<path>`: `127.0.0.1:8000/x.git/m`; empty for what is not like one.
std::string hint_of_protocol(const std::string& rev, const std::string& path) {
  const std::size_t end = path.find_first_not_of("0123456789");
  constexpr std::size_t most_digits = 5;
  if (end == 0 || end > most_digits || path[end] != '/') return {};
  const bool is_ipv4 =
      rev.find_first_not_of("0123456789.") == std::string::npos && std::count(rev.begin(), rev.end(), '.') == 3;
  if (!is_ipv4 && rev != "localhost" && !begins_with_host(rev + "/")) return {};
  const std::string rest = escape_for_terminal(redact(rev + ":" + path));
  return "write 'http://" + rest + "', or with the protocol that is meant instead of 'http'";
}

/// The object `text` of the repository `project`.
ObjectArgument in_project(const git::Registry& registry, const source::Settings& settings, ObjectViews& views,
                          const std::string& text, const std::string& project, const Asked& asked) {
  ObjectArgument argument{{}, views.work_tree.get()};
  if (text.empty()) throw Error(ErrorKind::invalid, "an object's path is empty");
  if (project.empty()) throw Error(ErrorKind::invalid, "a repository's address is empty");
  if (is_surely_url(project) || looks_like_url(project)) return from_address(settings, views, project, text, asked);
  const fs::path directory = canonical(registry, project);
  boost::system::error_code ignored;
  if (git::is_bundle(directory)) return from_address(settings, views, file_url(directory.string()), text, asked);
  if (!fs::is_directory(directory, ignored)) {
    if (inside_work_tree(registry, directory) || load_type(directory) != fs::file_not_found) {
      throw Error(ErrorKind::not_found, "'" + project + "' is neither a directory nor an address of a repository", "",
                  begins_with_host(project) ? "write 'https://" + escape_for_terminal(project) + "'" : "");
    }
    // That there is none is the resolver's to tell, as of any repository.
    argument.source = Source::from_parts(file_url(directory.string()), text, asked.rev, asked.plain);
    return argument;
  }
  argument = in_local_repository(settings, views, directory, asked);
  take_path(argument, text, std::string(argument.source.path), asked);
  return argument;
}

/// The object at a path of this machine, which `text` is to the user.
ObjectArgument at_path(const git::Registry& registry, const source::Settings& settings, ObjectViews& views,
                       const std::string& text, const std::string& given, const Asked& asked) {
  const fs::path path = canonical(registry, views, given);
  const auto inner = inside_work_tree(registry, path);
  const bool is_nested = inner && is_in_nested(registry, views, inner->parent());
  if (!inner || is_nested) {
    ObjectArgument argument = in_local_repository(settings, views, path, asked);
    require_file(text, argument.source.path, asked);
    return argument;
  }
  require_file(text, inner->text(), asked);
  if (!asked.rev) return in_own_tree(views, inner->text(), asked);
  ObjectArgument argument{{}, views.work_tree.get()};
  take_path(argument, inner->is_root() ? "." : inner->text(), {}, asked);
  take_rev(argument, rev_of_registry(registry, *asked.rev));
  return argument;
}

}  // namespace

std::size_t add_object(resolve::Resolver& resolver, const ObjectArgument& object) {
  if (object.refusal) return resolver.add_refused(object.source, *object.refusal);
  return resolver.add(*object.view, "", object.source);
}

std::optional<ObjectArgument> find_own_object(const git::Registry& registry, ObjectViews& views,
                                              const std::string& text, const std::string& project, Names names) {
  if (project.empty() || is_surely_url(project) || looks_like_url(project)) return std::nullopt;
  const fs::path directory = canonical(registry, project);
  const auto inner = inside_work_tree(registry, directory);
  boost::system::error_code ignored;
  const bool is_directory = fs::symlink_status(directory, ignored).type() == fs::directory_file;
  if (!inner || !is_directory || is_in_nested(registry, views, *inner)) return std::nullopt;
  const std::optional<std::string> no_rev;
  const Asked asked{no_rev, names == Names::plain ? std::optional(Plain::either) : std::nullopt};
  return in_own_tree(views, RepoPath::parse_or_root(text, inner->text()).text(), asked);
}

ObjectArgument parse_object(const git::Registry& registry, const source::Settings& settings, ObjectViews& views,
                            const std::string& text, const std::optional<std::string>& project,
                            const std::optional<std::string>& rev, Names names) {
  const Asked asked{rev, names == Names::plain ? std::optional(Plain::either) : std::nullopt};
  if (project) return in_project(registry, settings, views, text, *project, asked);
  ObjectArgument argument{{}, views.work_tree.get()};
  const ObjectName name = ObjectName::parse(text);
  const auto take_path_from_root = [&] {
    take_path(argument, name.path, name.is_relative_to_cwd() ? registry.prefix() : "", asked);
  };
  switch (name.kind) {
    case ObjectName::Kind::url:
      return from_address(settings, views, name.path, std::nullopt, asked);
    case ObjectName::Kind::index:
      registry.require_repository();
      require_no_other_rev(text, {}, rev);
      take_path_from_root();
      argument.view = views.index.get();
      return argument;
    case ObjectName::Kind::rev: {
      registry.require_repository();
      require_no_other_rev(text, name.rev, rev);
      const auto commit = registry.find_commit(name.rev);
      if (!commit) {
        throw Error(ErrorKind::not_found, "bad revision '" + name.rev + "'", "it names no commit",
                    hint_of_protocol(name.rev, name.path));
      }
      take_rev(argument, rev_of_registry(registry, name.rev));
      take_path_from_root();
      return argument;
    }
    case ObjectName::Kind::path:
      break;
  }
  return at_path(registry, settings, views, text, name.path, asked);
}

}  // namespace mlem::edit
