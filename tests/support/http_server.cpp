#include "support/http_server.hpp"

#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace mlem::test {

namespace {

constexpr std::array statuses{401, 403, 404, 429, 500};

// One process and one thread, so that a request that has been answered is in the log before the next is read:
// requests() relies on it.
constexpr std::string_view config = R"(daemon off;
master_process off;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/log;
events {{ worker_connections 256; }}
http {{
  map $http_git_protocol $protocol {{ default $http_git_protocol; "" -; }}
  log_format line "$request_method $status $bytes_sent $protocol $connection $request_uri";
  access_log {directory}/access line;
  client_body_temp_path {directory}/tmp;
  fastcgi_temp_path {directory}/tmp;
  proxy_temp_path {directory}/tmp;
  scgi_temp_path {directory}/tmp;
  uwsgi_temp_path {directory}/tmp;
  client_max_body_size 0;
  default_type text/plain;

  # Request headers, Git-Protocol among them, reach the backend as HTTP_* without being listed.
  fastcgi_param SCRIPT_FILENAME {backend};
  fastcgi_param PATH_INFO $uri;
  fastcgi_param QUERY_STRING $query_string;
  fastcgi_param REQUEST_METHOD $request_method;
  fastcgi_param CONTENT_TYPE $content_type;
  fastcgi_param CONTENT_LENGTH $content_length;
  fastcgi_param REMOTE_USER $remote_user;
  fastcgi_param REMOTE_ADDR $remote_addr;
  fastcgi_param PATH "{path}";
  fastcgi_param HOME {home};
  fastcgi_param GIT_CONFIG_GLOBAL {global};
  fastcgi_param GIT_CONFIG_NOSYSTEM 1;
  fastcgi_param GIT_PROJECT_ROOT {directory}/root;
  fastcgi_param GIT_HTTP_EXPORT_ALL 1;
  fastcgi_buffering off;

  server {{
    listen 127.0.0.1:{port};
    location / {{
      fastcgi_pass unix:{directory}/cgi;
    }}
    location ^~ /private/ {{
      auth_basic "models";
      auth_basic_user_file {directory}/passwords;
      fastcgi_pass unix:{directory}/cgi;
    }}
    location ^~ /files/ {{
      root {directory}/static;
    }}
    location = /logged {{
      access_log off;
      return 204;
    }}
    location ~ ^/redirect/(?<rest>.*)$ {{
      return 301 http://127.0.0.1:{port}/$rest$is_args$args;
    }}
{statuses}  }}
}}
)";

std::string status_locations() {
  std::string text;
  for (const int status : statuses) {
    // A client asks for credentials only if it is told by which scheme.
    const char* const header = status == 401   ? "add_header WWW-Authenticate 'Basic realm=\"models\"' always; "
                               : status == 429 ? "add_header Retry-After 1 always; "
                                               : "";
    text += fmt::format("    location ^~ /status/{0}/ {{ {1}return {0}; }}\n", status, header);
  }
  return text;
}

fs::path prepare(const Sandbox& sandbox) {
  const fs::path directory = sandbox / "http";
  fs::create_directories(directory / "root/private");
  fs::create_directory(directory / "tmp");
  fs::create_directories(directory / "static/files");
  write_file(directory / "passwords", fmt::format("{}:{{PLAIN}}{}\n", HttpServer::user, HttpServer::password));
  return directory;
}

UniqueFd listen_at(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a socket: '" + path.string() + "'");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot listen at '" + path.string() + "'");
  return socket;
}

/// Starts what runs git for nginx. Each process serves one request at a time; the processes that fcgiwrap itself would
/// fork outlive a parent that is killed, so they are started one by one on the same socket.
std::vector<Child> start_cgi(const Sandbox& sandbox, const fs::path& directory) {
  constexpr int processes = 4;
  const UniqueFd socket = listen_at(directory / "cgi");
  const UniqueFd log = open_log(directory / "log");
  std::vector<Child> children;
  for (int i = 0; i < processes; ++i)
    children.emplace_back(std::vector<std::string>{"fcgiwrap"}, server_environment(sandbox.environment()), directory,
                          ChildStreams{socket.get(), log.get(), log.get()});
  return children;
}

StartedServer start_nginx(const Sandbox& sandbox, const fs::path& directory) {
  const Variables& environment = sandbox.environment();
  const std::string backend = sandbox.git_output({"--exec-path"}) + "/git-http-backend";
  const fs::path log_file = directory / "log";
  const fs::path config_file = directory / "nginx.conf";
  return start_server(
      [&](std::uint16_t port) {
        write_file(config_file,
                   fmt::format(config, fmt::arg("directory", directory.string()), fmt::arg("backend", backend),
                               fmt::arg("path", environment.at("PATH")), fmt::arg("home", sandbox.home().string()),
                               fmt::arg("global", environment.at("GIT_CONFIG_GLOBAL")), fmt::arg("port", port),
                               fmt::arg("statuses", status_locations())));
        const UniqueFd log = open_log(log_file);
        const UniqueFd null = open_null();
        return Child({"nginx", "-e", log_file.string(), "-p", directory.string(), "-c", config_file.string()},
                     server_environment(environment), directory, {null.get(), log.get(), log.get()});
      },
      log_file);
}

/// Asks for a page that is not logged. Its answer comes after the log lines of all earlier answers.
void wait_for_log(std::uint16_t port) {
  const UniqueFd connection = connect_to(port);
  constexpr std::string_view request = "GET /logged HTTP/1.0\r\n\r\n";
  std::array<char, 512> answer;
  if (::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0 ||
      ::recv(connection.get(), answer.data(), answer.size(), 0) <= 0)
    throw std::runtime_error("the web server is gone");
}

}  // namespace

HttpServer::HttpServer(const Sandbox& sandbox)
    : directory_(prepare(sandbox)), cgi_(start_cgi(sandbox, directory_)), server_(start_nginx(sandbox, directory_)) {}

std::string HttpServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}/{}", server_.port, path);
}

std::string HttpServer::status_url(int status, std::string_view path) const {
  return url(fmt::format("status/{}/{}", status, path));
}

std::string HttpServer::redirect_url(std::string_view path) const { return url("redirect/").append(path); }

std::vector<HttpServer::Request> HttpServer::requests() const {
  wait_for_log(server_.port);
  std::vector<Request> requests;
  std::istringstream lines(read_file(directory_ / "access"));
  for (Request request; lines >> request.method >> request.status >> request.bytes_sent >> request.protocol >>
                        request.connection >> request.target;)
    requests.push_back(request);
  return requests;
}

std::size_t HttpServer::connections() const {
  std::set<std::string> numbers;
  for (const Request& request : requests()) numbers.insert(request.connection);
  return numbers.size();
}

std::size_t HttpServer::bytes_sent() const {
  std::size_t sum = 0;
  for (const Request& request : requests()) sum += request.bytes_sent;
  return sum;
}

std::ostream& operator<<(std::ostream& out, const HttpServer::Request& request) {
  return out << request.method << ' ' << request.target << ": " << request.status << ", " << request.bytes_sent
             << " bytes, " << request.protocol;
}

}  // namespace mlem::test
