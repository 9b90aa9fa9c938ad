# Run by cpack's External generator: packs the program and all that belongs to it below one directory. Cpack's own
# archives have the owner and the order of the files that they are made of, and so would not always be the same.
set(stage "${CPACK_TEMPORARY_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}")
set(archive "${CPACK_PACKAGE_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}.tar.gz")
file(REMOVE_RECURSE "${stage}")
file(MAKE_DIRECTORY "${stage}")
foreach(component program local)
  file(COPY "${CPACK_TEMPORARY_DIRECTORY}/${component}/" DESTINATION "${stage}")
endforeach()
execute_process(
  COMMAND tar --create --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$ENV{SOURCE_DATE_EPOCH}
    --directory "${CPACK_TEMPORARY_DIRECTORY}" "${CPACK_PACKAGE_FILE_NAME}"
  COMMAND gzip -9 -n
  OUTPUT_FILE "${archive}"
  COMMAND_ERROR_IS_FATAL ANY)
set(CPACK_EXTERNAL_BUILT_PACKAGES "${archive}")
