# Every dependency is a Debian package. All of them are looked for before the configuration stops, so that one
# `apt-get install` mends it; each missing one is a line that names its package.
find_package(PkgConfig QUIET)
# The oldest that this is built and tested with are Debian 12's.
set(mlem_least_libgit2 1.5)
set(mlem_least_yaml_cpp 0.7)
set(mlem_least_boost 1.74)
if(PkgConfig_FOUND)
  # libgit2 has no CMake package, and yaml-cpp renamed its target in 0.8; their pkg-config names are stable.
  pkg_check_modules(LIBGIT2 QUIET IMPORTED_TARGET libgit2>=${mlem_least_libgit2})
  pkg_check_modules(YAML_CPP QUIET IMPORTED_TARGET yaml-cpp>=${mlem_least_yaml_cpp})
endif()

# mlem_find(<target> <switch> <argument of find_package>…) looks for the static library where GIT_MLEM_STATIC asks for
# one, which <switch> means to the package, and for the shared one where there is none.
macro(mlem_find target switch)
  if(GIT_MLEM_STATIC)
    set(${switch} ON)
    find_package(${ARGN})
  endif()
  if(NOT TARGET ${target})
    set(${switch} OFF)
    find_package(${ARGN})
  endif()
endmacro()
mlem_find(Boost::filesystem Boost_USE_STATIC_LIBS Boost ${mlem_least_boost} QUIET CONFIG
  OPTIONAL_COMPONENTS filesystem)
mlem_find(Boost::program_options Boost_USE_STATIC_LIBS Boost ${mlem_least_boost} QUIET CONFIG
  OPTIONAL_COMPONENTS program_options)
mlem_find(ZLIB::ZLIB ZLIB_USE_STATIC_LIBS ZLIB QUIET)
find_package(fmt QUIET)
find_package(nlohmann_json QUIET)
find_package(OpenSSL QUIET COMPONENTS Crypto)
find_package(Threads QUIET)
# Its headers only: the library is loaded where something is transferred.
find_package(CURL QUIET)
if(GIT_MLEM_BUILD_TESTS)
  find_package(doctest QUIET)
endif()

set(mlem_missing_packages "")
set(mlem_old_packages OFF)
# Notes that `debian_package` is missing unless the target it brings has been defined.
macro(mlem_require target debian_package)
  if(NOT TARGET ${target})
    message(NOTICE "git-mlem: ${target} is missing: apt-get install ${debian_package}")
    list(APPEND mlem_missing_packages ${debian_package})
  endif()
endmacro()
# Says so where there is no `target` because version `found` of `name` is older than `least`; nothing else would help
# whoever has it installed.
macro(mlem_require_version target name found least debian_package)
  if(NOT TARGET ${target} AND NOT "${found}" STREQUAL "" AND "${found}" VERSION_LESS "${least}")
    message(NOTICE "git-mlem: ${name} ${found} is too old: ${least} is the oldest that git-mlem works with")
    set(mlem_old_packages ON)
  else()
    mlem_require(${target} ${debian_package})
  endif()
endmacro()

if(PkgConfig_FOUND)
  pkg_check_modules(ANY_LIBGIT2 QUIET libgit2)
  pkg_check_modules(ANY_YAML_CPP QUIET yaml-cpp)
  mlem_require_version(PkgConfig::LIBGIT2 libgit2 "${ANY_LIBGIT2_VERSION}" ${mlem_least_libgit2} libgit2-dev)
  mlem_require_version(PkgConfig::YAML_CPP yaml-cpp "${ANY_YAML_CPP_VERSION}" ${mlem_least_yaml_cpp} libyaml-cpp-dev)
else()
  mlem_require(PkgConfig pkg-config)
endif()
if(NOT TARGET Boost::filesystem)
  find_package(Boost QUIET CONFIG)
endif()
mlem_require_version(Boost::filesystem Boost "${Boost_VERSION}" ${mlem_least_boost} libboost-filesystem-dev)
mlem_require(Boost::program_options libboost-program-options-dev)
mlem_require(fmt::fmt libfmt-dev)
mlem_require(nlohmann_json::nlohmann_json nlohmann-json3-dev)
mlem_require(OpenSSL::Crypto libssl-dev)
mlem_require(CURL::libcurl libcurl4-openssl-dev)
mlem_require(Threads::Threads libc6-dev)
mlem_require(ZLIB::ZLIB zlib1g-dev)
if(GIT_MLEM_BUILD_TESTS)
  mlem_require(doctest::doctest doctest-dev)
endif()
if(mlem_old_packages)
  message(FATAL_ERROR "dependencies are too old; README.md names the systems that have newer ones")
endif()
if(mlem_missing_packages)
  message(FATAL_ERROR "dependencies are missing; './git-mlem setup' installs them")
endif()

# What our rooms link: static libraries with all that these want themselves where GIT_MLEM_STATIC asks for them and that
# works, else the shared ones. A program whose libraries are inside it starts in half the time; libgit2 alone brings
# fifteen others along.

include(CheckCXXSourceCompiles)
include(StaticLibraries)
# mlem_link(<target> <name> <variable> <source> <shared>) has <target> link lib<name> statically, or else <shared>; in
# <variable> is whether a program of <source> can be linked so.
function(mlem_link target name variable source shared)
  add_library(${target} INTERFACE)
  set(libraries "")
  if(GIT_MLEM_STATIC)
    mlem_static_libraries(${name} libraries)
    if(libraries)
      set(CMAKE_REQUIRED_LIBRARIES "${libraries}")
      check_cxx_source_compiles("${source}" ${variable})
    endif()
  endif()
  if(libraries AND ${variable})
    target_link_libraries(${target} INTERFACE ${libraries})
  else()
    target_link_libraries(${target} INTERFACE ${shared})
  endif()
endfunction()
mlem_link(mlem_libgit2 git2 MLEM_STATIC_LIBGIT2
  "#include <git2.h>\nint main() { return git_libgit2_init(); }" PkgConfig::LIBGIT2)
# Not by FindOpenSSL, which wants the development packages of what libcrypto.a needs.
mlem_link(mlem_crypto crypto MLEM_STATIC_CRYPTO
  "#include <openssl/evp.h>\nint main() { return EVP_sha256() == nullptr ? 1 : 0; }" OpenSSL::Crypto)

add_library(mlem_yaml_cpp INTERFACE)
add_library(mlem_fmt INTERFACE)
if(GIT_MLEM_STATIC)
  find_library(MLEM_libyaml-cpp.a libyaml-cpp.a)
endif()
if(GIT_MLEM_STATIC AND MLEM_libyaml-cpp.a)
  target_link_libraries(mlem_yaml_cpp INTERFACE ${MLEM_libyaml-cpp.a})
else()
  target_link_libraries(mlem_yaml_cpp INTERFACE PkgConfig::YAML_CPP)
endif()
if(GIT_MLEM_STATIC)
  target_link_libraries(mlem_fmt INTERFACE fmt::fmt-header-only)
else()
  target_link_libraries(mlem_fmt INTERFACE fmt::fmt)
endif()
