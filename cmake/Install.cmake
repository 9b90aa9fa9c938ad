# What `cmake --install` puts where. The components are the packages that Packages.cmake makes: `program` is git-mlem,
# `library` is libmlem-dev, and `local` is what an installation has that Debian's package has elsewhere or not at all.
include(CMakePackageConfigHelpers)

install(DIRECTORY man/ DESTINATION "${CMAKE_INSTALL_MANDIR}" COMPONENT program FILES_MATCHING PATTERN "*.[157]")
install(DIRECTORY hooks/ DESTINATION "${CMAKE_INSTALL_DATADIR}/git-mlem/hooks" USE_SOURCE_PERMISSIONS
  COMPONENT program)
install(FILES src/completion/git-mlem DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
  COMPONENT program)
# Debian's zsh looks into the first below /usr, and into the second below /usr/local.
install(FILES src/completion/_git-mlem DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions" COMPONENT program)
install(FILES src/completion/_git-mlem DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT local)
install(FILES src/completion/git-mlem.fish DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d"
  COMPONENT program)
install(FILES src/completion/fish-conf/git-mlem.fish DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_conf.d"
  COMPONENT program)
install(FILES README.md SECURITY.md cmake/package/copyright DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
install(FILES LICENSE CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT local)

install(TARGETS git-mlem COMPONENT program)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/git-mlem")
install(TARGETS mlem EXPORT git-mlem COMPONENT library FILE_SET HEADERS COMPONENT library)
install(EXPORT git-mlem NAMESPACE mlem:: DESTINATION "${package_dir}" FILE git-mlem-targets.cmake COMPONENT library)
write_basic_package_version_file(git-mlem-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES cmake/git-mlem-config.cmake "${PROJECT_BINARY_DIR}/git-mlem-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT library)
install(FILES cmake/package/copyright DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/libmlem-dev" COMPONENT library)

# The .pc file says where it lies relative to the prefix, so an installation may be moved.
file(RELATIVE_PATH pc_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file(cmake/libmlem.pc.in libmlem.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/libmlem.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT library)
