// Transfers: what redirections, broken connections and busy servers are to a file that shall come whole.
//
// HttpClient makes one request. Here it is repeated until the file is complete, from where it had come to, or until
// there is a reason to give up.

#include "artifact/transfer.hpp"

#include "artifact/detail/content_range.hpp"
#include "artifact/detail/http_client.hpp"
#include "artifact/detail/http_settings.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"
#include "model/url_policy.hpp"
#include "source/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <poll.h>
#include <set>
#include <utility>

namespace mlem::artifact {
namespace {

using detail::ExchangeEnd;
using detail::HttpClient;
using detail::HttpHead;
using detail::RequestUrl;
using Method = Transfer::Method;

constexpr std::size_t max_error_body = std::size_t{64} << 10;
/// As git has it.
constexpr std::size_t most_redirects = 20;
/// How many files in a row a server may leave without an answer before it is not waited for any more.
constexpr std::size_t most_silences = 8;
/// What a server has to send after it broke off to be worth as many tries as before.
constexpr std::uint64_t worth_another_try = std::uint64_t{1} << 20;

/// An answer in words: `the server answered 404 Not Found`.
std::string describe_answer(const HttpHead& head) {
  constexpr std::size_t longest = 100;
  std::string text = "the server answered " + std::to_string(head.status);
  if (!head.reason.empty()) text += " " + escape_for_terminal(redact(head.reason.substr(0, longest)));
  return text;
}

bool is_redirection(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Whether asking again may help.
bool is_busy(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

Verdict verdict_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return Verdict::auth_required;
    case 404:
    case 410:
      return Verdict::artifact_missing;
    default:
      return Verdict::unreachable;
  }
}

/// Whether an answer is a page for people, where a file was asked for.
bool is_page(const HttpHead& head) { return to_lower_ascii(head.field("content-type")).starts_with("text/html"); }

/// An ETag that says that all bytes are the same, which a weak one does not: RFC 9110, 8.8.1.
std::string strong_etag(const HttpHead& head) {
  std::string etag = head.field("etag");
  return etag.starts_with('"') ? etag : std::string();
}

}  // namespace

std::string shown_url(std::string_view url) {
  return escape_for_terminal(redact(url.substr(0, url.find_first_of("?#"))));
}

/// What the threads of an engine share.
struct detail::TransferState {
  TransferState(const source::Settings& of, Retries with) : settings(&of), retries(with), lookup(of.access) {}

  const source::Settings* settings;
  Retries retries;
  HttpSettingsLookup lookup;
  std::atomic<bool> cancelled = false;
  std::mutex mutex;
  std::vector<std::unique_ptr<HttpClient>> clients;  ///< those that nobody uses
  std::set<std::string> down;                        ///< servers that did not come back after all retries
  std::map<std::string, std::size_t> silent;         ///< how often in a row a server did not answer

  std::unique_ptr<HttpClient> take_client() {
    const std::lock_guard lock(mutex);
    if (clients.empty()) return std::make_unique<HttpClient>();
    auto client = std::move(clients.back());
    clients.pop_back();
    return client;
  }
  void give_back(std::unique_ptr<HttpClient> client) {
    const std::lock_guard lock(mutex);
    clients.push_back(std::move(client));
  }
  bool is_down(const std::string& origin) {
    const std::lock_guard lock(mutex);
    return down.count(origin) != 0;
  }
  void note(const std::string& origin, bool is_up) {
    const std::lock_guard lock(mutex);
    if (!is_up) {
      down.insert(origin);
      return;
    }
    down.erase(origin);
    silent.erase(origin);
  }
  void note_silence(const std::string& origin) {
    const std::lock_guard lock(mutex);
    ++silent[origin];
  }
  bool is_silent(const std::string& origin) {
    const std::lock_guard lock(mutex);
    const auto found = silent.find(origin);
    return found != silent.end() && found->second >= most_silences;
  }
};

namespace {

/// A transfer on its way.
class Run {
 public:
  Run(detail::TransferState& state, Transfer& transfer, HttpClient& client)
      : state_(&state), transfer_(&transfer), client_(&client), position_(transfer.offset), etag_(transfer.etag) {
    if (transfer_->size && position_ > *transfer_->size) position_ = 0;
    highest_ = position_;
    result_.received = position_;
  }

