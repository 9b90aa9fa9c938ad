#pragma once

#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

namespace detail {
struct TransferState;
}

/// A field of a request's head.
struct HttpHeader {
  std::string name;
  std::string value;  ///< maybe secret: never to be shown

  friend bool operator==(const HttpHeader&, const HttpHeader&) = default;
};

/// Something to be asked of a server by HTTP.
struct Transfer {
  enum class Method {
    get,
    head,
    post,
    first_byte,  ///< a GET that takes one byte at most, for the size where a server refuses HEAD
  };
  using Clock = std::chrono::steady_clock;

  Method method = Method::get;
  std::size_t number = 0;               ///< the caller\'s own, to know it again
  std::string url;                      ///< of http or https
  std::string name{};                   ///< what messages call it; empty: shown_url() of `url`
  std::vector<HttpHeader> headers{};    ///< not sent to any other server than that of `url`
  std::string body{};                   ///< of a POST
  std::optional<std::uint64_t> size{};  ///< of the whole file, in bytes: what is longer or shorter is an error
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  ///< the same where `size` is not known
  std::uint64_t offset = 0;   ///< what is here already, in bytes, is not asked for again if the server can do that
  std::string etag{};         ///< what the server called that state of the file
  bool is_rewritten = false;  ///< the user's configuration leads there: mlem.allowProtocol and the like are not asked

  /// Told where in the file the next bytes belong, before the first of them and, at 0, when all begins anew. `false`
  /// ends the transfer.
  std::function<bool(std::uint64_t offset)> begin{};
  /// Given the bytes in pieces. `false` ends the transfer. Without it, they are collected in TransferResult::body.
  std::function<bool(std::string_view bytes)> take{};

  std::optional<Clock::time_point> expires{};  ///< when `url` and `headers` end to be valid
  /// Gives it another `url`, `headers` and `expires`, or says why there are none. Called when they have expired, and
  /// once if the server refuses them.
  std::function<std::optional<source::Refusal>(Transfer&)> renew{};
};

/// What a transfer came to.
struct TransferResult {
  std::optional<source::Refusal> refusal{};  ///< none: it is complete, or `is_stopped`
  bool is_stopped = false;                   ///< by `begin` or `take`
  int status = 0;                            ///< of the last answer; 0: none
  bool is_redirected = false;                ///< that answer is of another server than was asked
  std::optional<std::uint64_t> size{};       ///< of the whole file, in bytes, as the server says
  std::uint64_t received = 0;                ///< up to where in the file bytes have been taken
  std::string etag{};                        ///< to go on with later; empty if the server tells none that would do
  std::string content_type{};
  std::string body{};  ///< what was collected; of an answer that is an error its first 64 KiB
};

/// How often, and after which pauses, a server is asked again that broke off or said that it was busy.
struct Retries {
  std::size_t most = 3;                       ///< in a row without progress
  std::chrono::milliseconds pause{500};       ///< doubled each time
  std::chrono::milliseconds longest{60'000};  ///< of what a server may ask for by `Retry-After`
};

/// Moves files from servers by HTTP, several at a time: through libcurl, which is loaded for the first one.
///
/// Requests are made as git makes them (`http.*` in git-config(1)), and what may be reached is what source::Access
/// allows. A redirection never leads from https to http; none is followed where http.followRedirects is false. Memory
/// does not grow with the size of files.
class TransferEngine {
 public:
  /// `settings` must outlive it.
  explicit TransferEngine(const source::Settings& settings, Retries retries = {});
  ~TransferEngine();
  TransferEngine(const TransferEngine&) = delete;
  TransferEngine& operator=(const TransferEngine&) = delete;

  /// Makes one transfer on the thread that calls; many threads may.
  /// Throws what `begin`, `take` and `renew` throw, Interrupted, and Error(unavailable) if there is no libcurl.
  TransferResult run(Transfer transfer);

  /// Makes transfers on at most mlem.jobs threads. `next` gives one after another, and nothing at the end; `done` is
  /// told how each ended. Both are called by one thread at a time. Throws as run(), and then has ended all transfers.
  void run_all(const std::function<std::optional<Transfer>()>& next,
               const std::function<void(const Transfer&, TransferResult)>& done);

  /// The same for a list; returns the results in its order.
  std::vector<TransferResult> run_all(const std::vector<Transfer>& transfers);

  const source::Settings& settings() const noexcept;

 private:
  std::unique_ptr<detail::TransferState> state_;
};

/// Returns an address as it may be shown: without secrets, query and fragment, escaped for a terminal.
std::string shown_url(std::string_view url);

}  // namespace mlem::artifact
