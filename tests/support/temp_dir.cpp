#include "support/temp_dir.hpp"

#include <boost/filesystem/operations.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

namespace mlem::test {

namespace {

bool no_test() { return false; }

std::atomic<bool (*)()> test_failed_now{&no_test};

fs::path make_directory() {
  const char* const parent = std::getenv("TMPDIR");
  std::string pattern = (fs::path(parent != nullptr && *parent != '\0' ? parent : "/tmp") / "mlem-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot create '" + pattern + "'");
  return fs::canonical(pattern);
}

}  // namespace

TempDir::TempDir() : path_(make_directory()), exceptions_at_start_(std::uncaught_exceptions()) {}

TempDir::~TempDir() {
  const bool failed = test_failed_now.load()() || std::uncaught_exceptions() > exceptions_at_start_;
  if (failed || std::getenv("GIT_MLEM_KEEP") != nullptr) {
    std::cerr << "kept: " << path_.string() << '\n';
    return;
  }
  boost::system::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TempDir::keep_if(bool (*test_failed)()) noexcept { test_failed_now = test_failed; }

}  // namespace mlem::test
