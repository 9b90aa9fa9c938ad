# The packages that `cmake --workflow --preset package` makes in build/packages: git-mlem and libmlem-dev for Debian
# and its kin, and an archive of the program that runs wherever it is unpacked. Built on Debian 12, the program's run on
# newer systems too, for nothing but the C library is linked dynamically; the library fits what it was built with alone.
#
# The same commit gives the same bytes: the only time in them is SOURCE_DATE_EPOCH, or else that of the last commit.
set(GIT_MLEM_MAINTAINER "git-mlem maintainers <maintainers@git-mlem.invalid>" CACHE STRING
  "Name and address of who answers for the packages")

set(CPACK_GENERATOR External DEB)
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/cmake/package/settings.cmake")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/package/finish.cmake")
set(CPACK_MLEM_SOURCE_DIR "${PROJECT_SOURCE_DIR}")
set(CPACK_MLEM_PROCESSOR "${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_MLEM_STRIP "${CMAKE_STRIP}")
set(CPACK_PACKAGE_CONTACT "${GIT_MLEM_MAINTAINER}")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL program library)

set(CPACK_EXTERNAL_ENABLE_STAGING ON)
set(CPACK_EXTERNAL_PACKAGE_SCRIPT "${PROJECT_SOURCE_DIR}/cmake/package/archive.cmake")

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# Those of Policy 10.9 whatever the umask is.
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# The least version of git is the one that the program itself insists on.
set(least_version_file src/git/detail/least_version.hpp)
file(STRINGS ${least_version_file} least_git REGEX "^inline constexpr LeastVersion least_version{\"[0-9.]+\"")
if(NOT least_git MATCHES "\"([0-9.]+)\"")
  message(FATAL_ERROR "${least_version_file} does not name a version of git any more")
endif()
set(needs_git "git (>= 1:${CMAKE_MATCH_1})")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME git-mlem)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION vcs)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# libcurl is loaded when files are fetched by HTTP, so shlibdeps does not see it. Either variant will do, and git itself
# depends on the first: newer systems provide it under this name, too.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS
  "${needs_git}, ca-certificates, libcurl3-gnutls | libcurl4")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "openssh-client")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "bash-completion, git-lfs, man-db")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "model registry that is nothing but a Git repository
git mlem creates, resolves and checks links: small YAML files, each naming
a model or a data set in some other repository at some revision. Its hooks
refuse links that do not resolve, on a developer's machine and on a server.

Links can be pinned to commits, promoted from one environment to the next,
rolled back, compared and cloned with their files, whose hashes are proved.
They are those of MLEM, which reads them too.")

# What was built against one minor version of these cannot be linked with another; {fmt} is compiled in.
function(mlem_same_minor package version result)
  string(REGEX MATCH "^([0-9]+)[.]([0-9]+)" minor "${version}")
  math(EXPR next "${CMAKE_MATCH_2} + 1")
  set(${result} "${package} (>= ${minor}), ${package} (<< ${CMAKE_MATCH_1}.${next}~)" PARENT_SCOPE)
endfunction()
mlem_same_minor(libboost-filesystem-dev "${Boost_VERSION}" needs_boost)
mlem_same_minor(libgit2-dev "${LIBGIT2_VERSION}" needs_libgit2)
mlem_same_minor(libyaml-cpp-dev "${YAML_CPP_VERSION}" needs_yaml_cpp)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libmlem-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
  "libfmt-dev, ${needs_boost}, ${needs_libgit2}, ${needs_yaml_cpp}, libssl-dev (>= 3), zlib1g-dev")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS "${needs_git}, pkg-config")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "C++ library of git-mlem (static library and header)
libmlem loads, links, checks, pins, compares and promotes models of a
registry that is a Git repository, as the program git-mlem does.

It has the static library, its one header, and what CMake and pkg-config
need to find them.")

include(CPack)
