#pragma once

#include "artifact/detail/curl_library.hpp"
#include "artifact/detail/http_settings.hpp"
#include "artifact/transfer.hpp"
#include "base/interrupt.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact::detail {

struct HttpRequest {
  Transfer::Method method = Transfer::Method::get;
  std::string url;
  std::vector<HttpHeader> headers;
  std::string_view body{};  ///< of a POST; not owned
};

/// What an answer begins with.
struct HttpHead {
  int status = 0;
  std::string reason;                                        ///< `Not Found`; may be empty
  std::map<std::string, std::string, std::less<>> fields{};  ///< by names in lower case; of one name the last
  std::optional<std::uint64_t> length{};                     ///< of the body, in bytes, as promised

  /// Returns the value of a field; empty if it is not there.
  std::string field(std::string_view name) const;
};

/// How an exchange ended.
struct ExchangeEnd {
  enum class Kind {
    whole,        ///< the answer came to its end
    stopped,      ///< who receives it wanted no more
    broken,       ///< the connection ended before the answer did
    unreachable,  ///< there was no connection
    timeout,      ///< there was no progress
    deadline,     ///< the time for everything is over
    cancelled,    ///< another thread wants the end
  };
  Kind kind = Kind::whole;
  std::string why{};       ///< in libcurl's words
  std::string redirect{};  ///< where the answer leads, as a whole address
};

/// What bounds an exchange.
struct ExchangeLimits {
  std::chrono::milliseconds idle{0};  ///< the longest wait for the answer's beginning, and then for least_rate; 0: none
  std::optional<std::chrono::steady_clock::time_point> deadline;
  Interrupt* interrupt = nullptr;
  const std::atomic<bool>* cancelled = nullptr;
};

/// What has to come each second, on the average over ExchangeLimits::idle.
inline constexpr std::uint64_t least_rate = 1024;

/// Makes requests one after another, for one thread, on connections that stay open in between.
class HttpClient {
 public:
  HttpClient();

  /// Calls `head`, and `body` for each piece, until the answer ends or one of them returns false. What they throw, and
  /// Interrupted, comes out of here.
  ExchangeEnd exchange(const HttpRequest& request, const HttpSettings& settings, const ExchangeLimits& limits,
                       const std::function<bool(const HttpHead&)>& head,
                       const std::function<bool(std::string_view)>& body);

 private:
  MultiPtr multi_;
  EasyPtr easy_;
};

}  // namespace mlem::artifact::detail
