#include "support/lfs_server.hpp"

#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <sstream>
#include <stdexcept>

namespace mlem::test {

namespace {

constexpr const char* system_python = "/usr/bin/python3";

std::string sha256_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("no SHA-256");
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

fs::path prepare(const Sandbox& sandbox, bool is_tls) {
  const fs::path directory = sandbox / (is_tls ? "lfs-tls" : "lfs");
  fs::create_directories(directory / "objects");
  if (!is_tls) return directory;
  const Outcome made =
      sandbox.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                   "36500", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                   (directory / "key").string(), "-out", (directory / "certificate").string()});
  if (made.code != 0) throw std::runtime_error("cannot make a certificate: " + made.errors);
  write_file(directory / "both", read_file(directory / "certificate") + read_file(directory / "key"));
  return directory;
}

StartedServer start(const Sandbox& sandbox, const fs::path& directory, bool is_tls) {
  if (!fs::exists(system_python)) throw MissingProgram(system_python);
  const fs::path log_file = directory / "server-log";
  return start_server(
      [&](std::uint16_t port) {
        const UniqueFd log = open_log(log_file);
        const UniqueFd null = open_null();
        std::vector<std::string> arguments{system_python, "-B", GIT_MLEM_LFS_SERVER, std::to_string(port),
                                           directory.string()};
        if (is_tls) arguments.push_back((directory / "both").string());
        return Child(arguments, server_environment(sandbox.environment()), directory,
                     {null.get(), log.get(), log.get()});
      },
      log_file);
}

}  // namespace

LfsServer::LfsServer(const Sandbox& sandbox, Tls tls)
    : is_tls_(tls == Tls::yes), directory_(prepare(sandbox, is_tls_)), server_(start(sandbox, directory_, is_tls_)) {}

std::string LfsServer::url(std::string_view path) const {
  return fmt::format("{}://127.0.0.1:{}/{}", is_tls_ ? "https" : "http", server_.port, path);
}

std::string LfsServer::add(std::string_view content) const {
  const std::string oid = sha256_of(content);
  write_file(objects() / oid, content);
  return oid;
}

void LfsServer::add_file(const std::string& path, std::string_view content) const {
  write_file(directory_ / path, content);
}

void LfsServer::set_options(std::string_view json) const { write_file(directory_ / "options.json", json); }

std::vector<LfsServer::Request> LfsServer::requests() const {
  std::vector<Request> requests;
  if (!fs::exists(directory_ / "log")) return requests;
  std::istringstream lines(read_file(directory_ / "log"));
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    Request request{json.at("method"),
                    json.at("path"),
                    json.at("authorization"),
                    json.at("accept"),
                    json.at("type"),
                    json.at("ticket"),
                    0,
                    {}};
    if (json.at("body").is_object()) {
      request.objects = json.at("body").at("objects").size();
      request.body = json.at("body").dump();
    }
    requests.push_back(request);
  }
  return requests;
}

}  // namespace mlem::test
