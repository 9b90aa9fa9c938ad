#include "artifact/dvc_http_remote.hpp"

#include "artifact/dvc_directory.hpp"
#include "base/text.hpp"
#include "source/in_parallel.hpp"

#include <algorithm>
#include <utility>

namespace mlem::artifact {
namespace {

std::string without_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// What the configuration says is sent from the beginning, as DVC does.
std::optional<HttpHeader> configured_login(const DvcRemote& remote) {
  if (remote.password.empty() || has_control_character(remote.password)) return std::nullopt;
  if (remote.auth == "basic") return basic_authorization(remote.user, remote.password);
  if (remote.auth == "custom" && !remote.custom_auth_header.empty() &&
      !has_control_character(remote.custom_auth_header) && remote.custom_auth_header.find(':') == std::string::npos) {
    return HttpHeader{remote.custom_auth_header, remote.password};
  }
  return std::nullopt;
}

/// Whether a server has refused HEAD, and not the file.
bool refuses_head(const TransferResult& result) {
  constexpr int statuses[] = {400, 403, 405, 501};
  return std::find(std::begin(statuses), std::end(statuses), result.status) != std::end(statuses) ||
         (!result.refusal && !result.size);
}

}  // namespace

std::optional<UsableDvcRemote> find_usable_remote(const DvcConfig& committed, const DvcConfig* local,
                                                  std::string_view name) {
  DvcConfig merged = committed;
  if (local != nullptr) merged.overlay(*local);
  auto remote = merged.find_remote(name);
  if (!remote) return std::nullopt;
  const auto theirs = committed.find_remote(remote->name);
  const bool is_committed = theirs && !theirs->password.empty() && theirs->password == remote->password;
  if (is_committed) remote->password.clear();
  return UsableDvcRemote{std::move(*remote), is_committed};
}

DvcHttpRemote::DvcHttpRemote(UsableDvcRemote remote, TransferEngine& engine)
    : remote_(std::move(remote)),
      engine_(&engine),
      login_(without_slashes(remote_.remote.url), configured_login(remote_.remote), engine.settings()) {}

std::string DvcHttpRemote::url_of(const DvcWanted& wanted) const {
  return without_slashes(remote_.remote.url) + "/" + dvc_object_path(wanted.md5, wanted.layout);
}

Transfer DvcHttpRemote::request(const DvcWanted& wanted, Transfer::Method method) const {
  return {.method = method, .url = url_of(wanted)};
}

std::vector<ObjectAnswer> DvcHttpRemote::ask(const std::vector<DvcWanted>& wanted) {
  std::vector<ObjectAnswer> answers(wanted.size());
  source::in_parallel(wanted.size(), std::max<std::size_t>(engine_->settings().budget.jobs, 1),
                      [&](std::size_t i) { answers[i] = ask_one(wanted[i]); });
  return answers;
}

ObjectAnswer DvcHttpRemote::ask_one(const DvcWanted& wanted) {
  TransferResult result = login_.run(*engine_, request(wanted, Transfer::Method::head));
  if (refuses_head(result)) result = login_.run(*engine_, request(wanted, Transfer::Method::first_byte));
  if (result.refusal) return ObjectAnswer::of(with_hint(std::move(*result.refusal)));
  // Nothing that is a page for people is taken for an answer about the file.
  const bool is_page = to_lower_ascii(result.content_type).starts_with("text/html");
  if (is_page && wanted.size && result.size != wanted.size) {
    return ObjectAnswer::of({Verdict::unreachable,
                             "cannot read '" + shown_url(url_of(wanted)) + "': the answer is a page",
                             "it may be a page to log in on"});
  }
  return ObjectAnswer::exists(result.size);
}

source::Refusal DvcHttpRemote::with_hint(source::Refusal refusal) const {
  if (refusal.verdict == Verdict::auth_required && remote_.has_committed_password) {
    refusal.hint = "the password in '.dvc/config' is not used; " + (refusal.hint.empty() ? "log in" : refusal.hint);
  }
  return refusal;
}

Transfer DvcHttpRemote::transfer(const DvcWanted& wanted) {
  Transfer transfer = request(wanted, Transfer::Method::get);
  transfer.size = wanted.size;
  if (const auto header = login_.header()) transfer.headers.push_back(*header);
  transfer.renew = [this, wanted](Transfer& renewed) -> std::optional<source::Refusal> {
    const TransferResult result = login_.run(*engine_, request(wanted, Transfer::Method::first_byte));
    if (result.refusal) return with_hint(*result.refusal);
    renewed.headers.clear();
    if (const auto header = login_.header()) renewed.headers.push_back(*header);
    return std::nullopt;
  };
  return transfer;
}

}  // namespace mlem::artifact
