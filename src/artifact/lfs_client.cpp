#include "artifact/lfs_client.hpp"

#include "artifact/detail/curl_library.hpp"
#include "artifact/lfs_store.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/ssh.hpp"
#include "source/in_parallel.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// The stores of this machine are looked at first, and only what they lack is asked of the server, many objects by one
// request. The first batch goes alone: it finds out how to log in and how many objects the server takes at once. The
// others then go several at a time. The addresses in the answers are remembered, so that a transfer that starts soon
// needs no request of its own; where none is known, or it has expired, it is asked for when the transfer starts.

namespace mlem::artifact {
namespace {

constexpr const char* lfs_media_type = "application/vnd.git-lfs+json";
/// A hundred objects with signed addresses have some 200 KiB.
constexpr std::uint64_t max_batch_answer = std::uint64_t{16} << 20;
/// How many addresses are remembered for transfer().
constexpr std::size_t most_known = 10'000;

std::string last_line(std::string_view text) {
  constexpr std::size_t longest = 200;
  text = trim(text);
  const std::size_t newline = text.rfind('\n');
  if (newline != std::string_view::npos) text = text.substr(newline + 1);
  return escape_for_terminal(redact(text.substr(0, longest)));
}

bool has_authorization(const std::vector<HttpHeader>& headers) {
  return std::any_of(headers.begin(), headers.end(),
                     [](const HttpHeader& header) { return to_lower_ascii(header.name) == "authorization"; });
}

std::string without_slash_at_end(std::string url) {
  if (url.ends_with('/')) url.pop_back();
  return url;
}

std::string login_url(const LfsEndpoint& endpoint) {
  if (endpoint.user.empty()) return endpoint.url;
  std::string url = endpoint.url;
  std::string user;
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : endpoint.user) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != std::string_view::npos)
      user += c;
    else
      user.append(1, '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  }
  return url.insert(url.find("://") + 3, user + "@");
}

std::optional<HttpHeader> known_login(const LfsEndpoint& endpoint) {
  if (endpoint.password.empty()) return std::nullopt;
  return basic_authorization(endpoint.user, endpoint.password);
}

}  // namespace

LfsClient::LfsClient(LfsEndpoint endpoint, TransferEngine& engine)
    : endpoint_(std::move(endpoint)),
      engine_(&engine),
      login_(login_url(endpoint_), known_login(endpoint_), engine.settings()) {}

std::optional<fs::path> LfsClient::find_local(const LfsPointer& pointer) const {
  if (!endpoint_.store || pointer.size == 0) return std::nullopt;
  std::vector<fs::path> stores = {*endpoint_.store};
  stores.insert(stores.end(), endpoint_.borrowed_stores.begin(), endpoint_.borrowed_stores.end());
  for (const fs::path& store : stores) {
    if (ask_lfs_store(store, pointer).kind == ObjectAnswer::Kind::exists) return lfs_object_path(store, pointer.oid);
  }
  return std::nullopt;
}

/// Returns what the stores of this machine say; that it is missing, of the source's own.
ObjectAnswer LfsClient::ask_stores(const LfsPointer& pointer) const {
  ObjectAnswer own = ask_lfs_store(*endpoint_.store, pointer);
  for (const fs::path& store : endpoint_.borrowed_stores) {
    if (own.kind == ObjectAnswer::Kind::exists) break;
    ObjectAnswer other = ask_lfs_store(store, pointer);
    if (other.kind == ObjectAnswer::Kind::exists) return other;
  }
  return own;
}

std::vector<ObjectAnswer> LfsClient::ask(const std::vector<LfsPointer>& pointers) {
  std::vector<ObjectAnswer> answers(pointers.size());
  std::vector<std::size_t> remote;
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    if (endpoint_.store || pointers[i].size == 0) {
      // Nobody keeps the empty file.
      answers[i] = endpoint_.store ? ask_stores(pointers[i]) : ObjectAnswer::exists(0);
      if (answers[i].kind == ObjectAnswer::Kind::exists || endpoint_.url.empty()) continue;
    }
    remote.push_back(i);
  }
  // Returns why the server did not answer at all.
  const auto ask_some = [&](std::size_t start, std::size_t count) {
    std::vector<LfsPointer> some;
    for (std::size_t i = start; i < start + count; ++i) some.push_back(pointers[remote[i]]);
    source::Refusal refusal;
    Answers told = ask_batch(some, refusal);
    for (std::size_t i = 0; i < count; ++i) answers[remote[start + i]] = std::move(told[i].answer);
    return refusal;
  };
  // The first one finds out how to get in, and how many objects the server takes.
  const std::size_t first = std::min(remote.size(), lfs_batch_size);
  if (first == 0) return answers;
  if (const source::Refusal refusal = ask_some(0, first); refusal.verdict != Verdict::ok) {
    for (const std::size_t i : remote) answers[i] = ObjectAnswer::of(refusal);
    return answers;
  }
  const std::size_t size = batch_size_;
  const std::size_t batches = (remote.size() - first + size - 1) / size;
  source::in_parallel(batches, std::max<std::size_t>(engine_->settings().budget.jobs, 1), [&](std::size_t batch) {
    const std::size_t start = first + batch * size;
    ask_some(start, std::min(size, remote.size() - start));
  });
  return answers;
}