  TransferResult run() {
    if (transfer_->size && position_ == *transfer_->size && transfer_->method == Method::get) {
      // Nothing is left to ask for, as of the empty file, which nobody keeps.
      result_.size = transfer_->size;
      result_.is_stopped = position_ == 0 && transfer_->begin && !transfer_->begin(0);
      return std::move(result_);
    }
    while (!is_over_) attempt();
    result_.received = position_;
    return std::move(result_);
  }

 private:
  std::string name() const { return transfer_->name.empty() ? shown_url(transfer_->url) : transfer_->name; }

  void fail(Verdict verdict, const std::string& why, std::string hint = {}) {
    is_over_ = true;
    if (!takes_body_) result_.body = error_body_;
    result_.refusal = source::Refusal{verdict, "cannot read '" + name() + "': " + why, std::move(hint)};
  }
  void stop() {
    is_over_ = true;
    result_.is_stopped = true;
  }

  /// One request, and the redirections that it leads to.
  void attempt() {
    if (transfer_->expires && Transfer::Clock::now() >= *transfer_->expires && transfer_->renew) {
      if (auto refusal = transfer_->renew(*transfer_)) {
        is_over_ = true;
        result_.refusal = std::move(refusal);
        return;
      }
    }
    std::string url = transfer_->url;
    RequestUrl first;
    for (std::size_t redirects = 0;; ++redirects) {
      RequestUrl here;
      try {
        here = detail::parse_request_url(url);
      } catch (const Error& error) {
        return fail(Verdict::forbidden, std::string(error.what()));
      }
      if (redirects == 0) first = here;
      const bool is_first_server = here.host == first.host && (here.port == first.port || is_upgrade(first, here));
      if (const auto why = why_not(here, is_first_server && transfer_->is_rewritten)) {
        return fail(Verdict::forbidden, (redirects == 0 ? "" : "it redirects to '" + shown_url(url) + "', and that ") +
                                            std::string("may not be used: ") + *why);
      }
      if (state_->is_silent(here.origin())) {
        return fail(Verdict::timeout, "the server has not answered for other files",
                    "mlem.timeout sets how long to wait");
      }
      result_.is_redirected = !is_first_server;
      server_ = here.origin();
      const detail::HttpSettings& settings = state_->lookup.of(here);
      const ExchangeEnd end = exchange(url, settings, is_first_server);
      if (is_over_) return;
      if (!is_redirection(head_.status) || end.kind == ExchangeEnd::Kind::broken) return judge(here, end);
      if (!settings.follow_redirects) {
        return fail(Verdict::unreachable, "it redirects to another address", "use the address that it redirects to");
      }
      if (end.redirect.empty()) return fail(Verdict::unreachable, describe_answer(head_) + " without an address");
      if (redirects == most_redirects) return fail(Verdict::unreachable, "it redirects without end");
      if (here.scheme == "https" && !end.redirect.starts_with("https:")) {
        return fail(Verdict::forbidden, "it redirects from https to '" + shown_url(end.redirect) + "'");
      }
      url = end.redirect;
    }
  }

  static bool is_upgrade(const RequestUrl& from, const RequestUrl& to) {
    return from.scheme == "http" && from.port == "80" && to.scheme == "https" && to.port == "443";
  }

  /// Why an address may not be asked.
  std::optional<std::string> why_not(const RequestUrl& url, bool is_allowed) const {
    if (url.has_user) return "it has a user";
    if (is_allowed) return std::nullopt;
    const UrlPolicy& policy = state_->settings->access.url_policy;
    // The path counts only where there are globs: a file's may have what that of a repository may not.
    const std::string address = url.origin() + (policy.sources.empty() ? "/file" : url.path);
    try {
      return why_forbidden(RepoUrl::parse(address), policy);
    } catch (const Error& error) {
      return error.why().empty() ? std::string(error.what()) : error.why();
    }
  }

  detail::HttpRequest request_for(const std::string& url, bool is_first_server) {
    detail::HttpRequest request{.method = transfer_->method, .url = url, .headers = {}, .body = transfer_->body};
    if (is_first_server) request.headers = transfer_->headers;
    if (transfer_->method == Method::first_byte) request.headers.push_back({"Range", "bytes=0-0"});
    asked_for_range_ = transfer_->method == Method::get && position_ > 0 && uses_ranges_;
    if (asked_for_range_) {
      request.headers.push_back({"Range", "bytes=" + std::to_string(position_) + "-"});
      if (!etag_.empty()) request.headers.push_back({"If-Range", etag_});
    }
    return request;
  }

