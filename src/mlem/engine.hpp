#pragma once

#include "artifact/clone.hpp"
#include "artifact/model_signer.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "check/check.hpp"
#include "edit/branches.hpp"
#include "edit/clone_argument.hpp"
#include "edit/edit_links.hpp"
#include "edit/hold.hpp"
#include "edit/make_link.hpp"
#include "edit/object_argument.hpp"
#include "edit/pin.hpp"
#include "edit/promote.hpp"
#include "edit/rollback.hpp"
#include "edit/sights.hpp"
#include "edit/update.hpp"
#include "history/diff.hpp"
#include "history/in_force.hpp"
#include "history/log.hpp"
#include "history/point_in_time.hpp"
#include "history/range.hpp"
#include "history/status.hpp"
#include "history/who.hpp"
#include "resolve/resolver.hpp"
#include "yaml/metafile.hpp"
#include "yaml/read_object.hpp"

#include "bundle/create.hpp"
#include "bundle/import.hpp"

/// The engine's words that the public header has too: to be included before that, while they are still unambiguous.
namespace mlem::engine {

using Error = mlem::Error;
using Finding = mlem::Finding;
using Link = mlem::Link;

}  // namespace mlem::engine
