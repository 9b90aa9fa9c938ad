#include "history/status.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/metafile.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace mlem::history {
namespace {

/// A link on its way.
struct Row {
  std::string name;
  const std::string* link_type = nullptr;
  std::size_t number = 0;            ///< among the standings
  std::unique_ptr<Finding> finding;  ///< of what is not a valid link: why
};

class StatusReader {
 public:
  StatusReader(const git::Registry& registry, const source::Settings& settings, const StatusRequest& request)
      : registry_(registry),
        settings_(settings),
        request_(request),
        view_(request.commit ? resolve::view_commit(registry.objects(), *request.commit)
                             : resolve::view_index(registry)),
        standings_(registry, settings,
                   {.today = request.today, .wants_newest = true, .asks_cache = true, .follows_own = true}) {}

  void run(const std::function<void(const Standing&)>& report) {
    read();
    registry_.objects().release();
    standings_.run();
    const std::string at = view_->at();
    for (Row& row : rows_) {
      if (row.finding == nullptr && row.link_type == nullptr) continue;  // an object
      Standing standing;
      if (row.finding)
        standing.finding = std::move(*row.finding);
      else
        standing = standings_.standing(row.number);
      standing.finding.link = std::move(row.name);
      if (row.link_type != nullptr) standing.finding.link_type = *row.link_type;
      standing.finding.at = at;
      report(standing);
      row = {};
    }
  }

 private:
  void read() {
    if (!request_.commit) registry_.require_index("there is nothing to compare");
    const std::deque<git::File> files =
        request_.commit ? source::tree_files(registry_, *request_.commit, mlem_suffix, request_.pathspecs, settings_)
                        : registry_.index_files(mlem_suffix, request_.pathspecs);
    std::vector<Oid> blobs;
    std::vector<Row*> with_blobs;
    for (const git::File& file : files) {
      // Of an unmerged file, each stage is listed.
      if (!rows_.empty() && rows_.back().name == file.name) continue;
      Row& row = rows_.emplace_back();
      row.name = file.name;
      if (file.stage != 0) {
        reject(row, Verdict::invalid_link, "unmerged", "resolve the conflict and 'git add' the file");
      } else if (!git::is_regular(file.entry)) {
        reject(row, Verdict::invalid_link, "not a regular file");
      } else {
        blobs.push_back(file.entry.oid);
        with_blobs.push_back(&row);
      }
    }
    source::fetch_missing(registry_, blobs, settings_);
    registry_.objects().read_blobs(blobs, yaml::max_object_size,
                                   [&](std::size_t i, const std::optional<std::string_view>& text) {
                                     take_blob(*with_blobs[i], blobs[i], text);
                                     return true;
                                   });
  }

  void take_blob(Row& row, const Oid& blob, std::optional<std::string_view> text) {
    try {
      if (text) return take_text(row, *text);
      if (const auto content = registry_.objects().find_blob(blob, yaml::max_object_size)) {
        return take_text(row, *content);
      }
      reject(row, Verdict::unreachable, "its content is missing here",
             "this is a partial clone; 'git fetch' has to bring it");
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::invalid) {
        reject(row, Verdict::invalid_link, yaml::flaw_of(error), error.hint());
        if (error.position()) row.finding->line = error.position()->line;
      } else if (error.kind() == ErrorKind::unavailable) {
        reject(row, Verdict::unreachable, error.what(), "'git fsck' says what is broken");
      } else {
        throw;
      }
    }
  }

  /// Throws Error(invalid) for what is not a valid link.
  void take_text(Row& row, std::string_view text) {
    const yaml::Metafile file = yaml::read_metafile(text);
    if (file.kind != yaml::Metafile::Kind::link) return;
    row.link_type = &*link_types_.insert(file.link.link_type).first;
    row.number = standings_.add(*view_, row.name, file.link);
  }

  static void reject(Row& row, Verdict verdict, std::string message, std::string hint = {}) {
    row.finding = std::make_unique<Finding>();
    row.finding->verdict = verdict;
    row.finding->message = std::move(message);
    row.finding->hint = std::move(hint);
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const StatusRequest& request_;
  std::unique_ptr<resolve::TreeView> view_;
  Standings standings_;
  std::deque<Row> rows_;
  std::set<std::string> link_types_;
};

}  // namespace

void list_standings(const git::Registry& registry, const source::Settings& settings, const StatusRequest& request,
                    const std::function<void(const Standing&)>& report) {
  StatusReader(registry, settings, request).run(report);
}

}  // namespace mlem::history