  ExchangeEnd exchange(const std::string& url, const detail::HttpSettings& settings, bool is_first_server) {
    head_ = {};
    takes_body_ = false;
    result_.status = 0;
    error_body_.clear();
    const detail::ExchangeLimits limits{.idle = state_->settings->budget.timeout,
                                        .deadline = state_->settings->budget.deadline,
                                        .interrupt = state_->settings->observer.interrupt,
                                        .cancelled = &state_->cancelled};
    return client_->exchange(
        request_for(url, is_first_server), settings, limits, [&](const HttpHead& head) { return begin_answer(head); },
        [&](std::string_view bytes) { return take(bytes); });
  }

  /// Judges the head of an answer. Returns whether its body is wanted.
  bool begin_answer(const HttpHead& head) {
    head_ = head;
    result_.status = head.status;
    result_.content_type = head.field("content-type");
    switch (head.status) {
      case 200:
        return begin_whole();
      case 206:
        return begin_part();
      case 416:
        return begin_unsatisfied();
      default:
        return true;  // what it says may be of use
    }
  }

  bool begin_whole() {
    etag_ = strong_etag(head_);
    if (transfer_->method != Method::post) result_.size = head_.length;
    if (transfer_->method == Method::head) return true;
    if (transfer_->method == Method::first_byte) {
      is_over_ = true;
      return false;
    }
    if (!has_right_size(head_.length)) return false;
    position_ = 0;
    return begin_body();
  }

  bool begin_part() {
    const auto range = detail::parse_content_range(head_.field("content-range"));
    const bool is_probe = transfer_->method == Method::first_byte;
    const std::uint64_t wanted = is_probe ? 0 : position_;
    const bool is_right = (is_probe || asked_for_range_) && range && range->first == wanted;
    if (!is_right && begin_without_ranges()) return false;
    if (!is_right) {
      fail(Verdict::unreachable, "the server sends another part of the file than it was asked for");
      return false;
    }
    result_.size = range->total;
    if (is_probe) {
      is_over_ = true;
      return false;
    }
    if (range->total && !has_right_size(range->total)) return false;
    const std::string etag = strong_etag(head_);
    if (!etag_.empty() && !etag.empty() && etag != etag_) {
      // It is another file by now, and the server has not looked at If-Range.
      begin_anew();
      return false;
    }
    if (!etag.empty()) etag_ = etag;
    return begin_body();
  }

  /// There is nothing from there on.
  bool begin_unsatisfied() {
    const auto range = detail::parse_content_range(head_.field("content-range"));
    if (transfer_->method == Method::first_byte && range && range->total == std::uint64_t{0}) {
      result_.size = 0;
      is_over_ = true;
    } else if (position_ > 0) {
      begin_anew();
    } else {
      return true;
    }
    return false;
  }

  void begin_anew() {
    position_ = 0;
    etag_.clear();
    is_anew_ = true;
  }

  /// Has the file sent whole, by a server that does not know how to send a part of one. Returns whether that is new.
  bool begin_without_ranges() {
    if (!asked_for_range_) return false;
    position_ = 0;
    etag_.clear();
    uses_ranges_ = false;
    return true;
  }

  bool has_right_size(const std::optional<std::uint64_t>& size) {
    if (!size) return true;
    if (transfer_->size && *size != *transfer_->size) {
      const std::string not_expected = std::to_string(*size) + " bytes, not " + std::to_string(*transfer_->size);
      if (is_page(head_))
        fail(Verdict::unreachable, "the answer is a page of " + not_expected, "it may be a page to log in on");
      else
        fail(Verdict::artifact_mismatch, "it has " + not_expected);
      return false;
    }
    if (*size > transfer_->limit) {
      fail(Verdict::too_large,
           "it has " + std::to_string(*size) + " bytes, more than " + std::to_string(transfer_->limit) + " are taken");
      return false;
    }
    return true;
  }

  bool begin_body() {
    takes_body_ = true;
    result_.etag = etag_;
    if (!transfer_->take) result_.body.resize(std::min<std::size_t>(result_.body.size(), position_));
    if (transfer_->begin && !transfer_->begin(position_)) {
      stop();
      return false;
    }
    return true;
  }

