#pragma once

#include <curl/curl.h>
#include <memory>
#include <string>

namespace mlem::artifact::detail {

/// The functions of libcurl that are used here. The library is loaded when the first of them is wanted: it brings
/// thirty others along, whose start would be most of what a short command takes.
struct CurlLibrary {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_cleanup) multi_cleanup;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_perform) multi_perform;
  decltype(&curl_multi_poll) multi_poll;
  decltype(&curl_multi_info_read) multi_info_read;
  decltype(&curl_multi_strerror) multi_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
  decltype(&curl_url) url;
  decltype(&curl_url_cleanup) url_cleanup;
  decltype(&curl_url_set) url_set;
  decltype(&curl_url_get) url_get;
  decltype(&curl_free) free;
};

/// Returns the library, loaded and started. Throws Error(unavailable) if it is not installed or too old.
const CurlLibrary& curl_library();

struct FreeEasy {
  void operator()(CURL* raw) const noexcept { curl_library().easy_cleanup(raw); }
};
struct FreeMulti {
  void operator()(CURLM* raw) const noexcept { curl_library().multi_cleanup(raw); }
};
struct FreeList {
  void operator()(curl_slist* raw) const noexcept { curl_library().slist_free_all(raw); }
};
using EasyPtr = std::unique_ptr<CURL, FreeEasy>;
using MultiPtr = std::unique_ptr<CURLM, FreeMulti>;
using ListPtr = std::unique_ptr<curl_slist, FreeList>;

/// An address as libcurl will understand it when it is asked for.
struct RequestUrl {
  std::string scheme;  ///< in lower case
  std::string host;    ///< in lower case
  std::string port;    ///< that of the scheme if the address has none
  std::string path;
  bool has_user = false;

  std::string origin() const { return scheme + "://" + host + ":" + port; }
};

/// Throws Error(invalid) if libcurl cannot read it, or it is not of http or https.
RequestUrl parse_request_url(const std::string& url);

}  // namespace mlem::artifact::detail
