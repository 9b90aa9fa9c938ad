#include "edit/promote.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "edit/link_selection.hpp"
#include "edit/link_target.hpp"
#include "edit/pin.hpp"
#include "edit/target_file.hpp"
#include "edit/transaction.hpp"
#include "git/writer.hpp"
#include "model/oid.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/chain.hpp"
#include "source/refs.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <set>
#include <utility>

// A link is copied as the index has it (HEAD where there is no work tree): what another environment gets is what was
// staged and not what somebody is about to try. A link that is there already keeps its comments and whatever else is in
// its file; only its fields change.

namespace mlem::edit {
namespace {

class PromoteRule : public LinkRule {
 public:
  PromoteRule(const git::Registry& registry, bool pins) : registry_(registry), pins_(pins) {}

  Action action() const override { return Action::promoted; }

  Questions ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name,
                const Link& link) override {
    return {.first = resolver.add(view, name, link), .second = {}, .needs_fields = true};
  }

  LinkDecision decide(const resolve::Resolver& resolver, const Subject& subject) override {
    const resolve::Chain chain = resolver.chain(*subject.questions.first);
    Finding finding = resolve::finding_of(chain, subject.link_type);
    if (finding.verdict != Verdict::ok) return broken(std::move(finding));
    Link after = subject.link();
    const bool is_pinned = after.rev && Oid::parse(*after.rev);
    if (!is_pinned && chain.answers.front().source.is_alias()) return skipped_alias();
    if (!is_pinned && !pins_)
      return skipped("it is not pinned", "'--pin' pins the copy, 'git mlem pin' the link itself");
    if (!is_pinned) pin_to(registry_, after, chain.answers.front());
    after.hold.reset();
    after.until.reset();
    LinkDecision decision;
    decision.action = Action::promoted;
    decision.finding = std::move(finding);
    decision.is_judged = true;
    decision.after = std::move(after);
    return decision;
  }

 private:
  const git::Registry& registry_;
  bool pins_;
};

/// A directory of the registry as its root sees it, where there is a work tree or not.
std::string directory_of(const git::Registry& registry, const std::string& text) {
  const std::string directory = path_in_registry(registry, text);
  return directory.empty() ? directory : RepoPath::parse(directory).text();
}

/// What the copies into the index and onto a branch have in common.
class PromotedPlacement : public Placement {
 public:
  PromotedPlacement(const git::Registry& registry, const Promotion& promotion)
      : registry_(registry), promotion_(promotion) {
    if (promotion.directory) directory_ = directory_of(registry, *promotion.directory);
    for (const std::string& word : promotion.words) {
      if (const auto name = name_of_link(registry, word)) names_.insert(*name);
    }
  }

  bool reads_index_alone() const override { return true; }

  void prepare(const std::vector<std::string>& names) override {
    std::vector<std::string> targets;
    for (const std::string& name : names) {
      std::string target = target_of(name);
      ++claims_[target];
      targets.push_back(std::move(target));
    }
    prepare_targets(targets);
  }

  void compose(Draft& draft) override {
    draft.target = target_of(draft.file.name);
    if (is_onto_itself(draft)) return;
    if (claims_.at(draft.target) > 1) {
      throw Error(ErrorKind::invalid, "cannot write '" + draft.target + "'", "another link would get that name, too");
    }
    require_no_conversion(conversions_, draft.target);
    const std::optional<ExistingLink> existing = find_existing(draft.target);
    Link& after = *draft.decision.after;
    if (!existing) {
      draft.text = yaml::edit_link(source_text(draft.file), after);
      return;
    }
    draft.before = existing->link;
    if (existing->link.dialect) after.dialect = existing->link.dialect;
    after.hold = existing->link.hold;
    after.until = existing->link.until;
    if (after == existing->link && !is_to_be_staged(draft.target, *existing)) return keep(draft);
    if (const auto refusal = respect_hold(draft.target, existing->link, after, promotion_.holds)) {
      draft.decision = skipped(refusal->what(), refusal->hint());
      return;
    }
    draft.text = yaml::edit_link(existing->text, after);
  }

 protected:
  virtual void prepare_targets(const std::vector<std::string>& targets) = 0;
  /// Returns the link that is there. Throws Error(invalid) for what must not be replaced.
  virtual std::optional<ExistingLink> find_existing(const std::string& target) = 0;
  /// Whether what is there already is not what the index has.
  virtual bool is_to_be_staged(const std::string&, const ExistingLink&) { return false; }
  /// Whether the copies are beside the links that they are made of.
  virtual bool is_in_place() const = 0;

