#include "source/detail/entry_refs.hpp"

#include "base/text.hpp"

#include <cstddef>
#include <string>

namespace mlem::source::detail {

std::string refs_text(const ListedRefs& refs) {
  std::string text = "HEAD " + refs.head_branch.value_or("") + "\n";
  for (const auto& [name, oid] : refs.oids) text += oid.hex() + " " + name + "\n";
  return text;
}

std::optional<ListedRefs> load_refs(const fs::path& entry) {
  constexpr std::size_t max_refs_file = std::size_t{1} << 30;
  const auto text = load_file(refs_file(entry), max_refs_file);
  if (!text) return std::nullopt;
  ListedRefs refs;
  for (const std::string_view line : split(*text, '\n')) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const std::string name(line.substr(blank + 1));
    if (line.starts_with("HEAD ")) {
      if (!name.empty()) refs.head_branch = name;
    } else if (const auto oid = Oid::parse(line.substr(0, blank))) {
      refs.oids.insert_or_assign(name, *oid);
    }
  }
  return refs;
}

}  // namespace mlem::source::detail
