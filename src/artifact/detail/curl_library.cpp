#include "artifact/detail/curl_library.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <array>
#include <dlfcn.h>

namespace mlem::artifact::detail {
namespace {

/// Debian's library on OpenSSL, and the one that its git is linked with.
constexpr std::array curl_names = {"libcurl.so.4", "libcurl-gnutls.so.4"};

void* open_curl() {
  for (const char* const name : curl_names) {
    if (void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  throw Error(ErrorKind::unavailable, "cannot talk to servers of files", "libcurl.so.4 is not installed",
              "on Debian, 'apt-get install libcurl4' installs it");
}

template <typename Function>
void find_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function != nullptr) return;
  throw Error(ErrorKind::unavailable, "cannot talk to servers of files",
              "libcurl is too old: it has no '" + std::string(name) + "'");
}

CurlLibrary load_curl() {
  void* const library = open_curl();
  CurlLibrary curl{};
  find_function(library, "curl_global_init", curl.global_init);
  find_function(library, "curl_easy_init", curl.easy_init);
  find_function(library, "curl_easy_cleanup", curl.easy_cleanup);
  find_function(library, "curl_easy_reset", curl.easy_reset);
  find_function(library, "curl_easy_setopt", curl.easy_setopt);
  find_function(library, "curl_easy_getinfo", curl.easy_getinfo);
  find_function(library, "curl_easy_strerror", curl.easy_strerror);
  find_function(library, "curl_multi_init", curl.multi_init);
  find_function(library, "curl_multi_cleanup", curl.multi_cleanup);
  find_function(library, "curl_multi_add_handle", curl.multi_add_handle);
  find_function(library, "curl_multi_remove_handle", curl.multi_remove_handle);
  find_function(library, "curl_multi_perform", curl.multi_perform);
  find_function(library, "curl_multi_poll", curl.multi_poll);
  find_function(library, "curl_multi_info_read", curl.multi_info_read);
  find_function(library, "curl_multi_strerror", curl.multi_strerror);
  find_function(library, "curl_slist_append", curl.slist_append);
  find_function(library, "curl_slist_free_all", curl.slist_free_all);
  find_function(library, "curl_url", curl.url);
  find_function(library, "curl_url_cleanup", curl.url_cleanup);
  find_function(library, "curl_url_set", curl.url_set);
  find_function(library, "curl_url_get", curl.url_get);
  find_function(library, "curl_free", curl.free);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error(ErrorKind::unavailable, "cannot talk to servers of files", "libcurl does not start");
  }
  return curl;
}

struct FreeUrl {
  void operator()(CURLU* raw) const noexcept { curl_library().url_cleanup(raw); }
};

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  const CurlLibrary& curl = curl_library();
  char* raw = nullptr;
  if (curl.url_get(url, part, &raw, flags) != CURLUE_OK || raw == nullptr) return {};
  std::string text(raw);
  curl.free(raw);
  return text;
}

}  // namespace

const CurlLibrary& curl_library() {
  // Never unloaded: TLS libraries below it do not bear that.
  static const CurlLibrary library = load_curl();
  return library;
}

RequestUrl parse_request_url(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_library().url());
  if (parsed == nullptr || has_control_character(url) ||
      curl_library().url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    throw Error(ErrorKind::invalid, "not an address of the web");
  }
  RequestUrl request{.scheme = to_lower_ascii(url_part(parsed.get(), CURLUPART_SCHEME)),
                     .host = to_lower_ascii(url_part(parsed.get(), CURLUPART_HOST)),
                     .port = url_part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT),
                     .path = url_part(parsed.get(), CURLUPART_PATH),
                     .has_user = !url_part(parsed.get(), CURLUPART_USER).empty() ||
                                 !url_part(parsed.get(), CURLUPART_PASSWORD).empty()};
  if (request.scheme != "http" && request.scheme != "https") {
    throw Error(ErrorKind::invalid, "not an address of the web", "its protocol is not http or https");
  }
  return request;
}

}  // namespace mlem::artifact::detail
