#include "base/text.hpp"
#include "model/object_name.hpp"
#include "model/repo_path.hpp"
#include "model/rev.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

void check_object_name(std::string_view text) {
  const auto name = mlem::ObjectName::parse(text);
  require(!name.path.empty() && !name.rev.starts_with('-'));
  require(name.rev.empty() == (name.kind != mlem::ObjectName::Kind::rev));
  require(text.ends_with(name.path));
}

void check_rev(std::string_view text) {
  const auto rev = mlem::Rev::parse(text);
  require(rev.text() == text && !text.starts_with('-') && mlem::is_ref_name(text));
  require(text.find_first_of(":^~ ") == std::string_view::npos);
  require(rev.oid().has_value() == (rev.kind() == mlem::Rev::Kind::oid));
}

void check_repo_path(std::string_view text) {
  const auto path = mlem::RepoPath::parse(text, "base");
  require(mlem::RepoPath::parse(path.text()) == path);
  require(mlem::is_utf8(path.text()) && !mlem::has_control_character(path.text()));
  for (const std::string_view component : mlem::split(path.text(), '/'))
    require(!component.empty() && component != "." && component != ".." && mlem::to_lower_ascii(component) != ".git");
  const std::string directory(path.directory());
  require(path.text() == (directory.empty() ? "" : directory + "/") + std::string(path.name()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_unless_refused(check_object_name, text);
  check_unless_refused(check_rev, text);
  check_unless_refused(check_repo_path, text);
  require(mlem::is_utf8(mlem::replace_bad_utf8(text)));
  require(!mlem::has_control_character(mlem::escape_for_terminal(text)));
  require(!mlem::has_control_character(mlem::quote_path(text, true)));
  return 0;
}
