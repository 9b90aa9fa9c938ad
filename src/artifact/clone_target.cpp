#include "artifact/clone_target.hpp"

#include "artifact/file_proof.hpp"
#include "artifact/partial_file.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "source/in_parallel.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

namespace mlem::artifact {
namespace {

Error cannot_make(const fs::path& path, const std::string& why, std::string hint = {}) {
  return {ErrorKind::invalid, "cannot clone to '" + escape_for_terminal(path.string()) + "'", why, std::move(hint)};
}

/// What is there of an item, where a directory has to be on the way to it. Throws Error(invalid) if something else is.
fs::file_type type_at(const ClonePlan& plan, const std::string& path) {
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
    const fs::path directory = plan.root / path.substr(0, end);
    const fs::file_type type = load_type(directory);
    if (type == fs::file_not_found) return type;
    if (type != fs::directory_file) throw cannot_make(directory, "it is not a directory");
  }
  return load_type(plan.root / path);
}

/// Whether what is there, of a type that would do, is what the item is to be.
bool is_right(const ClonePlan& plan, const CloneItem& item, const Interrupt* interrupt) {
  const fs::path path = plan.root / item.path;
  boost::system::error_code failure;
  if (item.kind == CloneItem::Kind::symlink) return fs::read_symlink(path, failure).string() == item.text;
  const std::uint64_t size = fs::file_size(path, failure);
  if (failure) return false;
  if (item.kind == CloneItem::Kind::text) return size == item.text.size() && load_file(path, size) == item.text;
  const auto expected = item.size();
  if (expected && *expected != size) return false;
  FileProof proof(item.file, size);
  return prove_file(path, proof, interrupt) && !proof.flaw();
}

void set_mode(const CloneItem& item, const fs::path& path) {
  if (!item.is_executable()) return;
  boost::system::error_code ignored;
  fs::permissions(path, fs::add_perms | fs::owner_exe | fs::group_exe | fs::others_exe, ignored);
}

/// Puts a symbolic link or a text at `path`, whose directory is there, in one step.
void make(const CloneItem& item, const fs::path& path) {
  if (item.kind == CloneItem::Kind::text) {
    AtomicFile(path, item.text).commit();
    return;
  }
  const fs::path temporary = path.parent_path() / fs::unique_path(std::string(AtomicFile::temporary_prefix) + "%%%%%%");
  fs::create_symlink(item.text, temporary);
  fs::rename(temporary, path);
}

/// Makes the directories on the way to an item, none of them beyond a symbolic link.
void make_way(const ClonePlan& plan, const std::string& path) {
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
    const fs::path directory = plan.root / path.substr(0, end);
    boost::system::error_code failure;
    fs::create_directory(directory, failure);
    if (load_type(directory) != fs::directory_file) throw cannot_make(directory, "it is not a directory");
  }
}

bool is_wholly_fresh(const ClonePlan& plan) {
  boost::system::error_code failure;
  const fs::file_type type = load_type(plan.root);
  return plan.is_directory &&
         (type == fs::file_not_found || (type == fs::directory_file && fs::is_empty(plan.root, failure)));
}

}  // namespace

void look_at_target(ClonePlan& plan, bool force, const Interrupt* interrupt) {
  for (const fs::path& directory : {plan.root.parent_path(), plan.root}) {
    if (!directory.empty() && load_type(directory) != fs::file_not_found && !fs::is_directory(directory)) {
      throw cannot_make(directory, "it is not a directory");
    }
  }
  std::vector<CloneItem*> there;
  for (CloneItem& item : plan.items) {
    const fs::file_type type = type_at(plan, item.path);
    item.state = type == fs::file_not_found ? CloneItem::State::fresh : CloneItem::State::replaced;
    if (type == fs::directory_file) {
      throw cannot_make(plan.root / item.path, "it is a directory",
                        "a target that ends in '/' is where the copy goes into");
    }
    const fs::file_type wanted = item.kind == CloneItem::Kind::symlink ? fs::symlink_file : fs::regular_file;
    if (type == wanted) there.push_back(&item);
  }
  source::in_parallel(there.size(), std::max(1U, std::thread::hardware_concurrency()), [&](std::size_t i) {
    if (is_right(plan, *there[i], interrupt)) there[i]->state = CloneItem::State::kept;
  });
  if (force) return;
  std::vector<const CloneItem*> others;
  for (const CloneItem& item : plan.items) {
    if (item.state == CloneItem::State::replaced && !item.may_replace) others.push_back(&item);
  }
  if (others.empty()) return;
  const std::size_t more = others.size() - 1;
  throw cannot_make(plan.root / others.front()->path,
                    more == 0 ? std::string("it is there already, and is something else")
                              : fmt::format("it and {} other{} are there already, and are something else", more,
                                            more == 1 ? "" : "s"),
                    more == 0 ? "'-f' replaces it" : "'-f' replaces them");
}

std::size_t count_others(const ClonePlan& plan) {
  if (!plan.is_directory) return 0;
  std::set<std::string_view> own;
  for (const CloneItem& item : plan.items) own.insert(item.path);
  std::size_t count = 0;
  const std::size_t root_size = plan.root.string().size() + 1;
  boost::system::error_code failure;
  fs::recursive_directory_iterator entry(plan.root, failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    if (entry->symlink_status().type() == fs::directory_file) continue;
    const std::string path = entry->path().string();
    if (!own.contains(std::string_view(path).substr(std::min(root_size, path.size())))) ++count;
  }
  return count;
}

void move_into_place(const ClonePlan& plan, const fs::path& ready) {
  try {
    if (is_wholly_fresh(plan)) {
      for (const CloneItem& item : plan.items) {
        if (item.kind == CloneItem::Kind::file) {
          set_mode(item, ready / item.path);
        } else {
          fs::create_directories((ready / item.path).parent_path());
          make(item, ready / item.path);
        }
      }
      fs::rename(ready, plan.root);
      return;
    }
    if (!plan.root.empty() && !fs::is_directory(plan.root)) fs::create_directories(plan.root);
    for (const CloneItem& item : plan.items) {
      const fs::path path = plan.root / item.path;
      if (item.state == CloneItem::State::kept) {
        set_mode(item, path);
        continue;
      }
      make_way(plan, item.path);
      if (item.kind != CloneItem::Kind::file) {
        make(item, path);
        continue;
      }
      set_mode(item, ready / item.path);
      fs::rename(ready / item.path, path);
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(
        ErrorKind::io,
        "cannot write '" + escape_for_terminal((error.path2().empty() ? error.path1() : error.path2()).string()) + "'",
        error.code().message());
  }
}

}  // namespace mlem::artifact
