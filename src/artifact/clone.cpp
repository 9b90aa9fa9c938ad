#include "artifact/clone.hpp"

#include "artifact/clone_target.hpp"
#include "artifact/detail/clone_files.hpp"
#include "artifact/detail/delivery.hpp"
#include "artifact/detail/directory_record.hpp"
#include "artifact/detail/first_refusal.hpp"
#include "artifact/detail/hashing.hpp"
#include "artifact/detail/partial_directory.hpp"
#include "artifact/object_files.hpp"
#include "artifact/transfer.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "source/conversation.hpp"
#include "yaml/metafile.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <deque>
#include <exception>
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
// it is: stores of this machine, Git's server, servers of Git LFS and DVC. In the end all is moved into place. What DVC
// imports is found when the source is free, and then each source is talked to once more for what Git has there.

namespace mlem::artifact {
namespace {

class Clone {
 public:
  Clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request)
      : registry_(registry),
        settings_(settings),
        request_(request),
        url_(request.object.repo ? *request.object.repo : source::own_address(registry)),
        engine_(settings_),
        files_(settings_, engine_, request_, refusal_) {}

  CloneResult run() {
    converse(url_, !request_.object.repo, [&](source::Conversation& source) { talk(source); });
    if (failure_) std::rethrow_exception(failure_);
    if (files_.has_imports() && !refusal_.is_set()) go_on_with_imports();
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
  template <typename Use>
  void converse(const RepoUrl& url, bool is_registry, const Use& use) {
    if (is_registry) return use(*source::converse_with_registry(registry_, settings_, {}));
    if (const auto failure = source::converse(url, settings_, use)) refusal_.set(*failure);
  }

  void talk(source::Conversation& source) {
    result_ = {};
    refusal_.clear();
    delivery_.reset();
    partial_.reset();
    failure_ = nullptr;
    files_.find(source, url_);
    if (refusal_.is_set()) return;
    metafile_ = metafile(source);
    if (files_.has_imports()) return;
    at_target([&] { plan(); });
    if (!failure_ && !request_.dry_run) begin(source, *files_.origins().front().source);
  }

  /// Does the same when the source is free: each of those that have files is talked to for itself.
  void go_on_with_imports() {
    files_.follow_imports();
    if (refusal_.is_set()) return;
    plan();
    std::set<const detail::CloneSource*> known;
    for (const detail::CloneOrigin& origin : files_.origins()) {
      const detail::CloneSource& from = *origin.source;
      if (request_.dry_run || refusal_.is_set() || !known.insert(&from).second) continue;
      converse(from.url, from.is_registry, [&](source::Conversation& source) { begin(source, from); });
      if (failure_) std::rethrow_exception(failure_);
    }
  }

  void begin(source::Conversation& source, const detail::CloneSource& from) {
    try {
      delivery_->begin(source, from);
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

  /// Plans the clone, notes what has to come, and makes the place for it.
  void plan() {
    std::vector<PlacedFile> files = files_.take_files();
    select_files(files, request_);
    result_.plan = plan_clone(request_, metafile_, std::move(files));
    look_at_target(result_.plan, request_.force, settings_.observer.interrupt);
    if (request_.dry_run) return;
    const ClonePlan& plan = result_.plan;
    partial_ =
        std::make_unique<detail::PartialDirectory>(plan.is_directory ? plan.root.parent_path() : plan.root, plan.name);
    delivery_ = std::make_unique<detail::Delivery>(settings_, engine_, refusal_, partial_->path());
    std::set<std::string> coming;
    for (CloneItem& item : result_.plan.items) {
      if (item.kind != CloneItem::Kind::file || item.state == CloneItem::State::kept) continue;
      delivery_->add(item, files_.origins()[item.file.origin]);
      coming.insert(item.path);
    }
    partial_->keep_only(coming);
    require_room();
  }

  /// Compares what is recorded of directories of Git. One of which not all files are wanted cannot be.
  void compare_directories() {
    for (const auto& [record, paths] : files_.records()) {
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
  detail::FirstRefusal refusal_;
  detail::CloneFiles files_;
  std::string metafile_;  ///< its text; empty of what is plain
  std::unique_ptr<detail::PartialDirectory> partial_;
  std::unique_ptr<detail::Delivery> delivery_;
  std::exception_ptr failure_;  ///< of what is about the target, while the source is talked to
  CloneResult result_;
};

}  // namespace

CloneResult clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request) {
  return Clone(registry, settings, request).run();
}

}  // namespace mlem::artifact
