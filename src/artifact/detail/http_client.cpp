#include "artifact/detail/http_client.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>

// One handle of libcurl is reset for every exchange, so that connections stay open from one to the next. The exchange
// runs in small steps, and between them it is seen whether it was interrupted or cancelled, whether its time is over,
// and whether enough has come in the last while; the time that the receiver takes does not count. What the receiver
// throws is caught inside the callback and thrown again outside. Redirects are not followed but reported, and the
// environment has no say in proxies.

namespace mlem::artifact::detail {
namespace {

using ExchangeClock = std::chrono::steady_clock;

constexpr std::size_t max_head = std::size_t{256} << 10;
constexpr long receive_buffer = 256L << 10;
/// How often it is looked whether there was progress.
constexpr int look_milliseconds = 250;

/// Returns the name of a whole header.
std::string name_of(std::string_view header) { return to_lower_ascii(trim(header.substr(0, header.find(':')))); }

bool has_field(const std::vector<HttpHeader>& headers, const std::string& name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const HttpHeader& header) { return to_lower_ascii(header.name) == name; });
}

/// One request and its answer.
class Exchange {
 public:
  Exchange(CURLM* multi, CURL* easy, const HttpRequest& request, const HttpSettings& settings,
           const ExchangeLimits& limits, const std::function<bool(const HttpHead&)>& head,
           const std::function<bool(std::string_view)>& body)
      : multi_(multi), easy_(easy), limits_(&limits), on_head_(&head), on_body_(&body) {
    curl_library().easy_reset(easy_);
    set_request(request);
    for (const std::string& header : settings.extra_headers) {
      if (!has_field(request.headers, name_of(header))) add_header(header);
    }
    set_connection(settings);
    set_callbacks();
  }

  ExchangeEnd run() {
    const Interrupt::Wait counted(limits_->interrupt);
    const Added added(multi_, easy_);
    window_start_ = ExchangeClock::now();
    while (true) {
      if (limits_->interrupt != nullptr && limits_->interrupt->requested()) throw Interrupted{};
      int running = 0;
      check(curl_library().multi_perform(multi_, &running));
      if (failure_) std::rethrow_exception(failure_);
      if (running == 0) return finished();
      if (const auto end = passed_limit()) return *end;
      curl_waitfd interrupted{limits_->interrupt != nullptr ? limits_->interrupt->descriptor() : -1, CURL_WAIT_POLLIN,
                              0};
      check(curl_library().multi_poll(multi_, &interrupted, limits_->interrupt != nullptr ? 1 : 0, look_milliseconds,
                                      nullptr));
    }
  }

 private:
  /// Takes the handle out again, which ends a request that still runs.
  class Added {
   public:
    Added(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
      check(curl_library().multi_add_handle(multi, easy));
    }
    ~Added() { curl_library().multi_remove_handle(multi_, easy_); }
    Added(const Added&) = delete;
    Added& operator=(const Added&) = delete;

   private:
    CURLM* multi_;
    CURL* easy_;
  };

  static void check(CURLMcode code) {
    if (code == CURLM_OK) return;
    throw Error(ErrorKind::unavailable, "cannot talk to servers of files", curl_library().multi_strerror(code));
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_library().easy_setopt(easy_, option, value);
    if (code == CURLE_OK) return;
    throw Error(ErrorKind::unavailable, "cannot talk to servers of files", curl_library().easy_strerror(code));
  }
  void set_text(CURLoption option, const std::string& text) {
    if (!text.empty()) set(option, text.c_str());
  }

  void add_header(const std::string& line) {
    curl_slist* const longer = curl_library().slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_.release();
    headers_.reset(longer);
  }

