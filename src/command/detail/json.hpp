#pragma once

#include "artifact/clone_plan.hpp"
#include "bundle/import.hpp"
#include "edit/edit_links.hpp"
#include "edit/make_link.hpp"
#include "history/diff.hpp"
#include "history/link_change.hpp"
#include "history/log.hpp"
#include "history/standing.hpp"
#include "history/who.hpp"
#include "model/finding.hpp"
#include "source/read_files.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Lines of JSON, without their newline. JSON is UTF-8: a text of other bytes has its bad ones replaced, and a sibling,
// `<key>_base64`, with all of them. A library does the writing; its headers are seen by source files alone.

namespace mlem::command {

/// Returns a finding with the keys that git-mlem(1) lists, in their order; what has no value has no key. `proof_time`
/// is that of `proved_at`.
std::string to_json(const Finding& finding, std::optional<std::int64_t> proof_time = std::nullopt);

/// Returns the finding of an object that was cloned, and behind `at` the keys of git-mlem-clone(1).
std::string to_json(const Finding& finding, const artifact::ClonePlan& plan);

/// Returns what is in a bundle, with the keys of git-mlem-bundle(1).
std::string to_json(const bundle::BundleContent& content);

/// Returns what became of a link: the keys of its finding and, behind `at`, `action`, where it leads elsewhere `from`
/// and `to`, of one on a branch of its own `branch`, and of one that is held `hold` and `until`.
std::string to_json(const edit::LinkEdit& edit);

/// Returns what became of a link by one commit: the keys of what it names now, or has named, and behind `at` those that
/// git-mlem-log(1) has.
std::string to_json(const history::LogEntry& entry);

/// Returns how a link differs, with the keys of git-mlem-diff(1).
std::string to_json(const history::LinkDifference& difference);

/// Returns how a link stands: the keys of its finding, without a verdict where that is `ok`, and behind `at` those of
/// git-mlem-status(1).
std::string to_json(const history::Standing& standing, std::optional<std::int64_t> proof_time);

/// Reads a line of `link --stdin`, an object with the names of options, into a request that has what the options of the
/// command line say. Throws Error(invalid) for anything else.
edit::LinkRequest parse_link_request(std::string_view line, edit::LinkRequest request);

/// Returns a link that leads somewhere, with the keys of git-mlem-who(1). `warnings` may be empty.
std::string to_json(const history::LinkToPlace& found, const std::vector<Warning>& warnings);

/// Returns an object of files by their names from the root: what a `.json` file has as it is, others as text. Files
/// without content have no key.
std::string files_to_json(const std::vector<source::WantedFile>& files);

/// Returns an object of texts behind its `schema`.
std::string to_json(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace mlem::command
