# What `cmake --install` puts where, and the TGZ and DEB that CPack makes from it.
include(CMakePackageConfigHelpers)

install(DIRECTORY man/ DESTINATION "${CMAKE_INSTALL_MANDIR}" FILES_MATCHING PATTERN "*.[157]")
install(DIRECTORY hooks/ DESTINATION "${CMAKE_INSTALL_DATADIR}/git-mlem/hooks" USE_SOURCE_PERMISSIONS)
install(FILES src/completion/git-mlem DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
# Debian's zsh looks into the first below /usr/local, and into the second below /usr.
foreach(zsh_directory site-functions vendor-completions)
  install(FILES src/completion/_git-mlem DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/${zsh_directory}")
endforeach()
install(FILES src/completion/git-mlem.fish DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(FILES src/completion/fish-conf/git-mlem.fish DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_conf.d")
install(FILES LICENSE README.md CHANGELOG.md SECURITY.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")

install(TARGETS git-mlem)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/git-mlem")
install(TARGETS mlem EXPORT git-mlem FILE_SET HEADERS)
install(EXPORT git-mlem NAMESPACE mlem:: DESTINATION "${package_dir}" FILE git-mlem-targets.cmake)
write_basic_package_version_file(git-mlem-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES cmake/git-mlem-config.cmake "${PROJECT_BINARY_DIR}/git-mlem-config-version.cmake"
  DESTINATION "${package_dir}")

# The .pc file says where it lies relative to the prefix, so an installation may be moved.
file(RELATIVE_PATH pc_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file(cmake/libmlem.pc.in libmlem.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/libmlem.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_CONTACT "The git-mlem authors <git-mlem@localhost>")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION vcs)
set(CPACK_DEBIAN_PACKAGE_DEPENDS git)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
