# Run by cpack when the packages of a generator are made: leaves nothing but them.
file(REMOVE "${CPACK_PACKAGE_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}.json")
