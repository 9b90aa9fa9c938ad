#pragma once

#include "git/registry.hpp"
#include "model/finding.hpp"
#include "resolve/answer.hpp"
#include "source/reachability.hpp"
#include "source/settings.hpp"

#include <deque>
#include <string>
#include <vector>

namespace mlem::check::detail {

/// The commits of links that have to be on a branch or tag of their source. All are asked for together.
class CommitsOnRefs {
 public:
  /// Wants every commit of a link's chain on a ref; else `finding` falls, which is not copied. `policy` wants it so;
  /// empty: the user does.
  void want(Finding& finding, const std::vector<resolve::Answer>& chain, const std::string& policy);
  /// Asks the sources and completes the findings.
  void settle(const git::Registry& registry, const source::Settings& settings, const source::PushedRefs& pushed_refs);

 private:
  struct Wanted {
    source::Reachability question;
    Finding* finding = nullptr;
    std::string policy;
  };
  std::deque<Wanted> wanted_;
};

}  // namespace mlem::check::detail
