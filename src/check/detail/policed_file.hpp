#pragma once

#include "check/check.hpp"
#include "git/repository.hpp"
#include "model/finding.hpp"
#include "model/oid.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::check::detail {

/// Returns the policies in force in a scope that are about the file `name`.
std::vector<const Rules*> rules_for(const Scope& scope, std::string_view name);

/// Returns whether a directory (empty: the root) of a commit or tree has a link that a policy is about.
bool has_policed_link(const Policy& policy, git::Repository& objects, const Oid& tree, const std::string& directory);

/// A file of a scope, held to what policies say of files whatever they lead to. What is broken becomes part of the
/// file's finding.
class PolicedFile {
 public:
  /// `finding` gives the file's finding, and makes one if there is none. Nothing is copied.
  PolicedFile(const Scope& scope, const std::string& name, std::function<Finding&()> finding);

  /// Wants an approver for what happened to the file: `added`, `changed`, `removed`.
  void require_approval(const std::string& what_happened) const;
  /// Wants an approver for a change that makes or removes the project `directory`, where the aliases below it start, if
  /// any link there is policed. Of changes of a commit only.
  void require_approval_of_project(const std::string& directory, git::Repository& objects) const;
  /// Forbids a symbolic link or submodule, which would put under a policed path what nobody has judged. Returns whether
  /// that was done.
  bool forbid_link(const git::Entry& entry) const;
  /// Forbids an object where a policy allows only links.
  void forbid_object() const;
  /// There was no time to read the file. What a policy is about does not pass unread, whatever `mlem.onUndecided` says.
  void forbid_unread() const;

 private:
  const Scope& scope_;
  const std::string& name_;
  std::function<Finding&()> finding_;
};

}  // namespace mlem::check::detail
