# The Debian packages of this project, to be sourced by the scripts that may install them.
# shellcheck shell=sh disable=SC2034

# What building the program needs.
build_packages='g++ cmake ninja-build pkg-config libgit2-dev libyaml-cpp-dev libboost-filesystem-dev
  libboost-program-options-dev libfmt-dev nlohmann-json3-dev libssl-dev zlib1g-dev
  libcurl4-openssl-dev git ca-certificates'
# What making the packages needs besides.
package_packages='dpkg-dev file'
# What the tests need besides: their framework, the servers they talk to, and programs that have hooks too.
test_packages='doctest-dev nginx fcgiwrap gitolite3 gnupg openssh-server openssh-client mandoc man-db python3-yaml
  libbenchmark-dev valgrind pre-commit git-lfs zsh fish python3-jsonschema python3-junitparser yamllint jq curl
  pybind11-dev python3-dev python3-setuptools python3-wheel python3-venv mypy
  clang libclang-rt-dev chromium lintian'
# A Node.js from elsewhere brings its own npm, and conflicts with Debian's.
command -v npm >/dev/null || test_packages="$test_packages npm"

# Installs those of the packages named that are missing, saying each command first.
# Elsewhere than on Debian nothing is installed: CMake names what it does not find.
install_packages() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 0
  missing=
  for package; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || {
      echo "fatal: packages are missing; as root, run: apt-get install --no-install-recommends$missing" >&2
      return 1
    }
  fi
  # shellcheck disable=SC2086
  say_and_run $as_root apt-get -q update &&
    say_and_run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

say_and_run() {
  echo "\$ $*"
  "$@"
}