  bool take(std::string_view bytes) {
    if (!takes_body_) {
      error_body_.append(bytes.substr(0, max_error_body - std::min(max_error_body, error_body_.size())));
      return error_body_.size() < max_error_body;
    }
    const std::uint64_t most = transfer_->size.value_or(transfer_->limit);
    if (bytes.size() > most - std::min(most, position_)) {
      if (transfer_->size && is_page(head_))
        fail(Verdict::unreachable, "the answer is a page of more than " + std::to_string(most) + " bytes",
             "it may be a page to log in on");
      else
        fail(transfer_->size ? Verdict::artifact_mismatch : Verdict::too_large,
             "it has more than " + std::to_string(most) + " bytes");
      return false;
    }
    if (!transfer_->take) {
      result_.body.append(bytes);
    } else if (!transfer_->take(bytes)) {
      stop();
      return false;
    }
    position_ += bytes.size();
    return true;
  }

  /// Decides what comes after an exchange.
  void judge(const RequestUrl& server, const ExchangeEnd& end) {
    using Kind = ExchangeEnd::Kind;
    switch (end.kind) {
      case Kind::timeout:
        state_->note_silence(server.origin());
        return fail(Verdict::timeout,
                    "no progress for " + std::to_string(state_->settings->budget.timeout.count() / 1000) + " seconds",
                    "mlem.timeout sets how long to wait");
      case Kind::deadline:
        return fail(Verdict::timeout, "it took too long");
      case Kind::cancelled:
        return fail(Verdict::unreachable, "it was cancelled");
      case Kind::unreachable:
        return fail(Verdict::unreachable, escape_for_terminal(redact(end.why)));
      case Kind::broken:
        return retry(server, "the connection broke off: " + escape_for_terminal(redact(end.why)));
      case Kind::stopped:
      case Kind::whole:
        break;
    }
    if (std::exchange(is_anew_, false)) return retry(server, "the file changes while it is read");
    if (asked_for_range_ && !uses_ranges_) return;
    const int status = head_.status;
    if (is_busy(status)) return retry(server, answer_text(), retry_after());
    if ((status == 401 || status == 403 || status == 410) && transfer_->renew && !std::exchange(was_renewed_, true)) {
      if (auto refusal = transfer_->renew(*transfer_)) {
        is_over_ = true;
        result_.refusal = std::move(refusal);
      }
      return;
    }
    if (is_about_request(status) && begin_without_ranges()) return;
    if (status != 200 && status != 206 && !(transfer_->method == Method::post && status / 100 == 2)) {
      return fail(verdict_of_status(status), answer_text(), hint_for(status));
    }
    if (transfer_->method == Method::get && transfer_->size && position_ < *transfer_->size) {
      if (is_page(head_)) {
        return fail(
            Verdict::unreachable,
            "the answer is a page of " + std::to_string(position_) + " bytes, not " + std::to_string(*transfer_->size),
            "it may be a page to log in on");
      }
      return retry(server,
                   "it ends after " + std::to_string(position_) + " of " + std::to_string(*transfer_->size) + " bytes");
    }
    if (transfer_->method == Method::get && !result_.size) result_.size = position_;
    state_->note(server.origin(), true);
    is_over_ = true;
  }

  /// An answer in words, with the server's name if it is not the one that was asked.
  std::string answer_text() const {
    const std::string text = describe_answer(head_);
    return result_.is_redirected ? "it redirects to '" + escape_for_terminal(server_) + "', and there " + text : text;
  }

  /// Whether a server that answers so may not have understood what was asked.
  static bool is_about_request(int status) { return status == 400 || status == 405 || status == 501; }

  static std::string hint_for(int status) {
    if (status == 404 || status == 410) return "or this account may not see it";
    return {};
  }

  /// Returns what the header Retry-After says; a date is left to the usual pauses.
  std::optional<std::chrono::milliseconds> retry_after() const {
    const std::string text = head_.field("retry-after");
    long seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || seconds < 0)
      return std::nullopt;
    return std::chrono::seconds(std::min(seconds, 1'000'000L));
  }

