#pragma once

#include "model/oid.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mlem {

/// What was asked of a repository: a branch, a tag, `refs/…`, `HEAD` or a full object id. Never an expression.
class Rev {
 public:
  enum class Kind {
    oid,   ///< 40 or 64 hex digits
    head,  ///< `HEAD`
    ref,   ///< a full name: `refs/…`
    name,  ///< a short name, looked up as `refs/<name>`, `refs/tags/<name>`, `refs/heads/<name>`
  };

  /// Returns `text` as a rev.
  /// Throws Error(invalid) if it is neither a full id nor acceptable to git-check-ref-format(1) (with
  /// `--allow-onelevel`), or starts with `-`: `HEAD~1`, `v1^{}`, `a:b`, `--upload-pack=x`, `` (empty).
  static Rev parse(std::string_view text);
  static Rev head();

  Kind kind() const noexcept { return kind_; }
  const std::string& text() const noexcept { return text_; }
  /// The id, if `kind()` is `oid`.
  const std::optional<Oid>& oid() const noexcept { return oid_; }

  friend bool operator==(const Rev& a, const Rev& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const Rev& a, const Rev& b) { return a.text_ <=> b.text_; }

 private:
  Rev(Kind kind, std::string text, std::optional<Oid> oid);
  Kind kind_;
  std::string text_;
  std::optional<Oid> oid_;
};

/// Returns whether git-check-ref-format(1) accepts `name`; one-level names such as `main` count as acceptable.
bool is_ref_name(std::string_view name);

/// Returns whether a branch may have the short name `name`, as `git check-ref-format --branch` has it: no `HEAD`, and
/// nothing that looks like an option.
bool is_branch_name(std::string_view name);

/// Returns the full name of a ref: that of a branch unless `text` begins with `refs/`, or with `heads/` or `tags/` as
/// in gitrevisions(7).
std::string full_ref_name(const std::string& text);

/// Returns whether `text` could be an abbreviated object id: 4 to 63 hex digits that are no full id.
bool is_abbreviated_oid(std::string_view text);

}  // namespace mlem
