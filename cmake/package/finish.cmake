# Run by cpack on what it is about to pack: Debian Policy 12 wants pages and changelogs compressed, and nothing may tell
# when or by whom it was packed.
set(stage "${CPACK_TEMPORARY_DIRECTORY}")

# quietly(<command>…) ends packing if the command fails.
function(quietly)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB_RECURSE pages "${stage}/*.[157]")
list(FILTER pages INCLUDE REGEX "/man/man[157]/")
foreach(page IN LISTS pages)
  quietly(gzip -9 -n -f "${page}")
endforeach()

# What cpack's strip leaves: the names of compilers, and in a library what debuggers read.
file(GLOB_RECURSE program "${stage}/git-mlem")
list(FILTER program INCLUDE REGEX "/bin/git-mlem$")
quietly("${CPACK_MLEM_STRIP}" --remove-section=.comment --remove-section=.note "${program}")
file(GLOB_RECURSE library "${stage}/libmlem.a")
if(library)
  quietly("${CPACK_MLEM_STRIP}" --strip-debug --remove-section=.comment --remove-section=.note
    --enable-deterministic-archives "${library}")
endif()

if(CPACK_GENERATOR STREQUAL "DEB")
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # that of SOURCE_DATE_EPOCH
  foreach(package git-mlem libmlem-dev)
    file(GLOB_RECURSE copyright "${stage}/copyright")
    list(FILTER copyright INCLUDE REGEX "/doc/${package}/copyright$")
    cmake_path(GET copyright PARENT_PATH directory)
    execute_process(
      COMMAND awk -v package=${package} -v "version=${CPACK_PACKAGE_VERSION}" -v "date=${date}"
        -v "maintainer=${CPACK_PACKAGE_CONTACT}" -f "${CPACK_MLEM_SOURCE_DIR}/cmake/package/changelog.awk"
        "${CPACK_MLEM_SOURCE_DIR}/CHANGELOG.md"
      COMMAND gzip -9 -n
      OUTPUT_FILE "${directory}/changelog.gz"
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  set(overrides "${stage}/program/usr/share/lintian/overrides")
  file(MAKE_DIRECTORY "${overrides}")
  file(COPY_FILE "${CPACK_MLEM_SOURCE_DIR}/cmake/package/lintian-overrides" "${overrides}/git-mlem")
endif()

quietly(chmod -R u=rwX,go=rX "${stage}")
quietly(find "${stage}" -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +)
