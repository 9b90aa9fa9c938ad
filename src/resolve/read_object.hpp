#pragma once

#include "resolve/answer.hpp"
#include "resolve/tree_view.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::resolve {

/// Looks `path` up in `view`. Returns the metafile that is there, which `answer.path` then names; nothing if the answer
/// failed, if it is whole because its source is plain, or if the repository lacks what `missing` then has.
std::optional<git::Entry> find_object(TreeView& view, const std::string& path, const std::string& base, Answer& answer,
                                      std::vector<Oid>& missing);

/// Reads what find_object() found into the answer. Returns whether it is there: a repository may lack it.
/// Throws Error(unavailable) if it is there and cannot be read.
bool read_object(TreeView& view, const git::Entry& entry, Answer& answer);

/// A metafile that waits to be read.
struct Found {
  TreeView* view;  ///< where find_object() found it
  git::Entry entry;
};

/// Takes the content of one of many: its place among them, and read_object() for an answer of the caller's.
using TakeContent = std::function<void(std::size_t i, const std::function<bool(Answer&)>& read)>;

/// Calls `take` for each of `found`, all of `repository`, in any order. Each distinct blob is read once; what there is
/// no time left for fails.
void read_objects(git::Repository& repository, const std::vector<Found>& found, const source::Settings& settings,
                  const TakeContent& take);

/// Gives the answer that there was no time left: a large object takes seconds to read, and there may be many.
void fail_for_time(Answer& answer);

/// Calls `work` and returns its answer. What cannot be read of a repository is an answer about the one link that wants
/// it: then the answer fails, and false is returned.
bool answer_or_fail(Answer& answer, const std::function<bool()>& work);

}  // namespace mlem::resolve