/// Asks for objects by as many requests as the server wants. In `refusal` is why it did not answer at all.
LfsClient::Answers LfsClient::ask_batch(const std::vector<LfsPointer>& pointers, source::Refusal& refusal) {
  Answers answers;
  answers.reserve(pointers.size());
  while (answers.size() < pointers.size()) {
    const auto from = pointers.begin() + static_cast<std::ptrdiff_t>(answers.size());
    const std::size_t count = std::min(batch_size_.load(), pointers.size() - answers.size());
    const std::vector<LfsPointer> some(from, from + static_cast<std::ptrdiff_t>(count));
    refusal = {};
    const TransferResult result = post(some, refusal);
    if (result.status == 413 && count > 1) {
      batch_size_ = count / 2;
      continue;
    }
    if (refusal.verdict != Verdict::ok) {
      answers.resize(pointers.size(), {.answer = ObjectAnswer::of(refusal)});
      break;
    }
    Answers told = read_answers(result, some);
    std::move(told.begin(), told.end(), std::back_inserter(answers));
  }
  return answers;
}

/// Makes one request; in `refusal` is why there is no answer.
TransferResult LfsClient::post(const std::vector<LfsPointer>& pointers, source::Refusal& refusal) {
  TransferResult result;
  std::optional<Access> used;
  for (int tries = 0; tries < 2; ++tries) {
    auto granted = access(used ? &*used : nullptr);
    if (const auto* const refused = std::get_if<source::Refusal>(&granted)) {
      refusal = *refused;
      return {};
    }
    used = std::get<Access>(std::move(granted));
    Transfer transfer{.method = Transfer::Method::post,
                      .url = used->url + "/objects/batch",
                      .headers = used->headers,
                      .body = lfs_batch_request(pointers),
                      .limit = max_batch_answer,
                      .is_rewritten = endpoint_.is_rewritten};
    transfer.headers.push_back({"Accept", lfs_media_type});
    transfer.headers.push_back({"Content-Type", lfs_media_type});
    result = has_authorization(used->headers) ? engine_->run(transfer) : login_.run(*engine_, transfer);
    // What ssh was told may have expired early.
    if (!endpoint_.ssh || (result.status != 401 && result.status != 403)) break;
  }
  if (result.refusal) {
    refusal = *result.refusal;
    const std::string message = parse_lfs_message(result.body);
    if (!message.empty()) refusal.message += ": " + message;
  }
  return result;
}

LfsClient::Answers LfsClient::read_answers(const TransferResult& result, const std::vector<LfsPointer>& pointers) {
  try {
    Answers answers = parse_lfs_batch(result.body, pointers);
    remember(pointers, answers);
    return answers;
  } catch (const Error& error) {
    const source::Refusal refusal{Verdict::unreachable, "cannot read '" + shown_url(base_url()) + "': " + error.what(),
                                  "it may be another service than Git LFS"};
    return Answers(pointers.size(), {.answer = ObjectAnswer::of(refusal)});
  }
}

void LfsClient::remember(const std::vector<LfsPointer>& pointers, const Answers& answers) {
  const std::lock_guard lock(mutex_);
  if (known_.size() + pointers.size() > most_known) known_.clear();
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    if (answers[i].answer.kind == ObjectAnswer::Kind::exists) known_.insert_or_assign(pointers[i].oid, answers[i]);
  }
}

/// Returns where the endpoint is and with which headers. `refused`: what did not do.
std::variant<LfsClient::Access, source::Refusal> LfsClient::access(const Access* refused) {
  if (!endpoint_.ssh) return Access{endpoint_.url, {}, {}};
  const std::lock_guard lock(authenticating_);
  const bool is_valid =
      authenticated_ && (!authenticated_->expires || Transfer::Clock::now() < *authenticated_->expires);
  if (is_valid && (refused == nullptr || refused->headers != authenticated_->headers)) return *authenticated_;
  auto granted = authenticate();
  if (const auto* const access = std::get_if<Access>(&granted)) authenticated_ = *access;
  return granted;
}

