#include "artifact/clone.hpp"

#include "artifact/clone_target.hpp"
#include "artifact/detail/delivery.hpp"
#include "artifact/detail/directory_record.hpp"
#include "artifact/detail/first_refusal.hpp"
#include "artifact/detail/hashing.hpp"
#include "artifact/detail/partial_directory.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/locate.hpp"
#include "artifact/object_files.hpp"
#include "artifact/stores.hpp"
#include "artifact/transfer.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "source/conversation.hpp"
#include "yaml/metafile.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <deque>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// In three parts. While the source is talked to, it is found out what files there are and what of them is at the
// target, and what Git has on this machine is copied. Then the source is free for others, and the rest comes from where
// it is: stores of this machine, Git's server, servers of Git LFS and DVC. In the end all is moved into place.

namespace mlem::artifact {
namespace {

class Clone {
 public:
  Clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request)
      : registry_(registry),
        settings_(settings),
        request_(request),
        url_(request.object.repo
                 ? *request.object.repo
                 : RepoUrl::parse(
                       file_url((registry.has_work_tree() ? registry.work_tree() : registry.git_dir()).string()))),
        engine_(settings_) {}

  CloneResult run() {
    if (request_.object.repo) {
      const auto failure = source::converse(url_, settings_, [&](source::Conversation& source) { talk(source); });
      if (failure) refusal_.set(*failure);
    } else {
      talk(*source::converse_with_registry(registry_, settings_, {}));
    }
    if (failure_) std::rethrow_exception(failure_);
    if (!refusal_.is_set() && !request_.dry_run) {
      delivery_->finish();
      if (!refusal_.is_set()) compare_directories();
      if (!refusal_.is_set()) {
        const HeldSignals held;
        move_into_place(result_.plan, partial_->files());
        partial_->be_done();
      }
      result_.is_begun = refusal_.is_set() && partial_->has_files();
    }
    result_.refusal = refusal_.get();
    result_.others = count_others(result_.plan);
    return std::move(result_);
  }

 private:
  void talk(source::Conversation& source) {
    result_ = {};
    refusal_.clear();
    delivery_.reset();
    partial_.reset();
    failure_ = nullptr;
    stores_ = std::make_unique<Stores>(source, url_, settings_, engine_);
    std::vector<ObjectFiles> found = find_files(source, {&request_.object});
    if (found.front().refusal.verdict != Verdict::ok) return refusal_.set(std::move(found.front().refusal));
    note_directories(found.front());
    std::vector<PlacedFile> files = with_directories(std::move(found.front().files));
    if (refusal_.is_set()) return;
    at_target([&] { select_files(files, request_); });
    for (const PlacedFile& file : files) refusal_.require_fetchable({&file, request_.object.commit}, *stores_);
    if (failure_ || refusal_.is_set()) return;
    const std::string text = metafile(source);
    at_target([&] {
      result_.plan = plan_clone(request_, text, std::move(files));
      prepare_target();
    });
    if (failure_ || request_.dry_run) return;
    try {
      delivery_->begin(source);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::io) throw;
      failure_ = std::current_exception();
    }
  }

  /// Does what is about the target, of which an error is none of the source.
  template <typename Step>
  void at_target(const Step& step) {
    try {
      step();
    } catch (const Error&) {
      failure_ = std::current_exception();
    }
  }

  /// Notes what has to come, and makes the place for it.
  void prepare_target() {
    look_at_target(result_.plan, request_.force, settings_.observer.interrupt);
    if (request_.dry_run) return;
    const ClonePlan& plan = result_.plan;
    partial_ =
        std::make_unique<detail::PartialDirectory>(plan.is_directory ? plan.root.parent_path() : plan.root, plan.name);
    delivery_ = std::make_unique<detail::Delivery>(url_, request_.object.commit, settings_, engine_, *stores_, refusal_,
                                                   partial_->path());
    std::set<std::string> coming;
    for (CloneItem& item : result_.plan.items) {
      if (item.kind != CloneItem::Kind::file || item.state == CloneItem::State::kept) continue;
      delivery_->add(item);
      coming.insert(item.path);
    }
    partial_->keep_only(coming);
    require_room();
  }