  const git::Registry& registry_;
  const Promotion& promotion_;
  git::Conversions conversions_;  ///< of the targets

 private:
  /// A link that was named keeps its file's name, one below a directory that was named what is below that.
  std::string target_of(const std::string& name) const {
    if (!promotion_.directory) return name;
    std::string_view rest = name;
    rest.remove_prefix(parent_of(name).empty() ? 0 : parent_of(name).size() + 1);
    if (names_.contains(name)) return join(directory_, rest);
    for (const std::string& word : promotion_.words) {
      if (word.starts_with(':')) continue;
      const std::string directory = path_in_registry(registry_, word);
      if (directory.empty() || is_below(name, directory)) {
        return join(directory_, std::string_view(name).substr(directory.empty() ? 0 : directory.size() + 1));
      }
    }
    return join(directory_, rest);
  }

  /// Whether a link is where it would be copied to; then decides so.
  bool is_onto_itself(Draft& draft) const {
    if (!is_in_place()) return false;
    const std::string& name = draft.file.name;
    if (draft.target == name) {
      draft.decision = skipped("it would be copied onto itself");
      return true;
    }
    if (names_.contains(name) || directory_.empty() || !is_below(name, directory_)) return false;
    draft.decision = skipped("it is in '" + directory_ + "' already");
    return true;
  }

  std::string source_text(const git::File& file) const {
    const auto text = registry_.objects().find_blob(file.entry.oid, yaml::max_link_size);
    if (!text) throw Error(ErrorKind::unavailable, "cannot read '" + file.name + "'", "its content is missing here");
    return *text;
  }

  static void keep(Draft& draft) {
    draft.decision.action = Action::kept;
    draft.decision.after.reset();
  }

  std::string directory_;
  std::set<std::string> names_;                ///< of links that were named
  std::map<std::string, std::size_t> claims_;  ///< how many links are to get a name
};

class IndexPromotion : public PromotedPlacement {
 public:
  using PromotedPlacement::PromotedPlacement;

  void save(const std::vector<const Draft*>& drafts) override {
    std::vector<FileChange> changes;
    for (const Draft* draft : drafts) {
      FileChange change{.name = draft->target,
                        .text = draft->text,
                        .mode = git::mode_file,
                        .wants_checkout = !promotion_.holds.force};
      for (const git::File& each : staged_[draft->target]) {
        if (git::is_regular(each.entry)) change.mode = each.entry.mode;
        change.is_flagged |= each.is_left_out || each.is_assumed;
      }
      changes.push_back(std::move(change));
    }
    save_files(registry_, changes, Stage::yes);
  }

 protected:
  void prepare_targets(const std::vector<std::string>& targets) override {
    std::set<std::string> names;
    for (const std::string& target : targets) {
      for (std::string& name : names_on_the_way(target)) names.insert(std::move(name));
    }
    index_ = names.size() > most_pathspecs ? registry_.index_files(git::Suffixes(std::vector<std::string_view>()), {})
                                           : registry_.index_entries({names.begin(), names.end()});
    conversions_ = conversions_of(registry_, targets);
  }

  std::optional<ExistingLink> find_existing(const std::string& target) override {
    std::vector<git::File>& staged = staged_[target];
    staged = require_stageable(registry_, target, index_);
    return find_writable_link(registry_, target, staged, promotion_.holds.force);
  }

  bool is_to_be_staged(const std::string& target, const ExistingLink& existing) override {
    const std::vector<git::File>& staged = staged_[target];
    const auto in_index = staged.size() == 1 ? find_link(registry_, staged.front().entry) : std::nullopt;
    return !in_index || in_index->link != existing.link;
  }
  bool is_in_place() const override { return true; }

