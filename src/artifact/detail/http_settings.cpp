#include "artifact/detail/http_settings.hpp"

#include "base/text.hpp"
#include "git/http_config.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <initializer_list>

namespace mlem::artifact::detail {
namespace {

/// Whether a setting is for an address with a path: `http.https://host/path/.<name>`.
bool is_for_path(const std::string& key) {
  constexpr std::string_view section = "http.";
  if (!key.starts_with(section)) return false;
  const std::size_t host = key.find("://");
  if (host == std::string::npos) return false;
  const std::size_t slash = key.find('/', host + 3);
  return slash != std::string::npos && slash + 1 < key.rfind('.');
}

/// Returns the first variable that is set.
std::optional<std::string> find_any(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    if (auto value = environment.find(name)) return value;
  }
  return std::nullopt;
}

std::string expand_path(std::string path, const source::Access& access) {
  if (path.starts_with("~/")) return access.environment.find("HOME").value_or("") + path.substr(1);
  if (path.empty() || path.starts_with('/')) return path;
  return (fs::path(access.directory) / path).string();
}

/// `http.followRedirects` is a boolean or `initial`, which is the address that is asked for itself.
bool may_follow(const git::Config& config) {
  const std::string value = to_lower_ascii(config.find("http.followredirects").value_or("initial"));
  return value == "initial" || config.boolean("http.followredirects", true);
}

bool must_verify(const git::Config& config, const Environment& environment) {
  if (const auto value = environment.find("GIT_SSL_NO_VERIFY")) {
    const std::string word = to_lower_ascii(*value);
    return word.empty() || word == "0" || word == "false" || word == "no" || word == "off";
  }
  return config.boolean("http.sslverify", true);
}

}  // namespace

HttpSettingsLookup::HttpSettingsLookup(const source::Access& access)
    : access_(&access), by_path_(std::any_of(access.config.begin(), access.config.end(), [](const auto& setting) {
        return is_for_path(setting.first);
      })) {}

const HttpSettings& HttpSettingsLookup::of(const RequestUrl& url) {
  const std::string key = url.origin() + (by_path_ ? url.path : std::string());
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  // A path is asked for every file: what is remembered has its bound.
  constexpr std::size_t most_remembered = 4096;
  if (known_.size() >= most_remembered) known_.clear();
  return known_.emplace(key, load(url)).first->second;
}

HttpSettings HttpSettingsLookup::load(const RequestUrl& url) const {
  const Environment& environment = access_->environment;
  const std::string config_url = url.origin() + (by_path_ ? url.path : "/");
  const git::Config config = git::http_config(config_url, environment, access_->directory);
  const auto path = [&](const char* variable, const char* key) {
    return expand_path(environment.find(variable).value_or(config.find(key).value_or("")), *access_);
  };
  HttpSettings settings;
  settings.proxy = config.find("http.proxy");
  // As curl looks for them; HTTP_PROXY in capitals is what a web server gives its children for a header `Proxy`.
  if (!settings.proxy && url.scheme == "https") settings.proxy = find_any(environment, {"https_proxy", "HTTPS_PROXY"});
  if (!settings.proxy && url.scheme == "http") settings.proxy = environment.find("http_proxy");
  if (!settings.proxy) settings.proxy = find_any(environment, {"all_proxy", "ALL_PROXY"});
  settings.no_proxy = find_any(environment, {"no_proxy", "NO_PROXY"}).value_or("");
  settings.ca_file = path("GIT_SSL_CAINFO", "http.sslcainfo");
  settings.ca_directory = path("GIT_SSL_CAPATH", "http.sslcapath");
  settings.certificate = path("GIT_SSL_CERT", "http.sslcert");
  settings.key = path("GIT_SSL_KEY", "http.sslkey");
  settings.verify = must_verify(config, environment);
  settings.follow_redirects = may_follow(config);
  if (!config.find("http.extraheader").value_or("").empty())
    settings.extra_headers = git::http_extra_headers(config_url, environment, access_->directory);
  settings.user_agent = environment.find("GIT_HTTP_USER_AGENT")
                            .value_or(config.find("http.useragent").value_or("git-mlem/" GIT_MLEM_VERSION));
  const fs::path netrc = fs::path(environment.find("HOME").value_or("")) / ".netrc";
  boost::system::error_code ignored;
  if (netrc.is_absolute() && fs::is_regular_file(netrc, ignored)) settings.netrc = netrc.string();
  return settings;
}

}  // namespace mlem::artifact::detail
