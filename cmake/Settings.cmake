# Language level, include root and sanitizers of our own code.
add_library(mlem_settings INTERFACE)
target_compile_features(mlem_settings INTERFACE cxx_std_20)
target_include_directories(mlem_settings INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(mlem_settings INTERFACE GIT_MLEM_VERSION="${PROJECT_VERSION}")
if(GIT_MLEM_SANITIZE)
  target_compile_options(mlem_settings INTERFACE -fsanitize=${GIT_MLEM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mlem_settings INTERFACE -fsanitize=${GIT_MLEM_SANITIZE})
endif()

add_library(mlem_warnings INTERFACE)
target_compile_options(mlem_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wcast-qual -Wformat=2 $<$<BOOL:${GIT_MLEM_WERROR}>:-Werror>)

# A room of src/: mlem_room(<name> SOURCES … USES <rooms and libraries, public> LIBRARIES <private>)
function(mlem_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(mlem_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(mlem_${name} PUBLIC mlem_settings ${ROOM_USES} PRIVATE mlem_warnings ${ROOM_LIBRARIES})
endfunction()
