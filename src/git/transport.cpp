// git's network commands.
//
// A command is about another repository and runs as the user's git would run it in the registry: from the same
// directory, with what the registry's configuration says about transports, and nothing else of it.

#include "git/transport.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/diagnosis.hpp"
#include "git/detail/growth.hpp"
#include "git/detail/transport_config.hpp"

#include <algorithm>
#include <string>

namespace mlem::git {
namespace {

using detail::add_config;
using detail::Growth;
using detail::remove_leftovers;

constexpr std::size_t max_refs_output = std::size_t{256} << 20;

ErrorKind kind_of(TransportFailure failure) {
  switch (failure) {
    case TransportFailure::missing_repo:
    case TransportFailure::missing_ref:
    case TransportFailure::missing_object:
      return ErrorKind::not_found;
    default:
      return ErrorKind::unavailable;
  }
}

std::string hint_for(TransportFailure failure, std::string_view name) {
  switch (failure) {
    case TransportFailure::missing_repo:
      return "or this account may not see it";
    case TransportFailure::redirected:
      return "use the address that it redirects to";
    case TransportFailure::auth_required:
      return "log in with 'git ls-remote " + std::string(name) + "'";
    default:
      return {};
  }
}

TransportError too_large(std::string_view name, const TransportOptions& options) {
  return {TransportFailure::too_large, "cannot read '" + std::string(name) + "'",
          "it sends more than " + std::to_string(options.max_growth) + " bytes", "mlem.maxFetch sets the limit"};
}

[[noreturn]] void throw_failure(const RunResult& result, std::string_view name, const TransportOptions& options) {
  const std::string what = "cannot read '" + std::string(name) + "'";
  switch (result.end) {
    case RunResult::End::idle:
      throw TransportError(TransportFailure::timeout, what,
                           "no progress for " + std::to_string(options.idle.count() / 1000) + " seconds",
                           "mlem.timeout sets how long to wait");
    case RunResult::End::deadline:
      throw TransportError(TransportFailure::timeout, what, "it took too long", {});
    case RunResult::End::output:
      throw TransportError(TransportFailure::too_large, what, "it has too many refs", {});
    case RunResult::End::exceeded:
      throw too_large(name, options);
    case RunResult::End::exited:
      break;
  }
  detail::Diagnosis diagnosis = detail::diagnose(result.errors);
  if (diagnosis.failure == TransportFailure::redirected) {
    diagnosis.why = "it redirects to another address: " + diagnosis.why;
  }
  if (diagnosis.why.empty()) diagnosis.why = "git ended with code " + std::to_string(result.code);
  throw TransportError(diagnosis.failure, what, diagnosis.why, hint_for(diagnosis.failure, name), diagnosis.missing,
                       diagnosis.explained);
}

RunResult transport_run(std::vector<std::string> arguments, const Environment& environment, std::string_view input,
                        std::string_view name, const TransportOptions& options, Limits limits) {
  // A user who is asked may take any time.
  if (!options.interactive) limits.idle = options.idle;
  limits.deadline = options.deadline;
  RunResult result = run(detail::git_program(std::move(arguments), environment, options.directory), input,
                         options.interactive ? Session::shared : Session::own, limits, options.interrupt);
  if (result.end != RunResult::End::exited || result.code != 0) throw_failure(result, name, options);
  return result;
}

/// Throws if the answer that there are no refs was not given in git's protocol. git takes any page without a newline
/// for the empty list of a server of plain files: a login page, say.
void require_git_protocol(const std::vector<std::string>& command, Environment environment, std::string_view name,
                          const TransportOptions& options, const Limits& limits) {
  environment.set("GIT_TRACE_PACKET", "2");
  const RunResult again = transport_run(command, environment, {}, name, options, limits);
  if (again.errors.find("packet: ") != std::string::npos) return;
  throw TransportError(TransportFailure::unreachable, "cannot read '" + std::string(name) + "'",
                       "the answer has no refs and is not in git's protocol", "it may be a page to log in on");
}

}  // namespace

TransportError::TransportError(TransportFailure failure, std::string what_failed, std::string why, std::string hint,
                               std::string missing, Explained explained)
    : Error(kind_of(failure), std::move(what_failed), std::move(why), std::move(hint)),
      failure_(failure),
      missing_(std::move(missing)),
      explained_(explained) {}

Transport::Transport(Environment environment, TransportOptions options)
    : environment_(std::move(environment)), options_(std::move(options)) {
  environment_.set("GIT_NO_LAZY_FETCH", "1");
  environment_.set("GIT_OPTIONAL_LOCKS", "0");
  detail::override_config(environment_);
  if (options_.logins != nullptr) options_.logins->add_to(environment_);
  if (!options_.interactive) detail::ask_without_terminal(environment_);
}

RemoteRefs Transport::list_refs(std::string_view url, std::string_view name) const {
  Limits limits;
  limits.output = max_refs_output;
  // Without a repository: that of the current directory has settings too.
  const std::vector<std::string> command{"--git-dir=/dev/null", "ls-remote", "--symref", "--", std::string(url)};
  const std::string output = transport_run(command, environment_, {}, name, options_, limits).output;
  if (output.empty()) require_git_protocol(command, environment_, name, options_, limits);
  RemoteRefs remote;
  for (const std::string_view line : split(output, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view value = line.substr(0, tab);
    const std::string_view ref = line.substr(tab + 1);
    constexpr std::string_view symbolic = "ref: ";
    if (value.starts_with(symbolic)) {
      if (ref == "HEAD") remote.head_branch = std::string(value.substr(symbolic.size()));
    } else if (const auto oid = Oid::parse(value); oid && !ref.ends_with("^{}")) {
      remote.refs.push_back({std::string(ref), *oid});
    }
  }
  return remote;
}

void Transport::fetch(const fs::path& git_dir, std::string_view url, std::string_view name, const Fetch& fetch) const {
  Environment environment = environment_;
  // A small pack would be unpacked, out of sight of the limit on growth.
  add_config(environment, "fetch.unpackLimit", "1");
  if (!fetch.filter.empty()) {
    // git would write these into the repository's configuration, which is a constant.
    const std::string remote = "remote." + std::string(url);
    add_config(environment, remote + ".promisor", "true");
    add_config(environment, remote + ".partialCloneFilter", fetch.filter);
  }
  const bool only_ids = std::all_of(fetch.refspecs.begin(), fetch.refspecs.end(),
                                    [](const std::string& refspec) { return Oid::parse(refspec).has_value(); });
  // What is wanted by id is lacking whatever else is there: telling the server about it would only make it send less.
  if (only_ids) add_config(environment, "fetch.negotiationAlgorithm", "noop");

  std::vector<std::string> arguments{"--git-dir=" + git_dir.string(),
                                     "fetch",
                                     "--progress",
                                     "--no-auto-maintenance",
                                     "--no-write-fetch-head",
                                     "--no-tags",
                                     "--no-recurse-submodules"};
  arguments.push_back(fetch.filter.empty() ? "--no-filter" : "--filter=" + fetch.filter);
  if (fetch.shallow) arguments.emplace_back("--depth=1");
  if (fetch.prune) arguments.emplace_back("--prune");
  if (fetch.refetch) arguments.emplace_back("--refetch");
  arguments.insert(arguments.end(), {"--stdin", "--", std::string(url)});
  std::string input;
  for (const std::string& refspec : fetch.refspecs) input += refspec + "\n";

  remove_leftovers(git_dir);
  Growth growth(git_dir, options_.max_growth);
  Limits limits;
  limits.exceeded = [&] { return growth.is_too_much_by_now(); };
  try {
    const RunResult result = transport_run(std::move(arguments), environment, input, name, options_, limits);
    if (options_.notice && result.errors.find("filtering not recognized by server") != std::string::npos) {
      options_.notice("it cannot leave anything out, and sends models too");
    }
    // What comes fast is here before anybody has looked.
    if (growth.is_too_much()) throw too_large(name, options_);
  } catch (const TransportError& error) {
    remove_leftovers(git_dir);
    if (error.failure() == TransportFailure::too_large) growth.undo();
    throw;
  } catch (...) {
    remove_leftovers(git_dir);
    throw;
  }
}

}  // namespace mlem::git
