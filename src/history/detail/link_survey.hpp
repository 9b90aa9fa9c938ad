#pragma once

#include "git/repository.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::history::detail {

/// A commit that refs name.
struct Tip {
  Oid commit;
  std::vector<std::string> refs;  ///< full names
};

/// A link that leads to a wanted one, or is one.
struct SurveyedLink {
  std::string name;
  std::size_t file = 0;          ///< its content, by number
  std::size_t end = 0;           ///< that of the wanted link at the end of `via`, or its own
  std::vector<std::string> via;  ///< the links between, in their order; the wanted one is the last
  std::shared_ptr<const std::vector<std::string>> refs;  ///< shared by all links that are on the same ones
};

/// The links of one registry at all of its tips.
struct Survey {
  std::vector<Link> files;  ///< the contents, by number
  std::vector<SurveyedLink> links;
};

/// Makes those of `blobs` readable that are not: `commits` lead to them.
using ProvideBlobs = std::function<git::Repository&(const std::map<Oid, Oid>& commits_by_blob)>;

/// What is asked about each link.
struct SurveyQuestions {
  std::function<bool(const Link& link)> is_wanted;
  /// Of one that names a repository: where the registry itself has the branches of that one, such as
  /// `refs/remotes/origin/`, if it is the same as the registry; nothing if it is another.
  std::function<std::optional<std::string>(const Link& link)> own_branches;
};

/// Finds the links of all `tips` that are wanted, and those that lead to them over other links of the same tree, or of
/// another commit of the same registry. Each tree and each blob is read once, but for the trees on the way to what was
/// found. Throws Error(unavailable) for a tree that is missing.
Survey survey_links(git::Repository& repository, const std::vector<Tip>& tips, const ProvideBlobs& provide,
                    const SurveyQuestions& questions);

}  // namespace mlem::history::detail
