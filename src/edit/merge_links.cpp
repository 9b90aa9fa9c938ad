#include "edit/merge_links.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/history.hpp"
#include "git/merge_file.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "model/source.hpp"
#include "source/history.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/find_link.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <optional>
#include <tuple>
#include <utility>

// First the fields are merged, each group by its own rule. Then all three texts are made to say what came out, so that
// they differ in comments, foreign keys and layout alone; those are merged line by line. What comes out is read again
// and must be the link that is meant.

namespace mlem::edit {
namespace {

/// What a link names, however it is spelled.
struct Pointing {
  std::string link_type;
  std::string repo;
  std::string path;
  std::string rev;
  std::optional<std::string> blob;
  std::optional<std::string> ref;
  std::optional<Plain> plain;

  bool is_same_place(const Pointing& other) const {
    return link_type == other.link_type && repo == other.repo && path == other.path && plain == other.plain;
  }
  friend bool operator==(const Pointing&, const Pointing&) = default;
};

Pointing pointing_of(const Link& link) {
  Pointing pointing{.link_type = link.link_type,
                    .repo = link.repo.value_or(""),
                    .path = link.path,
                    .rev = link.rev.value_or(""),
                    .blob = link.pinned_blob,
                    .ref = link.pinned_ref,
                    .plain = link.plain};
  try {
    const Source source = Source::from_link(link);
    if (source.repo) pointing.repo = source.repo->normalized();
    if (source.undivided.empty()) pointing.path = source.path;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;  // what cannot be understood is compared as it is written
  }
  return pointing;
}

/// Returns what one side alone changed, or both alike; nothing if they differ.
template <class T>
std::optional<T> pick(const T& base, const T& ours, const T& theirs) {
  if (ours == theirs || theirs == base) return ours;
  if (ours == base) return theirs;
  return std::nullopt;
}

/// Thrown where sides cannot be merged; says why.
struct Conflict {
  std::string why;
};

/// Which of two commits contains the other, both of them being made from a third.
class Ancestry {
 public:
  Ancestry(const git::Registry& registry, const source::Settings& settings)
      : registry_(registry), settings_(settings) {}

  /// Returns whether `theirs` contains `ours`; not if it is the other way round. Throws Conflict for all else.
  bool is_theirs_newer(const std::optional<RepoUrl>& repo, const Oid& base, const Oid& ours, const Oid& theirs) const {
    std::optional<bool> answer;
    std::string why;
    const auto ask = [&](git::Repository& repository, const git::History& history) {
      for (const Oid& commit : {base, ours, theirs}) {
        if (repository.find_commit(commit) == commit) continue;
        why = "commit '" + commit.hex() + "' is not in the history at hand";
        return false;
      }
      answer = compare(history, base, ours, theirs);
      return true;
    };
    Limits limits;
    limits.deadline = settings_.budget.deadline;
    if (!repo) {
      ask(registry_.objects(), git::History(registry_, limits, settings_.observer.interrupt));
    } else {
      const auto use = [&](const fs::path& git_dir, git::Reading reading) {
        const auto repository = git::open_repository(git_dir, settings_.access.environment, reading);
        return ask(*repository,
                   git::History(git_dir, settings_.access.environment, limits, settings_.observer.interrupt));
      };
      const auto refusal = source::with_known_history(*repo, settings_, use);
      if (refusal) why = refusal->message + (refusal->hint.empty() ? "" : "; " + refusal->hint);
    }
    if (answer) return *answer;
    throw Conflict{"both sides moved the pin, and which commit contains the other cannot be told: " + why};
  }

 private:
  static bool compare(const git::History& history, const Oid& base, const Oid& ours, const Oid& theirs) {
    const auto contains = [&](const Oid& commit, const Oid& ancestor) {
      return history.is_ancestor(ancestor, commit).value_or(false);
    };
    if (!contains(ours, base) || !contains(theirs, base)) {
      throw Conflict{"both sides moved the pin, and one of them not forward"};
    }
    if (contains(theirs, ours)) return true;
    if (contains(ours, theirs)) return false;
    throw Conflict{"both sides moved the pin, and neither commit contains the other"};
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
};

std::string short_id(const std::string& rev) {
  constexpr std::size_t length = 10;
  return Oid::parse(rev) ? rev.substr(0, length) : escape_for_terminal(redact(rev));
}

/// Merges the fields of links.
class FieldMerge {
 public:
  FieldMerge(const Ancestry& ancestry, const std::optional<Link>& base, const Link& ours, const Link& theirs)
      : ancestry_(ancestry), base_(base.value_or(Link{})), is_added_(!base), ours_(ours), theirs_(theirs) {}

  /// Throws Conflict.
  Link merge() {
    const bool takes_theirs = takes_their_pointing();
    const Link& from = takes_theirs ? theirs_ : ours_;
    Link merged = from;
    merge_spelling(merged);
    merge_hold(merged);
    return merged;
  }

