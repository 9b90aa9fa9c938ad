#include "artifact/inspect.hpp"

#include "artifact/detail/ask_sources.hpp"
#include "artifact/detail/dvc_import.hpp"
#include "artifact/detail/inspected.hpp"
#include "artifact/detail/source_inspection.hpp"
#include "artifact/transfer.hpp"

#include <iterator>
#include <map>
#include <set>
#include <utility>

// Each source is talked to once, and the files of its objects are looked at: detail::inspect_group(). What DVC imports
// is a file of another source, which is looked at in the same way when nobody talks to the first one any more, for both
// may be the same; and in its place it is told.

namespace mlem::artifact {
namespace {

using detail::InspectedFile;

/// Inspects objects of many sources, and what those import.
class Inspector {
 public:
  Inspector(const git::Registry& registry, const source::Settings& settings, Depth depth)
      : registry_(registry), settings_(settings), depth_(depth), engine_(settings) {}

  std::vector<Inspection> run(const detail::Unproved& all) {
    std::vector<detail::Inspected> found = look(all);
    follow(found, 1);
    std::vector<Inspection> inspections;
    inspections.reserve(found.size());
    for (auto& [inspection, untold] : found) {
      if (untold && inspection.verdict == Verdict::ok) detail::tell(*untold, inspection);
      inspections.push_back(std::move(inspection));
    }
    return inspections;
  }

 private:
  std::vector<detail::Inspected> look(const detail::Unproved& all) {
    return detail::ask_sources<detail::Inspected>(
        registry_, settings_, all.objects,
        [&](source::Conversation& source, const RepoUrl& url, detail::InspectedGroup& group) {
          detail::inspect_group(source, url, settings_, depth_, engine_, all, group);
        },
        [](const source::Refusal& refusal) {
          return detail::Inspected{{.verdict = refusal.verdict, .message = refusal.message, .hint = refusal.hint}, {}};
        });
  }

  /// Replaces imports among the files that were found by what they are.
  void follow(const std::vector<detail::Inspected>& found, int hop) {
    std::set<std::vector<InspectedFile>*> lists;  // the same of what has many names
    std::vector<InspectedFile*> imports;
    std::vector<ObjectAt> origins;
    std::vector<const UnprovedFiles*> unproved;
    for (const detail::Inspected& some : found) {
      if (!some.untold || !lists.insert(some.untold.get()).second) continue;
      for (InspectedFile& item : *some.untold) {
        if (!item.is_followed) continue;
        if (hop > detail::most_imports) {
          item.outcome = {FoundArtifact::State::external, detail::endless_import().why};
          continue;
        }
        imports.push_back(&item);
        origins.push_back(std::get<ObjectAt>(detail::imported_object(item.file, true)));
        unproved.push_back(item.unproved);
      }
    }
    if (imports.empty()) return;
    std::vector<detail::Inspected> there = look({origins, std::move(unproved)});
    follow(there, hop + 1);
    std::map<const InspectedFile*, std::vector<InspectedFile>> replacements;
    for (std::size_t i = 0; i < imports.size(); ++i) {
      const Inspection& inspection = there[i].inspection;
      if (inspection.verdict != Verdict::ok) {
        imports[i]->outcome = detail::outcome_of({inspection.verdict, inspection.message, inspection.hint});
      } else {
        replacements[imports[i]] = there[i].untold ? std::move(*there[i].untold) : std::vector<InspectedFile>();
      }
    }
    for (std::vector<InspectedFile>* const list : lists) splice(*list, replacements);
  }

  static void splice(std::vector<InspectedFile>& files,
                     std::map<const InspectedFile*, std::vector<InspectedFile>>& replacements) {
    std::vector<InspectedFile> all;
    for (InspectedFile& item : files) {
      const auto found = replacements.find(&item);
      if (found == replacements.end())
        all.push_back(std::move(item));
      else
        std::move(found->second.begin(), found->second.end(), std::back_inserter(all));
    }
    files = std::move(all);
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  Depth depth_;
  TransferEngine engine_;
};

}  // namespace

std::vector<Inspection> inspect(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<ObjectAt>& objects, Depth depth,
                                const std::vector<std::shared_ptr<const UnprovedFiles>>& unproved) {
  detail::Unproved all{objects, {}};
  for (const auto& files : unproved) all.files.push_back(files.get());
  return Inspector(registry, settings, depth).run(all);
}

}  // namespace mlem::artifact