  /// Notes what is recorded of directories of Git, to be compared when all of their files are here.
  void note_directories(const ObjectFiles& found) {
    directories_.clear();
    for (const PlacedDirectory& record : found.directories) {
      std::set<std::string> paths;
      for (std::size_t i = record.first; i < record.first + record.count; ++i) paths.insert(found.files[i].path);
      directories_.emplace_back(record, std::move(paths));
    }
  }

  /// Compares them. One of which not all files are wanted cannot be.
  void compare_directories() {
    for (const auto& [record, paths] : directories_) {
      std::deque<detail::Outcome> outcomes;
      std::vector<detail::DirectoryPart> parts;
      for (const CloneItem& item : result_.plan.items) {
        if (item.kind != CloneItem::Kind::file || !paths.contains(item.file.path)) continue;
        const fs::path directory = item.state == CloneItem::State::kept ? result_.plan.root : partial_->files();
        detail::Hashing hashing({}, std::nullopt);
        if (!record.md5.empty()) hashing.want_md5s();
        outcomes.push_back(detail::hash_file(directory / item.path, std::move(hashing), settings_.observer.interrupt));
        parts.push_back({std::string_view(item.file.path).substr(record.path.size() + 1), &outcomes.back()});
      }
      if (parts.size() != paths.size()) continue;
      const detail::Outcome outcome = detail::compare_directory(record, parts);
      if (outcome.state != FoundArtifact::State::mismatch) continue;
      refusal_.set({.name = record.name, .path = record.path}, Verdict::artifact_mismatch, "is not what is recorded",
                   outcome.why);
      partial_->be_done();  // what is there would be wrong again
    }
  }

  /// Returns the files with what is in directories of DVC in their places.
  std::vector<PlacedFile> with_directories(std::vector<PlacedFile> files) {
    std::vector<PlacedFile> all;
    for (PlacedFile& file : files) {
      const auto* const tracked = std::get_if<DvcObject>(&file.place);
      if (tracked == nullptr || !tracked->is_directory || tracked->import) {
        all.push_back(std::move(file));
        continue;
      }
      DvcListing listing = list_dvc_directory(*stores_, engine_, {&file, request_.object.commit});
      if (const auto* const external = std::get_if<External>(&listing)) {
        refusal_.set_external(file, external->why);
        continue;
      }
      if (auto* const refusal = std::get_if<source::Refusal>(&listing)) {
        refusal_.set(file, std::move(*refusal));
        continue;
      }
      std::vector<PlacedFile> inside = expand_dvc_directory(file, std::get<std::vector<DvcEntry>>(listing));
      std::move(inside.begin(), inside.end(), std::back_inserter(all));
    }
    return all;
  }

  std::string metafile(source::Conversation& source) const {
    if (request_.object.plain) return {};
    return source.repository().find_blob(request_.object.blob, yaml::max_object_size).value_or("");
  }

  void require_room() const {
    const std::uint64_t wanted = delivery_->missing_bytes();
    boost::system::error_code failure;
    const fs::space_info space = fs::space(partial_->path(), failure);
    if (failure || wanted <= space.available) return;
    throw Error(ErrorKind::io, "cannot clone to '" + escape_for_terminal(result_.plan.root.string()) + "'",
                fmt::format("it takes {} bytes, and there is room for {}", wanted, space.available));
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const CloneRequest& request_;
  const RepoUrl url_;
  TransferEngine engine_;
  std::unique_ptr<Stores> stores_;
  detail::FirstRefusal refusal_;
  std::unique_ptr<detail::PartialDirectory> partial_;
  std::unique_ptr<detail::Delivery> delivery_;
  /// What is recorded of directories of Git, and the paths of their files.
  std::vector<std::pair<PlacedDirectory, std::set<std::string>>> directories_;
  std::exception_ptr failure_;  ///< of what is about the target, while the source is talked to
  CloneResult result_;
};

}  // namespace

CloneResult clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request) {
  return Clone(registry, settings, request).run();
}

}  // namespace mlem::artifact