  /// Which of two pins was taken, if there was a choice.
  const std::string& choice() const noexcept { return choice_; }

 private:
  bool takes_their_pointing() {
    if (our_pointing_ == their_pointing_) return false;
    if (is_added_) throw Conflict{"both sides added it"};
    if (our_pointing_ == base_pointing_) return true;
    if (their_pointing_ == base_pointing_) return false;
    if (!our_pointing_.is_same_place(their_pointing_) || !our_pointing_.is_same_place(base_pointing_)) {
      throw Conflict{"both sides re-pointed it"};
    }
    const std::optional<Oid> base = Oid::parse(base_pointing_.rev);
    const std::optional<Oid> ours = Oid::parse(our_pointing_.rev);
    const std::optional<Oid> theirs = Oid::parse(their_pointing_.rev);
    // The same commit with another blob or ref is not a step forward.
    if (!base || !ours || !theirs || ours == theirs || ours == base || theirs == base) {
      throw Conflict{"both sides re-pointed it"};
    }
    const bool takes_theirs = ancestry_.is_theirs_newer(Source::from_link(ours_).repo, *base, *ours, *theirs);
    require_ref_kept(takes_theirs ? our_pointing_ : their_pointing_, takes_theirs ? their_pointing_ : our_pointing_);
    choice_ = fmt::format("takes {} of {}, which contains {} of {}", short_id((takes_theirs ? *theirs : *ours).hex()),
                          takes_theirs ? "theirs" : "ours", short_id((takes_theirs ? *ours : *theirs).hex()),
                          takes_theirs ? "ours" : "theirs");
    return takes_theirs;
  }

  /// The ref goes with its pin; what only the other side made of it would be lost.
  void require_ref_kept(const Pointing& left, const Pointing& taken) const {
    if (left.ref != base_pointing_.ref && taken.ref == base_pointing_.ref) {
      throw Conflict{"both sides moved the pin, and the one that is behind follows another ref now"};
    }
  }

  /// How repository and path are written, where both sides mean the same.
  void merge_spelling(Link& merged) const {
    merged.dialect = pick(base_.dialect, ours_.dialect, theirs_.dialect).value_or(merged.dialect);
    if (!our_pointing_.is_same_place(their_pointing_)) return;
    merged.repo = pick(base_.repo, ours_.repo, theirs_.repo).value_or(merged.repo);
    merged.path = pick(base_.path, ours_.path, theirs_.path).value_or(merged.path);
  }

  void merge_hold(Link& merged) const {
    using Hold = std::pair<std::optional<std::string>, std::optional<std::string>>;
    const Hold base{base_.hold, base_.until};
    const Hold ours{ours_.hold, ours_.until};
    const Hold theirs{theirs_.hold, theirs_.until};
    const std::optional<Hold> hold = pick(base, ours, theirs);
    if (!hold) throw Conflict{"both sides changed the hold"};
    // Whether the one would have been done in view of the other, nobody knows.
    const bool we_hold_alone = ours != base && theirs == base && their_pointing_ != base_pointing_;
    const bool they_hold_alone = theirs != base && ours == base && our_pointing_ != base_pointing_;
    if (our_pointing_ != their_pointing_ && (we_hold_alone || they_hold_alone)) {
      throw Conflict{"one side changed the hold, and the other one re-pointed it"};
    }
    std::tie(merged.hold, merged.until) = *hold;
  }