 private:
  std::deque<git::File> index_;                           ///< what is at the targets and on the way to them
  std::map<std::string, std::vector<git::File>> staged_;  ///< by target
};

class BranchPromotion : public PromotedPlacement {
 public:
  BranchPromotion(const git::Registry& registry, const Promotion& promotion)
      : PromotedPlacement(registry, promotion), branch_(full_name(*promotion.branch)) {
    tip_ = registry.find_commit(branch_);
    if (!tip_)
      throw Error(ErrorKind::not_found, "there is not a branch '" + *promotion.branch + "'", "",
                  "'git branch' lists the branches");
    if (const auto place = git::find_checkout(registry, branch_)) {
      throw Error(ErrorKind::invalid, "cannot commit onto '" + *promotion.branch + "'",
                  "it is checked out in '" + *place + "'", "without '--onto' the links are staged there");
    }
    if (registry.has_work_tree()) return;
    head_ = registry.find_commit("HEAD");
    if (!head_)
      throw Error(ErrorKind::not_found, "HEAD does not name a commit",
                  "this is a bare repository, and links are read from HEAD");
  }

  std::optional<Oid> source() const override { return head_; }
  std::optional<Oid> base() const override { return tip_; }

  void save(const std::vector<const Draft*>& drafts) override {
    git::Writer writer(registry_);
    std::vector<std::string> texts;
    for (const Draft* draft : drafts) texts.push_back(draft->text);
    const std::vector<Oid> blobs = writer.write_blobs(texts);
    std::vector<git::TreeChange> changes;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      const git::Lookup there = registry_.objects().find(*tip_, drafts[i]->target);
      const bool is_there = there.state == git::Lookup::State::found;
      changes.push_back({drafts[i]->target, git::Entry{is_there ? there.entry.mode : git::mode_file, blobs[i]}});
    }
    const Oid tree = writer.write_tree(*tip_, std::move(changes));
    std::string message = promotion_.message.value_or(message_for(drafts));
    if (!message.ends_with('\n')) message += '\n';
    const Oid commit = writer.write_commit(tree, {*tip_}, message);
    try {
      writer.update_refs({{branch_, commit, *tip_}}, "mlem promote");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable || registry_.objects().find_ref(branch_) == tip_) throw;
      throw Error(ErrorKind::unavailable, "cannot commit onto '" + *promotion_.branch + "'",
                  "somebody else has moved it meanwhile", "the same command takes what is there now into account");
    }
    saved_ = fmt::format("[{} {}] {}", source::short_name(branch_), commit.hex().substr(0, 7),
                         message.substr(0, message.find('\n')));
  }

  std::vector<std::string> saved() const override {
    return saved_.empty() ? std::vector<std::string>() : std::vector{saved_};
  }

 protected:
  void prepare_targets(const std::vector<std::string>& targets) override {
    conversions_ = conversions_of(registry_, *tip_, targets);
  }

  std::optional<ExistingLink> find_existing(const std::string& target) override {
    return find_writable_link(registry_, *tip_, target, promotion_.holds.force);
  }

  bool is_in_place() const override { return false; }

 private:
  static std::string full_name(const std::string& name) {
    constexpr std::string_view prefix = "refs/heads/";
    Rev::parse(name);
    return name.starts_with(prefix) ? name : std::string(prefix) + name;
  }

  std::string message_for(const std::vector<const Draft*>& drafts) const {
    const auto short_id = [](const std::optional<std::string>& id) { return id.value_or("").substr(0, 12); };
    std::string message =
        "Promote " + (drafts.size() == 1 ? drafts.front()->target : fmt::format("{} links", drafts.size()));
    message += "\n\n";
    for (const Draft* draft : drafts) {
      const Link& after = *draft->decision.after;
      message += draft->target + ": ";
      if (draft->before && draft->before->rev) message += short_id(draft->before->rev) + " -> ";
      message += short_id(after.rev);
      if (after.pinned_ref) message += " (" + source::short_name(*after.pinned_ref) + ")";
      message += '\n';
    }
    return message;
  }

  std::string branch_;      ///< full name
  std::optional<Oid> tip_;  ///< when it was looked at
  std::string saved_;
  std::optional<Oid> head_{};  ///< where there is no index to read links from
};

}  // namespace

std::unique_ptr<LinkRule> promote_rule(const git::Registry& registry, bool pins) {
  return std::make_unique<PromoteRule>(registry, pins);
}

std::unique_ptr<Placement> place_promoted(const git::Registry& registry, const Promotion& promotion) {
  if (promotion.branch) return std::make_unique<BranchPromotion>(registry, promotion);
  registry.require_work_tree();
  return std::make_unique<IndexPromotion>(registry, promotion);
}

}  // namespace mlem::edit
