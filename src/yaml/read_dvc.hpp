#pragma once

#include "model/dvc.hpp"

#include <functional>
#include <string_view>
#include <vector>

// Every function here throws Error(invalid) for text that is not one YAML mapping, with its position, for more than
// 500,000 values or `max_object_size` bytes, and for a part of it that is needed and is not as DVC writes it. What
// `require_time` throws passes: it is called now and then, for a large file takes seconds.

namespace mlem::yaml {

/// Reads a `.dvc` file, of DVC 0.x to 3.
dvc::Stage read_dvc_file(std::string_view text, const std::function<void()>& require_time = {});

/// Reads the stages of a `dvc.lock`, of DVC 1 (without `schema`) to 3. Their directories are in `dvc.yaml`.
std::vector<dvc::Stage> read_dvc_lock(std::string_view text, const std::function<void()>& require_time = {});

/// Reads which stages of a `dvc.yaml` have a directory of their own (`wdir`). Stages of a `foreach` are called
/// `<name>@<item>` in `dvc.lock`, and `<name>` here.
std::vector<dvc::StageDirectory> read_dvc_directories(std::string_view text,
                                                      const std::function<void()>& require_time = {});

}  // namespace mlem::yaml