  const Ancestry& ancestry_;
  Link base_;
  bool is_added_;
  const Link& ours_;
  const Link& theirs_;
  Pointing base_pointing_ = pointing_of(base_);
  Pointing our_pointing_ = pointing_of(ours_);
  Pointing their_pointing_ = pointing_of(theirs_);
  std::string choice_;
};

std::string quoted(const std::string& text) { return '\'' + escape_for_terminal(redact(text)) + '\''; }

/// Returns how a link names its object: `rev 'main'`.
std::string rev_of(const Link& link) {
  if (!link.rev) return "no rev";
  return Oid::parse(*link.rev) ? short_id(*link.rev) : "rev " + quoted(*link.rev);
}

/// Returns what a side made of the link, in words.
std::string describe(const std::optional<Link>& base, const Link& side) {
  const std::string place = quoted(side.path) + (side.repo ? " in " + quoted(*side.repo) : std::string());
  if (!base) return "added it for " + place + " at " + rev_of(side);
  const Pointing before = pointing_of(*base);
  const Pointing now = pointing_of(side);
  std::vector<std::string> parts;
  if (!now.is_same_place(before)) {
    parts.push_back("re-pointed it to " + place + " at " + rev_of(side));
  } else if (now.rev != before.rev) {
    parts.push_back("re-pointed it from " + rev_of(*base) + " to " + rev_of(side));
  } else if (now.blob != before.blob) {
    parts.emplace_back("recorded another blob");
  }
  if (now.ref != before.ref) parts.push_back(now.ref ? "follows " + quoted(*now.ref) : "follows no ref");
  if (side.hold != base->hold || side.until != base->until) {
    const std::string until = side.until ? " until " + escape_for_terminal(*side.until) : std::string();
    parts.push_back(side.hold ? "held it" + until + ": " + escape_for_terminal(*side.hold) : "lifted the hold");
  }
  if (parts.empty()) parts.emplace_back("changed other lines");
  return fmt::format("{}", fmt::join(parts, ", "));
}

bool is_metafile(const std::string& text) {
  try {
    yaml::read_metafile(text);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

/// Returns both sides in conflict: all lines that differ between them are within the markers, for half of one and half
/// of the other would be neither.
LinkMerge in_conflict(const git::Registry& registry, const LinkMergeRequest& request, std::string why,
                      std::vector<std::string> sides) {
  git::TextMerge merge{.base = {},
                       .ours = request.ours,
                       .theirs = request.theirs,
                       .marker_size = request.marker_size,
                       .hides_base = true};
  if (!sides.empty()) {
    merge.our_label = "ours (" + sides[0] + ")";
    merge.their_label = "theirs (" + sides[1] + ")";
    sides[0] = "ours " + sides[0];
    sides[1] = "theirs " + sides[1];
  }
  auto merged = git::merge_texts(registry, merge);
  // git leaves binary files as they are on our side.
  return {.text = merged ? std::move(merged->text) : request.ours,
          .is_clean = false,
          .conflict = std::move(why),
          .sides = std::move(sides)};
}

/// Why lines cannot be merged.
std::string reason_of_lines(bool ours_is_link, bool theirs_is_link) {
  if (ours_is_link == theirs_is_link) return "both sides changed the same lines";
  return ours_is_link ? "ours is a valid link and theirs is not" : "theirs is a valid link and ours is not";
}

/// Merges lines, as git does. What was a metafile on both sides may not come out as none.
LinkMerge merge_lines(const git::Registry& registry, const LinkMergeRequest& request, bool ours_is_link,
                      bool theirs_is_link) {
  auto merged = git::merge_texts(
      registry,
      {.base = request.base, .ours = request.ours, .theirs = request.theirs, .marker_size = request.marker_size});
  if (!merged) return {request.ours, false, {}, "it is a binary file", {}};
  if (!merged->is_clean) {
    return {std::move(merged->text), false, {}, reason_of_lines(ours_is_link, theirs_is_link), {}};
  }
  if (is_metafile(request.ours) && is_metafile(request.theirs) && !is_metafile(merged->text)) {
    return in_conflict(registry, request, "with the changes of both sides it would not be a metafile", {});
  }
  return {std::move(merged->text)};
}

/// Returns the text that says `merged` and has what else each side changed. Throws Conflict.
std::string merge_rest(const git::Registry& registry, const LinkMergeRequest& request, const Link& merged) {
  std::array<std::string, 3> texts{request.base, request.ours, request.theirs};
  try {
    for (std::string& text : texts) {
      if (!text.empty()) text = yaml::edit_link(text, merged);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    throw Conflict{"one side is written in a way that cannot be changed field by field"};
  }
  const auto& [base, ours, theirs] = texts;
  if (auto picked = pick(base, ours, theirs)) return *std::move(picked);
  const auto lines = git::merge_texts(registry, {.base = base, .ours = ours, .theirs = theirs});
  if (!lines || !lines->is_clean) throw Conflict{"both sides changed the same lines"};
  if (yaml::find_link(lines->text) != merged) throw Conflict{"with the changes of both sides it would be another link"};
  return lines->text;
}

}  // namespace

LinkMerge merge_link_files(const git::Registry& registry, const source::Settings& settings,
                           const LinkMergeRequest& request) {
  if (auto picked = pick(request.base, request.ours, request.theirs)) return {*std::move(picked)};
  const std::optional<Link> base = yaml::find_link(request.base);
  const std::optional<Link> ours = yaml::find_link(request.ours);
  const std::optional<Link> theirs = yaml::find_link(request.theirs);
  if (!ours || !theirs || (!base && !request.base.empty())) {
    return merge_lines(registry, request, ours.has_value(), theirs.has_value());
  }
  const Ancestry ancestry(registry, settings);
  FieldMerge fields(ancestry, base, *ours, *theirs);
  try {
    const Link merged = fields.merge();
    return {.text = merge_rest(registry, request, merged), .choice = fields.choice()};
  } catch (const Conflict& conflict) {
    return in_conflict(registry, request, conflict.why, {describe(base, *ours), describe(base, *theirs)});
  }
}

}  // namespace mlem::edit
