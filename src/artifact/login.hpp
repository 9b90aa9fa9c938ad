#pragma once

#include "artifact/transfer.hpp"
#include "git/credential.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace mlem::artifact {

/// Returns the header of the scheme `Basic` (RFC 7617).
HttpHeader basic_authorization(const std::string& user, const std::string& password);

/// How to get in at a server: with nothing, what is known, or what git's credential helpers know of it once it wants
/// that. A user is asked once for each host and run, on the terminal and where that may be.
class Login {
 public:
  /// `url` is what git-credential(1) is asked about, with a user if there is one. `known`: what is sent at first.
  Login(std::string url, std::optional<HttpHeader> known, const source::Settings& settings);

  /// Runs a transfer of this server's, again with other credentials where they are refused by 401; helpers are told
  /// which were good. Throws as TransferEngine::run(). Several threads may.
  TransferResult run(TransferEngine& engine, const Transfer& transfer);

  /// Returns what the server takes, as far as is known.
  std::optional<HttpHeader> header() const;

 private:
  /// Tries what helpers know, or the user. Returns nothing if they know nothing.
  std::optional<TransferResult> try_helpers(TransferEngine& engine, const Transfer& transfer, bool interactive);

  std::string url_;
  const source::Settings* settings_;
  std::mutex asking_;         ///< one thread at a time finds out; the others wait for what it finds
  bool is_hopeless_ = false;  ///< nobody knows a login that the server takes
  mutable std::mutex mutex_;
  std::optional<HttpHeader> header_;
};

}  // namespace mlem::artifact
