#pragma once

#include "artifact/detail/curl_library.hpp"
#include "source/settings.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mlem::artifact::detail {

/// How git would make a request: `http.*` of git-config(1) and the variables of git(1) and curl(1).
struct HttpSettings {
  std::optional<std::string> proxy;  ///< empty: none; nothing: none either, but for what `no_proxy` would except
  std::string no_proxy;
  std::string ca_file;
  std::string ca_directory;
  std::string certificate;  ///< of the user
  std::string key;
  std::string user_agent;
  std::vector<std::string> extra_headers;  ///< `Name: value`, maybe secret
  std::string netrc;                       ///< the file, if there is one
  bool verify = true;
  bool follow_redirects = true;
};

/// Asks git once for each address or, where no setting is for an address with a path, for each server.
class HttpSettingsLookup {
 public:
  explicit HttpSettingsLookup(const source::Access& access);

  /// Throws Error(unavailable) if git refuses.
  const HttpSettings& of(const RequestUrl& url);

 private:
  HttpSettings load(const RequestUrl& url) const;

  const source::Access* access_;
  bool by_path_;
  std::mutex mutex_;
  std::map<std::string, HttpSettings, std::less<>> known_;
};

}  // namespace mlem::artifact::detail
