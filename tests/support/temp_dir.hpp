#pragma once

#include <boost/filesystem/path.hpp>

namespace mlem {

namespace fs = boost::filesystem;

namespace test {

/// A new directory under TMPDIR (default `/tmp`), removed with this object. It is kept, and its path printed on stderr,
/// if the test has failed, if an exception is on its way out, or if `GIT_MLEM_KEEP` is set.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  /// The directory, without symbolic links in its name, so that it compares equal to what git prints.
  const fs::path& path() const noexcept { return path_; }

  /// Sets what says whether the running test has failed; a test program has one such function.
  static void keep_if(bool (*test_failed)()) noexcept;

 private:
  fs::path path_;
  int exceptions_at_start_;
};

}  // namespace test
}  // namespace mlem
