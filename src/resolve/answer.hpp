#pragma once

#include "model/link.hpp"
#include "model/oid.hpp"
#include "model/source.hpp"
#include "model/verdict.hpp"
#include "source/conversation.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::resolve {

namespace detail {
class Hints;
}

/// Takes the text of a metafile, which is the blob of that id, until the call returns. Sources are read by several
/// threads, and a blob may be given for each of the questions that lead to it; a file of a work tree is not given.
using TakeText = std::function<void(const Oid& blob, std::string_view text)>;

/// What is asked of one repository.
struct Query {
  /// Of an alias, its path is that in the tree it is looked up in. Divided where the rev ends, once the refs are known.
  Source source;
  std::optional<Oid> pinned_blob;  ///< what the first link that led here is pinned to: for a hint if its path is gone
  bool wants_text = false;         ///< whether the metafile's text is to be in the answer
  const TakeText* take_text = nullptr;  ///< while it is being answered, who takes the text instead
  bool is_only_sought = false;          ///< whether its id is all that is wanted of the metafile, which is not read
  detail::Hints* hints = nullptr;       ///< while it is being answered, where hints about its source are remembered
};

/// A query with what the repository says to it.
struct Answer : Query {
  Verdict verdict = Verdict::ok;
  std::string message;
  std::string hint;
  std::string flaw;               ///< of a file that is not a MLEM object: what it is an invalid link for by itself
  std::string ref;                ///< full name of what the rev matched; empty for an id
  std::string rev;                ///< as asked
  std::string stored_rev;         ///< what a link to it stores: for `HEAD`, the branch's name or the commit's id
  std::optional<Oid> commit;      ///< none in an index or work tree
  std::int64_t commit_time = 0;   ///< seconds since 1970
  std::string path;               ///< as found, else as asked
  std::optional<Oid> blob;        ///< or tree, of a plain source; none in a work tree
  std::string object_type;        ///< of an object with a metafile
  std::optional<Plain> plain;     ///< what is there of what has none; never `either`
  source::Proof proof;            ///< what the source was last seen to have
  std::string text;               ///< the metafile as it is
  std::optional<Link> link;       ///< if a link was found instead
  std::string link_base;          ///< where that link's path starts if it is an alias
  std::vector<Warning> warnings;  ///< about the metafile

  /// Gives a negative answer.
  void fail(Verdict why, std::string what, std::string remedy = {});
  /// Gives the answer that the file at `path` is not a MLEM object.
  void reject_file(std::string why, std::string remedy = {});
  /// Takes over what another query about the same rev led to.
  void take_rev_of(const Answer& other);
  /// Takes a negative answer back.
  void ask_again();
  bool failed() const noexcept { return verdict != Verdict::ok; }
  /// What Git calls the thing that `blob` is the id of.
  std::string_view git_type() const noexcept { return plain ? name(*plain) : name(Plain::blob); }
};

}  // namespace mlem::resolve