  void retry(const RequestUrl& server, const std::string& why,
             std::optional<std::chrono::milliseconds> asked = std::nullopt) {
    const Retries& retries = state_->retries;
    if (position_ >= highest_ + worth_another_try) failures_ = 0;
    highest_ = std::max(highest_, position_);
    if (failures_ == retries.most || state_->is_down(server.origin())) {
      state_->note(server.origin(), false);
      return fail(Verdict::unreachable, why);
    }
    if (asked && *asked > retries.longest) {
      return fail(Verdict::unreachable,
                  why + ", and wants to be asked again in " + std::to_string(asked->count() / 1000) + " seconds");
    }
    const auto pause = asked.value_or(retries.pause * (1U << std::min<std::size_t>(failures_, 16)));
    ++failures_;
    wait(std::min(pause, retries.longest));
  }

  void wait(std::chrono::milliseconds pause) {
    Interrupt* const interrupt = state_->settings->observer.interrupt;
    const auto& deadline = state_->settings->budget.deadline;
    const Interrupt::Wait counted(interrupt);
    const auto until = Transfer::Clock::now() + pause;
    if (deadline && until >= *deadline) return fail(Verdict::timeout, "it took too long");
    while (!state_->cancelled && Transfer::Clock::now() < until) {
      constexpr auto slice = std::chrono::milliseconds(100);
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Transfer::Clock::now());
      pollfd polled{interrupt != nullptr ? interrupt->descriptor() : -1, POLLIN, 0};
      poll(&polled, 1, static_cast<int>(std::clamp<long long>(left.count(), 0, slice.count())));
      if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
    }
  }

  detail::TransferState* state_;
  Transfer* transfer_;
  HttpClient* client_;
  TransferResult result_;
  HttpHead head_;
  std::string server_;  ///< scheme, name and port of what was asked last
  std::string error_body_;
  std::uint64_t position_;
  std::uint64_t highest_ = 0;
  std::string etag_;
  std::size_t failures_ = 0;
  bool uses_ranges_ = true;       ///< none once the server has answered one wrongly
  bool asked_for_range_ = false;  ///< by the last request
  bool takes_body_ = false;
  bool is_anew_ = false;
  bool was_renewed_ = false;
  bool is_over_ = false;
};

/// source::in_parallel() that ends what the other threads do as soon as one throws.
template <typename Work>
void in_workers(detail::TransferState& state, std::size_t count, std::size_t threads, const Work& work) {
  try {
    source::in_parallel(count, threads, [&](std::size_t i) {
      try {
        work(i);
      } catch (...) {
        state.cancelled = true;
        throw;
      }
    });
  } catch (...) {
    state.cancelled = false;
    throw;
  }
}

}  // namespace

TransferEngine::TransferEngine(const source::Settings& settings, Retries retries)
    : state_(std::make_unique<detail::TransferState>(settings, retries)) {}

TransferEngine::~TransferEngine() = default;

const source::Settings& TransferEngine::settings() const noexcept { return *state_->settings; }

TransferResult TransferEngine::run(Transfer transfer) {
  std::unique_ptr<HttpClient> client = state_->take_client();
  TransferResult result = Run(*state_, transfer, *client).run();
  state_->give_back(std::move(client));
  return result;
}

void TransferEngine::run_all(const std::function<std::optional<Transfer>()>& next,
                             const std::function<void(const Transfer&, TransferResult)>& done) {
  std::mutex mutex;
  bool is_at_end = false;
  const auto take_next = [&]() -> std::optional<Transfer> {
    const std::lock_guard lock(mutex);
    if (is_at_end || state_->cancelled) return std::nullopt;
    auto transfer = next();
    is_at_end = !transfer;
    return transfer;
  };
  const std::size_t threads = std::max<std::size_t>(state_->settings->budget.jobs, 1);
  in_workers(*state_, threads, threads, [&](std::size_t) {
    while (const auto transfer = take_next()) {
      TransferResult result = run(*transfer);
      const std::lock_guard lock(mutex);
      if (!state_->cancelled) done(*transfer, std::move(result));
    }
  });
}

std::vector<TransferResult> TransferEngine::run_all(const std::vector<Transfer>& transfers) {
  std::vector<TransferResult> results(transfers.size());
  in_workers(*state_, transfers.size(), std::max<std::size_t>(state_->settings->budget.jobs, 1),
             [&](std::size_t i) { results[i] = run(transfers[i]); });
  return results;
}

}  // namespace mlem::artifact