  void set_request(const HttpRequest& request) {
    using Method = Transfer::Method;
    set(CURLOPT_URL, request.url.c_str());
    if (request.method == Method::head) set(CURLOPT_NOBODY, 1L);
    if (request.method == Method::post) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      add_header("Expect:");  // libcurl would wait a second for servers that do not know it
    }
    for (const HttpHeader& header : request.headers) add_header(header.name + ": " + header.value);
  }

  void set_connection(const HttpSettings& settings) {
    if (headers_) set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_NOSIGNAL, 1L);
    // Large files in parallel want a connection each.
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_BUFFERSIZE, receive_buffer);
    set_text(CURLOPT_USERAGENT, settings.user_agent);
    // libcurl would read the variables of this process; what counts is in the settings.
    set(CURLOPT_PROXY, settings.proxy.value_or("").c_str());
    set(CURLOPT_NOPROXY, settings.no_proxy.c_str());
    set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_ANY));
    set_text(CURLOPT_CAINFO, settings.ca_file);
    set_text(CURLOPT_CAPATH, settings.ca_directory);
    set_text(CURLOPT_SSLCERT, settings.certificate);
    set_text(CURLOPT_SSLKEY, settings.key);
    if (!settings.verify) {
      set(CURLOPT_SSL_VERIFYPEER, 0L);
      set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!settings.netrc.empty()) {
      set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
      set(CURLOPT_NETRC_FILE, settings.netrc.c_str());
    }
  }

  void set_callbacks() {
    set(CURLOPT_ERRORBUFFER, words_.data());
    set(CURLOPT_HEADERFUNCTION, &Exchange::receive_line);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Exchange::receive_body);
    set(CURLOPT_WRITEDATA, this);
  }

  // libcurl's callbacks: nothing may be thrown through it, and another number than was given ends the transfer.

  static std::size_t receive_line(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
    return static_cast<Exchange*>(self)->guard(count, [&](Exchange& exchange) {
      return exchange.add_line({bytes, count});
    });
  }
  static std::size_t receive_body(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
    return static_cast<Exchange*>(self)->guard(count, [&](Exchange& exchange) {
      exchange.received_ += count;
      const auto before = ExchangeClock::now();
      const bool goes_on = (*exchange.on_body_)({bytes, count});
      // The time that a disk takes is not the server's.
      exchange.window_start_ += ExchangeClock::now() - before;
      return goes_on;
    });
  }

  template <typename Action>
  std::size_t guard(std::size_t count, const Action& action) noexcept {
    try {
      if (action(*this)) return count;
      is_stopped_ = true;
    } catch (...) {
      failure_ = std::current_exception();
    }
    return count == 0 ? 1 : 0;
  }

  bool add_line(std::string_view line) {
    if (is_head_complete_) return true;  // trailers
    head_size_ += line.size();
    if (head_size_ > max_head) {
      is_head_too_large_ = true;
      return false;
    }
    line = trim(line);
    while (line.ends_with('\r')) line = trim(line.substr(0, line.size() - 1));
    if (line.starts_with("HTTP/")) {
      head_ = {};
      const std::size_t blank = line.find(' ');
      const std::string_view rest = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
      std::from_chars(rest.data(), rest.data() + rest.size(), head_.status);
      if (rest.size() > 4) head_.reason = std::string(trim(rest.substr(4)));
      return true;
    }
    if (!line.empty()) {
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos) {
        head_.fields.insert_or_assign(to_lower_ascii(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
      }
      return true;
    }
    if (head_.status < 200) return true;  // more follows
    is_head_complete_ = true;
    window_start_ = ExchangeClock::now();
    const std::string length = head_.field("content-length");
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(length.data(), length.data() + length.size(), value);
    if (!length.empty() && parsed.ec == std::errc() && parsed.ptr == length.data() + length.size()) {
      head_.length = value;
    }
    return (*on_head_)(head_);
  }

  std::optional<ExchangeEnd> passed_limit() {
    using Kind = ExchangeEnd::Kind;
    const auto now = ExchangeClock::now();
    if (limits_->cancelled != nullptr && *limits_->cancelled) return ExchangeEnd{.kind = Kind::cancelled};
    if (limits_->deadline && now >= *limits_->deadline) return ExchangeEnd{.kind = Kind::deadline};
    if (limits_->idle.count() == 0 || now - window_start_ < limits_->idle) return std::nullopt;
    const auto least = least_rate * static_cast<std::uint64_t>(limits_->idle.count()) / 1000;
    if (!is_head_complete_ || received_ - window_bytes_ < std::max<std::uint64_t>(least, 1)) {
      return ExchangeEnd{.kind = Kind::timeout};
    }
    window_start_ = now;
    window_bytes_ = received_;
    return std::nullopt;
  }

  ExchangeEnd finished() {
    using Kind = ExchangeEnd::Kind;
    int left = 0;
    const CURLMsg* const message = curl_library().multi_info_read(multi_, &left);
    const CURLcode code = message != nullptr ? message->data.result : CURLE_FAILED_INIT;
    ExchangeEnd end;
    char* redirect = nullptr;
    curl_library().easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect != nullptr) end.redirect = redirect;
    if (is_stopped_ && !is_head_too_large_) {
      end.kind = Kind::stopped;
    } else if (code != CURLE_OK) {
      end.kind = kind_of(code);
      end.why = is_head_too_large_  ? "the head of its answer is too large"
                : words_[0] != '\0' ? words_.data()
                                    : curl_library().easy_strerror(code);
    }
    return end;
  }

  static ExchangeEnd::Kind kind_of(CURLcode code) {
    switch (code) {
      case CURLE_SEND_ERROR:
      case CURLE_RECV_ERROR:
      case CURLE_GOT_NOTHING:
      case CURLE_PARTIAL_FILE:
        return ExchangeEnd::Kind::broken;
      default:
        return ExchangeEnd::Kind::unreachable;
    }
  }

  CURLM* multi_;
  CURL* easy_;
  const ExchangeLimits* limits_;
  const std::function<bool(const HttpHead&)>* on_head_;
  const std::function<bool(std::string_view)>* on_body_;
  ListPtr headers_;
  std::array<char, CURL_ERROR_SIZE> words_{};
  HttpHead head_;
  std::size_t head_size_ = 0;
  bool is_head_complete_ = false;
  bool is_head_too_large_ = false;
  bool is_stopped_ = false;
  std::exception_ptr failure_;
  std::uint64_t received_ = 0;
  ExchangeClock::time_point window_start_{};
  std::uint64_t window_bytes_ = 0;  ///< what had been received when the window began
};

}  // namespace

std::string HttpHead::field(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

HttpClient::HttpClient() : multi_(curl_library().multi_init()), easy_(curl_library().easy_init()) {
  if (multi_ == nullptr || easy_ == nullptr) throw std::bad_alloc();
}

ExchangeEnd HttpClient::exchange(const HttpRequest& request, const HttpSettings& settings, const ExchangeLimits& limits,
                                 const std::function<bool(const HttpHead&)>& head,
                                 const std::function<bool(std::string_view)>& body) {
  return Exchange(multi_.get(), easy_.get(), request, settings, limits, head, body).run();
}

}  // namespace mlem::artifact::detail
