#include "artifact/login.hpp"

#include "artifact/detail/curl_library.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace mlem::artifact {
namespace {

Transfer with_login(Transfer transfer, const std::optional<HttpHeader>& header) {
  if (header) transfer.headers.push_back(*header);
  return transfer;
}

git::TransportOptions credential_options(const source::Settings& settings, bool interactive) {
  return {.idle = settings.budget.timeout,
          .deadline = settings.budget.deadline,
          .interactive = interactive,
          .directory = settings.access.directory,
          .logins = settings.access.logins.get(),
          .interrupt = settings.observer.interrupt};
}

/// Whether a login is wanted there. What another server wants, to which a file is redirected, is not ours to give, and
/// says nothing about what was sent to this one.
bool wants_login(const TransferResult& result) { return result.status == 401 && !result.is_redirected; }

/// Returns `<scheme>://<host>` of an address, whose user may be a secret.
std::string server_of(const std::string& url) {
  const std::size_t start = url.find("://") + 3;
  const std::size_t end = std::min(url.find('/', start), url.size());
  const std::size_t at = url.rfind('@', end);
  const std::size_t host = at == std::string::npos || at < start ? start : at + 1;
  return escape_for_terminal(url.substr(0, start) + url.substr(host, end - host));
}

}  // namespace

HttpHeader basic_authorization(const std::string& user, const std::string& password) {
  return {"Authorization", "Basic " + base64(user + ":" + password)};
}

Login::Login(std::string url, std::optional<HttpHeader> known, const source::Settings& settings)
    : url_(std::move(url)), settings_(&settings), header_(std::move(known)) {}

std::optional<HttpHeader> Login::header() const {
  const std::lock_guard lock(mutex_);
  return header_;
}

TransferResult Login::run(TransferEngine& engine, const Transfer& transfer) {
  std::optional<HttpHeader> sent = header();
  TransferResult result = engine.run(with_login(transfer, sent));
  if (!wants_login(result)) return result;
  const std::lock_guard lock(asking_);
  if (const auto found = header(); found != sent) {
    result = engine.run(with_login(transfer, found));
    if (!wants_login(result)) return result;
  }
  for (const bool interactive : {false, true}) {
    if (is_hopeless_) break;
    if (auto tried = try_helpers(engine, transfer, interactive)) result = std::move(*tried);
    if (!wants_login(result)) return result;
  }
  is_hopeless_ = true;
  if (result.refusal) {
    result.refusal->hint = "set up a login for '" + server_of(url_) + "', as gitcredentials(7) tells";
  }
  return result;
}

std::optional<TransferResult> Login::try_helpers(TransferEngine& engine, const Transfer& transfer, bool interactive) {
  const source::Access& access = settings_->access;
  if (interactive) {
    if (!access.interactive) return std::nullopt;
    if (access.logins != nullptr && !access.logins->may_ask(detail::parse_request_url(url_).host)) return std::nullopt;
  }
  const git::TransportOptions options = credential_options(*settings_, interactive);
  const auto credential = git::fill_credential(url_, access.environment, options);
  if (!credential) return std::nullopt;
  const HttpHeader header = basic_authorization(credential->username, credential->password);
  TransferResult result = engine.run(with_login(transfer, header));
  if (wants_login(result)) {
    git::reject_credential(*credential, access.environment, options);
    return result;
  }
  // No answer says nothing about the login.
  if (!result.refusal || result.status == 404) git::approve_credential(*credential, access.environment, options);
  const std::lock_guard lock(mutex_);
  header_ = header;
  return result;
}

}  // namespace mlem::artifact
