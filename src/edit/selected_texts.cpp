#include "edit/selected_texts.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "edit/target_file.hpp"
#include "yaml/metafile.hpp"

#include <optional>
#include <string>
#include <utility>

namespace mlem::edit {
namespace {

LinkDecision invalid_file(std::string flaw, std::string hint = {}) {
  return broken(Verdict::invalid_link, std::move(flaw), std::move(hint));
}

LinkDecision invalid_file(const Error& error) {
  return broken(Verdict::invalid_link, yaml::flaw_of(error), error.hint(),
                error.position() ? error.position()->line : 0);
}

class SelectedReader {
 public:
  SelectedReader(const git::Registry& registry, const std::vector<SelectedText>& files, const TextVisitor& visitor)
      : registry_(registry), files_(files), visitor_(visitor) {}

  void read(const source::Settings& settings) {
    std::vector<Oid> blobs;
    std::vector<std::size_t> staged;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const git::File& file = *files_[i].file;
      if (file.stage != 0) {
        visitor_.settle(i, invalid_file("unmerged", "resolve the conflict and 'git add' the file"));
      } else if (!git::is_regular(file.entry)) {
        visitor_.settle(i, invalid_file("not a regular file"));
      } else if (files_[i].is_in_work_tree) {
        read_work_tree(i);
      } else {
        staged.push_back(i);
        blobs.push_back(file.entry.oid);
      }
    }
    source::fetch_missing(registry_, blobs, settings);
    registry_.objects().read_blobs(blobs, yaml::max_object_size,
                                   [&](std::size_t i, const std::optional<std::string_view>& text) {
                                     take_blob(staged[i], text);
                                     return true;
                                   });
  }

 private:
  void read_work_tree(std::size_t i) {
    const git::File& git_file = *files_[i].file;
    const std::string& name = git_file.name;
    try {
      require_stageable(registry_, name, {});
      const fs::path file = registry_.work_tree() / name;
      const fs::file_type type = load_type(file);
      if (type == fs::file_not_found && git_file.is_left_out) return take_blob(i, std::nullopt);
      if (type == fs::file_not_found) {
        visitor_.settle(
            i, skipped("its file is deleted", "'git restore " + registry_.from_here(name) + "' brings it back"));
      } else if (type != fs::regular_file) {
        visitor_.settle(i, invalid_file("not a regular file"));
      } else {
        visitor_.take(i, load_file(file, yaml::max_object_size).value_or(""), true);
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::io) throw;
      visitor_.settle(i, invalid_file(error));
    }
  }

  void take_blob(std::size_t i, std::optional<std::string_view> text) {
    try {
      if (text) return visitor_.take(i, *text, false);
      const auto content = registry_.objects().find_blob(files_[i].file->entry.oid, yaml::max_object_size);
      if (content) return visitor_.take(i, *content, false);
      visitor_.settle(i, broken(Verdict::unreachable, "its content is missing here",
                                "this is a partial clone; 'git fetch' has to bring it"));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::invalid) return visitor_.settle(i, invalid_file(error));
      if (error.kind() != ErrorKind::unavailable) throw;
      visitor_.settle(i, broken(Verdict::unreachable, error.what(), "'git fsck' says what is broken"));
    }
  }

  const git::Registry& registry_;
  const std::vector<SelectedText>& files_;
  const TextVisitor& visitor_;
};

}  // namespace

void read_selected(const git::Registry& registry, const source::Settings& settings,
                   const std::vector<SelectedText>& files, const TextVisitor& visitor) {
  SelectedReader(registry, files, visitor).read(settings);
}

}  // namespace mlem::edit
