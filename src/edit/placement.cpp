#include "edit/placement.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "edit/target_file.hpp"
#include "edit/transaction.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include <utility>

namespace mlem::edit {
namespace {

class IndexPlacement : public Placement {
 public:
  explicit IndexPlacement(const git::Registry& registry) : registry_(registry) { registry_.require_work_tree(); }

  void prepare(const std::vector<std::string>& names) override { conversions_ = conversions_of(registry_, names); }

  void compose(Draft& draft) override {
    draft.target = draft.file.name;
    draft.before = draft.link;
    if (draft.file.is_left_out) {
      draft.decision = skipped("it is outside of the sparse checkout");
      return;
    }
    if (const auto converted = conversions_.find(draft.target); converted != conversions_.end()) {
      draft.decision = broken(Verdict::invalid_link, git::describe_conversion(converted->second),
                              git::conversion_remedy(converted->second));
      return;
    }
    // Line ends may differ from those in the index, so the work tree's file is what is changed.
    const std::string text = load_file(registry_.work_tree() / draft.target, yaml::max_link_size).value_or("");
    if (yaml::read_metafile(text).link != draft.link) {
      throw Error(ErrorKind::unavailable, "'" + draft.target + "' has changed meanwhile", "", "try again");
    }
    draft.text = yaml::edit_link(text, *draft.decision.after);
  }

  void save(const std::vector<const Draft*>& drafts) override {
    std::vector<FileChange> changes;
    for (const Draft* draft : drafts) {
      changes.push_back({.name = draft->target,
                         .text = draft->text,
                         .mode = draft->file.entry.mode,
                         .is_flagged = draft->file.is_assumed});
    }
    save_files(registry_, changes, Stage::yes);
  }

 private:
  const git::Registry& registry_;
  git::Conversions conversions_;
};

}  // namespace

std::unique_ptr<Placement> place_in_index(const git::Registry& registry) {
  return std::make_unique<IndexPlacement>(registry);
}

}  // namespace mlem::edit
