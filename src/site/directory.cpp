#include "site/directory.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace mlem::site {
namespace {

/// The list of a site's files, one a line behind a first line that says what it is.
constexpr std::string_view list_name = ".git-mlem-site";
constexpr std::string_view list_header = "git-mlem site 1\n";
constexpr std::size_t most_list = std::size_t{1} << 28;
/// A page is smaller: more is not what was written.
constexpr std::size_t most_page = std::size_t{1} << 30;

/// Whether it can be the name of a site's file: nothing that leads out of the directory, whoever wrote the list.
bool is_name(std::string_view name) {
  constexpr std::string_view others = "._~-";
  const auto is_part = [&](std::string_view part) {
    return !part.empty() && part.front() != '.' && std::all_of(part.begin(), part.end(), [&](unsigned char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 ||
             others.find(static_cast<char>(c)) != std::string_view::npos;
    });
  };
  const std::vector<std::string_view> parts = split(name, '/');
  return parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), is_part);
}

/// Whether there is nothing in the directory but what git has there, of a work tree for a branch of pages, and what a
/// run that was killed has left.
bool is_free(const fs::path& directory) {
  for (fs::directory_iterator entry(directory), end; entry != end; ++entry) {
    const std::string name = entry->path().filename().string();
    if (name != ".git" && !name.starts_with(AtomicFile::temporary_prefix)) return false;
  }
  return true;
}

/// Whether it has what every site has, whoever has lost the list.
bool looks_like_site(const fs::path& directory) {
  boost::system::error_code failure;
  return fs::is_regular_file(directory / "index.html", failure) && fs::is_directory(directory / "links", failure) &&
         fs::is_directory(directory / "assets", failure);
}

/// Writes a file that nobody reads yet, for the pages that lead to it come later: without a temporary one this takes
/// half the time, and there may be ten thousand.
void write_new(const fs::path& path, std::string_view content) {
  std::ofstream file(path.string(), std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw Error(ErrorKind::io, "cannot write '" + path.string() + "'", std::generic_category().message(errno));
}

}  // namespace

Directory::Directory(fs::path path, std::vector<std::string> files) : path_(std::move(path)), files_(std::move(files)) {
  try {
    fs::create_directories(path_);  // with the permissions that the umask leaves, as of all that is written there
    read_list();
    require_own();
    for (const char* const below : {"links", "assets"}) {
      const fs::path directory = path_ / below;
      const fs::file_type type = load_type(directory);
      if (type == fs::file_not_found)
        fs::create_directory(directory);
      else if (type != fs::directory_file)
        throw Error(ErrorKind::invalid, "cannot write to '" + directory.string() + "'", "it is not a directory");
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::io, "cannot read '" + path_.string() + "'", error.code().message());
  }
  std::set<std::string> both = former_;
  both.insert(files_.begin(), files_.end());
  write_list(both);
}

void Directory::read_list() {
  const auto text = load_file(path_ / std::string(list_name), most_list);
  if (!text || !text->starts_with(list_header)) return;
  is_ours_ = true;
  for (std::string_view rest = std::string_view(*text).substr(list_header.size()); !rest.empty();) {
    const std::string_view name = take_line(rest);
    if (is_name(name)) former_.emplace(name);
  }
}

void Directory::require_own() const {
  if (!is_ours_) {
    if (is_free(path_)) return;
    const std::string what = "cannot write a site to '" + path_.string() + "'";
    const std::string remedy = "name a directory that is empty or not there yet";
    const std::string list(list_name);
    if (looks_like_site(path_))
      throw Error(ErrorKind::invalid, what,
                  "it looks like a site, but '" + list + "', the list of its files, is not there",
                  "bring that back, remove what is in the directory, or " + remedy);
    throw Error(ErrorKind::invalid, what, "there are files in it that are not a site's", remedy);
  }
  for (const std::string& name : files_) {
    if (former_.contains(name) || load_type(path_ / name) == fs::file_not_found) continue;
    throw Error(ErrorKind::invalid, "cannot write '" + (path_ / name).string() + "'",
                "there is a file of that name that is not the site's", "move it away, or name another directory");
  }
}

void Directory::write(const std::string& name, std::string_view content) {
  const fs::path path = path_ / name;
  if (former_.contains(name)) {
    boost::system::error_code failure;
    if (fs::file_size(path, failure) == content.size() && !failure && load_file(path, most_page) == content) return;
  }
  ++changed_;
  if (former_.contains(name))
    AtomicFile(path, content).commit();
  else
    write_new(path, content);
}

Written Directory::finish() {
  Written written{.files = files_.size(), .changed = changed_};
  const std::set<std::string> current(files_.begin(), files_.end());
  for (const std::string& name : former_) {
    if (current.contains(name)) continue;
    boost::system::error_code failure;
    if (fs::remove(path_ / name, failure)) ++written.removed;
    if (failure) throw Error(ErrorKind::io, "cannot remove '" + (path_ / name).string() + "'", failure.message());
  }
  write_list(current);
  return written;
}

void Directory::write_list(const std::set<std::string>& names) {
  std::string text(list_header);
  for (const std::string& name : names) text += name + '\n';
  const fs::path path = path_ / std::string(list_name);
  if (load_file(path, most_list) != text) AtomicFile(path, text).commit();
}

}  // namespace mlem::site
