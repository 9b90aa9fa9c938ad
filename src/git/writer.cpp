#include "git/writer.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

// Trees are made by one `git mktree --batch` from the bottom up: what does not change is neither read nor written, and
// an index, which would have every file of the registry, is not needed.

namespace mlem::git {
namespace {

Oid oid_of(std::string_view output, const char* what_failed) {
  const auto oid = Oid::parse(trim(output));
  if (!oid) {
    throw Error(ErrorKind::unavailable, what_failed,
                "git's answer is '" + escape_for_terminal(output.substr(0, 200)) + "'");
  }
  return *oid;
}

/// The part of a name from `depth` on that is in one tree.
std::string_view component(const TreeChange& change, std::size_t depth) {
  const std::string_view rest = std::string_view(change.name).substr(depth);
  return rest.substr(0, rest.find('/'));
}

bool is_leaf(const TreeChange& change, std::size_t depth) { return change.name.find('/', depth) == std::string::npos; }

}  // namespace

std::vector<Oid> Writer::write_blobs(const std::vector<std::string>& contents) const {
  if (contents.empty()) return {};
  constexpr const char* what_failed = "cannot write blobs";
  std::string stream;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    stream += fmt::format("blob\nmark :{}\ndata {}\n{}\n", i + 1, contents[i].size(), contents[i]);
  }
  for (std::size_t i = 0; i < contents.size(); ++i) stream += fmt::format("get-mark :{}\n", i + 1);
  stream += "done\n";
  const std::string output =
      detail::output_of(registry_.git({"fast-import", "--quiet", "--done"}, stream), what_failed);
  std::vector<Oid> blobs;
  for (std::string_view rest = output; !rest.empty();) blobs.push_back(oid_of(take_line(rest), what_failed));
  if (blobs.size() != contents.size()) throw Error(ErrorKind::unavailable, what_failed, "git wrote fewer than asked");
  return blobs;
}

Writer::Entries Writer::list(const Oid& tree) const {
  auto entries = registry_.objects().list(tree);
  if (!entries) throw Error(ErrorKind::unavailable, "cannot read tree '" + tree.hex() + "'", "it is missing here");
  return std::move(*entries);
}

Oid Writer::write_tree(const Oid& base, std::vector<TreeChange> changes) {
  const Lookup root = registry_.objects().find(base, "");
  if (root.state != Lookup::State::found) {
    throw Error(ErrorKind::unavailable, "cannot read the tree of '" + base.hex() + "'", "it is missing here");
  }
  std::sort(changes.begin(), changes.end(), [](const TreeChange& a, const TreeChange& b) { return a.name < b.name; });
  return write_level(list(root.entry.oid), changes, 0).value_or(registry_.empty_tree());
}

std::optional<Oid> Writer::write_level(Entries entries, std::span<const TreeChange> changes, std::size_t depth) {
  while (!changes.empty()) {
    const TreeChange& first = changes.front();
    const std::string name(component(first, depth));
    const std::size_t count = static_cast<std::size_t>(
        std::find_if(changes.begin(), changes.end(),
                     [&](const TreeChange& change) { return component(change, depth) != name; }) -
        changes.begin());
    const auto known =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == name; });
    const bool is_there = known != entries.end();
    const bool is_file = is_leaf(first, depth);
    if ((is_file && count > 1) || (is_there && is_file == is_directory(known->second))) {
      const std::string place = first.name.substr(0, depth + name.size());
      throw Error(ErrorKind::invalid, "cannot write '" + escape_for_terminal(first.name) + "'",
                  "'" + escape_for_terminal(place) + (is_file ? "' is a directory" : "' is not a directory"));
    }
    std::optional<Entry> entry = first.entry;
    if (!is_file) {
      const auto below =
          write_level(is_there ? list(known->second.oid) : Entries(), changes.first(count), depth + name.size() + 1);
      entry = below ? std::optional(Entry{mode_tree, *below}) : std::nullopt;
    }
    if (!entry && is_there)
      entries.erase(known);
    else if (entry && is_there)
      known->second = *entry;
    else if (entry)
      entries.emplace_back(name, *entry);
    changes = changes.subspan(count);
  }
  if (entries.empty()) return std::nullopt;
  return make_tree(entries);
}

Oid Writer::make_tree(const Entries& entries) {
  constexpr const char* what_failed = "cannot write a tree";
  if (!mktree_) {
    // What a partial clone has left on its server need not be here.
    mktree_.emplace(detail::git_program({"mktree", "--batch", "-z", "--missing"}, registry_.environment(),
                                        registry_.directory().string()));
  }
  std::string request;
  for (const auto& [name, entry] : entries) {
    const char* type = is_directory(entry) ? "tree" : (entry.mode & mode_type_mask) == mode_gitlink ? "commit" : "blob";
    request += fmt::format("{:o} {} {}\t{}", entry.mode, type, entry.oid.hex(), name);
    request += '\0';
  }
  request += '\0';
  mktree_->write(request);
  const auto answer = mktree_->read_line();
  if (!answer) throw Error(ErrorKind::unavailable, what_failed, detail::last_fatal(mktree_->errors()));
  return oid_of(*answer, what_failed);
}

Oid Writer::write_commit(const Oid& tree, const std::vector<Oid>& parents, const std::string& message) const {
  constexpr const char* what_failed = "cannot commit";
  std::vector<std::string> arguments{"-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree.hex()};
  for (const Oid& parent : parents) arguments.insert(arguments.end(), {"-p", parent.hex()});
  if (registry_.config().boolean("commit.gpgsign", false)) arguments.push_back("-S");
  arguments.insert(arguments.end(), {"-F", "-"});
  return oid_of(detail::output_of(registry_.git(std::move(arguments), message), what_failed), what_failed);
}

void Writer::update_refs(const std::vector<RefUpdate>& updates, const std::string& reason) const {
  if (updates.empty()) return;
  std::string input;
  for (const RefUpdate& update : updates) {
    const char* const verb = !update.after ? "delete" : update.before ? "update" : "create";
    input += fmt::format("{} {}", verb, update.name) + '\0';
    if (update.after) input += update.after->hex() + '\0';
    if (update.before) input += update.before->hex() + '\0';
  }
  detail::output_of(registry_.git({"update-ref", "-m", reason, "--stdin", "-z"}, input), "cannot update refs");
}

std::optional<std::string> find_checkout(const Registry& registry, const std::string& branch) {
  const std::string output = detail::output_of(
      registry.git({"for-each-ref", "--format=%(refname) %(worktreepath)", "--", branch}), "cannot list refs");
  for (std::string_view rest = output; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (!line.starts_with(branch + " ")) continue;
    const std::string place(line.substr(branch.size() + 1));
    // The branch that HEAD of a bare repository is for is in no work tree, and git gives the repository's directory.
    if (!place.empty() && fs::path(place) != registry.common_dir()) return place;
  }
  return std::nullopt;
}

}  // namespace mlem::git
