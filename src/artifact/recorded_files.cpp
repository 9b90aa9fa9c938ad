#include "artifact/recorded_files.hpp"

#include "artifact/detail/ask_sources.hpp"

namespace mlem::artifact {

std::vector<ObjectFiles> list_recorded_files(const git::Registry& registry, const source::Settings& settings,
                                             const std::vector<ObjectAt>& objects) {
  using Group = detail::SourceGroup<ObjectFiles>;
  return detail::ask_sources<ObjectFiles>(
      registry, settings, objects,
      [](source::Conversation& source, const RepoUrl&, Group& group) {
        group.answers = find_files(source, group.objects);
      },
      [](const source::Refusal& refusal) {
        ObjectFiles files;
        files.refusal = refusal;
        return files;
      });
}

}  // namespace mlem::artifact
