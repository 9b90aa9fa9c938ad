# Read by cpack for each generator, before it does anything: which components it packs, and the time that is in them.
if(CPACK_GENERATOR STREQUAL "External")
  set(CPACK_COMPONENTS_ALL program local)
  set(CPACK_PACKAGE_FILE_NAME "git-mlem-${CPACK_PACKAGE_VERSION}-linux-${CPACK_MLEM_PROCESSOR}")
endif()
# Else each description would begin with it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")

if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND git -C "${CPACK_MLEM_SOURCE_DIR}" log -1 --format=%ct
    OUTPUT_VARIABLE time OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  # An archive of the sources has the commit's time on its files.
  if(NOT time)
    file(TIMESTAMP "${CPACK_MLEM_SOURCE_DIR}/CHANGELOG.md" time "%s" UTC)
  endif()
  set(ENV{SOURCE_DATE_EPOCH} "${time}")
endif()
