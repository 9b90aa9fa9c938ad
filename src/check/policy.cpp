#include "check/policy.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/glob.hpp"
#include "model/repo_path.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <optional>

namespace mlem::check {
namespace {

bool any_matches(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_matches(glob, text); });
}

/// What `path`, in the layout of old, is looked up as: `prod/rf.mlem` for `.mlem/link/prod/rf.mlem`
/// (mlem-link(5)), empty for the directories that stand for the project itself. Nothing for a path elsewhere.
std::optional<std::string> name_in_old_layout(std::string_view path) {
  const std::vector<std::string_view> parts = split(path, '/');
  const auto marker = std::find(parts.begin(), parts.end(), mlem_suffix);
  if (marker == parts.end()) return std::nullopt;
  std::string name;
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (part == marker || part == marker + 1) continue;  // `.mlem`, and the type
    name.append(name.empty() ? "" : "/").append(*part);
  }
  return name;
}

/// Why a glob of files matches nothing; null if it may match.
const char* fault_of_path(std::string_view glob) {
  if (glob.starts_with('/')) return "starts with '/'";
  if (glob.starts_with(':') || glob.starts_with('!')) return "has pathspec magic";
  for (std::string_view part : split(glob.ends_with('/') ? glob.substr(0, glob.size() - 1) : glob, '/')) {
    if (part.empty() || part == "." || part == "..") return "has a part that is empty, '.' or '..'";
  }
  return nullptr;
}

[[noreturn]] void throw_bad(const std::string& key, const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::invalid, "bad config key '" + escape_for_terminal(key) + "'", why, hint);
}

/// Sets what the configuration's `key`, which ends in `variable`, has for a policy.
void set_variable(Policy& policy, std::string_view variable, const git::Config& config, const std::string& key,
                  const std::string& value) {
  const auto add_to = [&](std::vector<std::string>& list) {
    if (value.empty() || config.lacks_value(key)) throw_bad(key, "it has no value");
    // What can match nothing is a mistake that would leave production open.
    const std::string shown = escape_for_terminal(value);
    if (&list == &policy.refs && !value.starts_with("refs/") && value != "**" && !value.starts_with("**/")) {
      throw_bad(key, "'" + shown + "' is not a full name of a ref",
                value.starts_with('*') ? "write '**' for all refs, 'refs/heads/**' for all branches"
                                       : "write 'refs/heads/" + shown + "'");
    }
    const char* fault = &list == &policy.paths ? fault_of_path(value) : nullptr;
    if (fault != nullptr) {
      throw_bad(key, "'" + shown + "' " + fault,
                "write a path from the repository's root, as 'prod/**': '**' stands for any directories");
    }
    list.push_back(value);
  };
  if (variable == "ref")
    add_to(policy.refs);
  else if (variable == "path")
    add_to(policy.paths);
  else if (variable == "source")
    add_to(policy.sources);
  else if (variable == "approver")
    add_to(policy.approvers);
  else if (variable == "requirepinned")
    policy.require_pinned = config.boolean(key, false);
  else if (variable == "requirereachable")
    policy.require_reachable = config.boolean(key, false);
  else if (variable == "requiresigned")
    policy.require_signed = config.boolean(key, false);
  else if (variable == "allowobjects")
    policy.allow_objects = config.boolean(key, false);
  else if (variable == "allowplain")
    policy.allow_plain = config.boolean(key, false);
  else if (variable == "forbidbreaking")
    policy.forbid_breaking = config.boolean(key, false);
  else if (variable == "artifactsigner") {
    if (value.empty() || config.lacks_value(key)) throw_bad(key, "it has no value");
    policy.artifact_signer = value;
  } else
    throw_bad(key, "a policy has no such key",
              "the keys are ref, path, source, approver, requirePinned, requireReachable, requireSigned, allowObjects, "
              "allowPlain, forbidBreaking, artifactSigner");
}

}  // namespace

bool Policy::covers_ref(std::string_view full_name) const { return refs.empty() || any_matches(refs, full_name); }

// No branch is called so (git-check-ref-format(1)): only a glob that takes every name takes this one.
bool Policy::covers_every_branch() const { return covers_ref("refs/heads/*/*"); }

bool Policy::covers_path(std::string_view file) const {
  if (paths.empty()) return file.ends_with(mlem_suffix);
  if (any_matches(paths, file)) return true;
  const auto named = name_in_old_layout(file);
  return named && any_matches(paths, *named);
}

bool Policy::reaches_below(std::string_view directory) const {
  if (paths.empty() || directory.empty()) return true;
  const auto any_reaches = [&](std::string_view below) {
    return std::any_of(paths.begin(), paths.end(),
                       [&](const std::string& glob) { return glob_reaches_below(glob, below); });
  };
  const auto named = name_in_old_layout(directory);
  return any_reaches(directory) || (named && (named->empty() || any_reaches(*named)));
}

bool Policy::covers_source(std::string_view normalized_url) const {
  return sources.empty() || any_matches(sources, normalized_url);
}

artifact::ModelSigner load_artifact_signer(const git::Registry& registry, const Policy& policy) {
  try {
    return artifact::ModelSigner::load(fs::absolute(policy.artifact_signer, registry.common_dir()));
  } catch (const Error& error) {
    throw_bad("mlem-policy." + policy.name + ".artifactSigner", error.what(), error.hint());
  }
}

std::vector<Policy> parse_policies(const git::Config& config) {
  constexpr std::string_view section = "mlem-policy.";
  std::vector<Policy> policies;
  for (const auto& [key, value] : config.entries()) {
    if (!key.starts_with(section)) continue;
    const std::size_t dot = key.rfind('.');
    if (dot < section.size()) throw_bad(key, "a policy has a name", "write '[mlem-policy \"<name>\"]'");
    const std::string name = key.substr(section.size(), dot - section.size());
    auto policy = std::find_if(policies.begin(), policies.end(), [&](const Policy& p) { return p.name == name; });
    if (policy == policies.end()) {
      policies.emplace_back();
      policy = std::prev(policies.end());
      policy->name = name;
    }
    set_variable(*policy, std::string_view(key).substr(dot + 1), config, key, value);
  }
  return policies;
}

}  // namespace mlem::check