/// Runs `git-lfs-authenticate` on the server of the source.
RunResult LfsClient::run_authenticate(bool interactive) const {
  const source::Settings& settings = engine_->settings();
  const git::TransportOptions options{.idle = settings.budget.timeout,
                                      .deadline = settings.budget.deadline,
                                      .interactive = interactive,
                                      .directory = settings.access.directory,
                                      .interrupt = settings.observer.interrupt};
  return git::run_ssh(*endpoint_.ssh, {"git-lfs-authenticate", endpoint_.ssh->path, "download"},
                      settings.access.environment, options);
}

/// Asks there, and the user on the terminal where ssh wants that.
std::variant<LfsClient::Access, source::Refusal> LfsClient::authenticate() {
  constexpr int no_such_command = 127;
  constexpr int ssh_failed = 255;
  const source::Access& settings = engine_->settings().access;
  const std::string user_and_host = escape_for_terminal(endpoint_.ssh->user_and_host);
  const std::string what = "cannot ask '" + user_and_host + "' for Git LFS by ssh";
  RunResult ran = run_authenticate(false);
  const std::string host = user_and_host.substr(user_and_host.rfind('@') + 1);
  if (ran.code == ssh_failed && settings.interactive &&
      (settings.logins == nullptr || settings.logins->may_ask(host))) {
    ran = run_authenticate(true);
  }
  if (ran.end != RunResult::End::exited) return source::Refusal{Verdict::timeout, what + ": it took too long", {}};
  lacks_authenticate_ = ran.code == no_such_command;
  if (lacks_authenticate_) return Access{endpoint_.url, {}, {}};
  if (ran.code != 0) {
    return source::Refusal{ran.code == ssh_failed ? Verdict::auth_required : Verdict::unreachable,
                           what + ": " + last_line(ran.errors), "'ssh " + user_and_host + "' shows more"};
  }
  try {
    LfsAction action = parse_lfs_authentication(ran.output);
    return Access{action.href.empty() ? endpoint_.url : without_slash_at_end(std::move(action.href)),
                  std::move(action.headers), action.expires};
  } catch (const Error& error) {
    return source::Refusal{Verdict::unreachable, what + ": " + error.what(), {}};
  }
}

/// Lets a transfer ask where the server says that the object is, with what it told for that, and with the login for
/// itself where it told none.
std::optional<source::Refusal> LfsClient::direct(Transfer& transfer, const LfsObjectAnswer& answer) const {
  const LfsAction& download = answer.download;
  const auto refuse = [&](const std::string& why) {
    return source::Refusal{Verdict::forbidden, "cannot read '" + transfer.name + "': " + why, {}};
  };
  try {
    const auto there = detail::parse_request_url(download.href);
    const auto here = detail::parse_request_url(base_url());
    if (here.scheme == "https" && there.scheme != "https") {
      return refuse("the server sends from https to '" + shown_url(download.href) + "'");
    }
    const bool is_same_server = there.origin() == here.origin();
    transfer.url = download.href;
    transfer.headers = download.headers;
    transfer.expires = download.expires;
    transfer.is_rewritten = endpoint_.is_rewritten && is_same_server;
    const auto login = login_.header();
    if (is_same_server && login && !answer.is_authenticated && !has_authorization(transfer.headers)) {
      transfer.headers.push_back(*login);
    }
    return std::nullopt;
  } catch (const Error& error) {
    return refuse("the server sends to '" + shown_url(download.href) + "', which is " + error.what());
  }
}

/// Where requests go: ssh may have told another place than was guessed.
std::string LfsClient::base_url() const {
  const std::lock_guard lock(authenticating_);
  return authenticated_ ? authenticated_->url : endpoint_.url;
}

Transfer LfsClient::transfer(const LfsPointer& pointer) {
  Transfer transfer{.url = endpoint_.url,
                    .name = "Git LFS object " + pointer.oid,
                    .size = pointer.size,
                    .expires = Transfer::Clock::time_point::min()};
  transfer.renew = [this, pointer](Transfer& renewed) -> std::optional<source::Refusal> {
    if (endpoint_.url.empty()) return ask_stores(pointer).refusal;
    source::Refusal refusal;
    const LfsObjectAnswer answer = ask_batch({pointer}, refusal).front();
    if (answer.answer.kind != ObjectAnswer::Kind::exists) return answer.answer.refusal;
    return direct(renewed, answer);
  };
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(pointer.oid);
  // What cannot be used is said when it starts.
  if (known != known_.end()) static_cast<void>(direct(transfer, known->second));
  return transfer;
}

}  // namespace mlem::artifact
