#include "git/lfs_smudge.hpp"

#include "git/detail/command.hpp"

#include <boost/filesystem/operations.hpp>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace mlem::git {
namespace {

/// Whether a file has stopped to grow for too long.
class Silence {
 public:
  Silence(fs::path file, std::chrono::milliseconds longest) : file_(std::move(file)), longest_(longest) {}

  bool is_too_long() {
    boost::system::error_code failure;
    const std::uintmax_t size = fs::file_size(file_, failure);
    if (!failure && size != size_) {
      size_ = size;
      since_ = Clock::now();
    }
    return longest_.count() > 0 && Clock::now() - since_ >= longest_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  fs::path file_;
  std::chrono::milliseconds longest_;
  std::uintmax_t size_ = 0;
  Clock::time_point since_ = Clock::now();
};

}  // namespace

RunResult smudge_lfs(const LfsSmudge& smudge, const fs::path& directory, const Environment& environment,
                     const TransportOptions& options) {
  const fs::path repository = directory / "repository";
  const fs::path progress = directory / "progress";
  RunResult made =
      run(detail::git_program({"init", "--quiet", "--bare", "--template=", repository.string()}, environment, ""));
  if (made.code != 0) return made;
  std::vector<std::string> arguments = {"--git-dir=" + repository.string(),
                                        "-c",
                                        "lfs.storage=" + (directory / "lfs").string(),
                                        "-c",
                                        "lfs.fetchinclude=",
                                        "-c",
                                        "lfs.fetchexclude=",
                                        "-c",
                                        "lfs.skipdownloaderrors=false",
                                        "-c",
                                        "remote.origin.url=" + smudge.remote};
  if (!smudge.endpoint.empty()) arguments.insert(arguments.end(), {"-c", "lfs.url=" + smudge.endpoint});
  arguments.insert(arguments.end(), {"lfs", "smudge"});
  Environment own = environment;
  own.unset("GIT_LFS_SKIP_SMUDGE");
  own.unset("GIT_LFS_SKIP_DOWNLOAD_ERRORS");
  own.set("GIT_LFS_PROGRESS", progress.string());
  own.set("GIT_TERMINAL_PROMPT", "0");
  // It says nothing while it fetches; what it writes to that file is its progress (git-lfs-config(5)).
  Silence silence(progress, options.idle);
  const Limits limits{.deadline = options.deadline, .output = smudge.pointer.size(), .exceeded = [&silence] {
                        return silence.is_too_long();
                      }};
  return run(detail::git_program(std::move(arguments), own, options.directory), smudge.pointer, Session::own, limits,
             options.interrupt);
}

}  // namespace mlem::git
