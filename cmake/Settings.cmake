# Language level, include root and sanitizers of our own code.
add_library(mlem_settings INTERFACE)
target_compile_features(mlem_settings INTERFACE cxx_std_20)
target_include_directories(mlem_settings INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(mlem_settings INTERFACE GIT_MLEM_VERSION="${PROJECT_VERSION}")
# The same sources give the same bytes wherever they are built.
target_compile_options(mlem_settings INTERFACE "$<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>")
if(GIT_MLEM_SANITIZE)
  set(sanitize -fsanitize=${GIT_MLEM_SANITIZE} -fno-sanitize-recover=all)
  target_compile_options(mlem_settings INTERFACE ${sanitize} -fno-omit-frame-pointer)
  target_link_options(mlem_settings INTERFACE ${sanitize})
  add_library(mlem_leaks OBJECT "${PROJECT_SOURCE_DIR}/cmake/leaks.cpp")
  target_link_libraries(mlem_settings INTERFACE $<TARGET_OBJECTS:mlem_leaks>)
endif()

add_library(mlem_warnings INTERFACE)
target_compile_options(mlem_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-qual
  # GCC 12 with optimisation finds overlaps in every std::string that is put together: its bug 105651.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # A name of one file hides none of another, which is in one unit with it only where all of a room is.
  $<$<BOOL:${CMAKE_UNITY_BUILD}>:-Wno-shadow>
  -Wformat=2 $<$<BOOL:${GIT_MLEM_WERROR}>:-Werror>)

# A unit of a whole room reads each header once anyhow; and ccache takes nothing from its cache where a precompiled header
# is used, unless its user allows that ("Precompiled headers" in its manual).
set(ccache "${CMAKE_CXX_COMPILER_LAUNCHER}")
if(NOT ccache)
  file(REAL_PATH "${CMAKE_CXX_COMPILER}" ccache)
endif()
if(ccache MATCHES "ccache")
  execute_process(COMMAND ${ccache} --get-config sloppiness OUTPUT_VARIABLE sloppiness)
endif()
if(CMAKE_UNITY_BUILD OR (ccache MATCHES "ccache" AND NOT sloppiness MATCHES "pch_defines.*time_macros"))
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# What most sources include and the compiler takes longest to read. It is no leave to omit an include: the presets
# `headers` and `tidy` compile without it.
set(mlem_precompiled <boost/filesystem/operations.hpp> <algorithm> <chrono> <deque> <functional> <map> <memory>
  <optional> <set> <string> <string_view> <unordered_map> <utility> <vector>)

# mlem_room(<name> SOURCES … USES <rooms and libraries its headers name> LIBRARIES <what only its sources need>)
# makes src/<name> the static library mlem_<name>. Headers go into a header set, so that each is checked to compile
# alone: `cmake --build --preset headers`. CMAKE_UNITY_BUILD makes a room one translation unit, which halves what
# compiling all costs: that is for who builds once; with single sources little is compiled again after a change.
function(mlem_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "SOURCES;USES;LIBRARIES")
  set(headers ${ROOM_SOURCES})
  list(FILTER headers INCLUDE REGEX "[.]hpp$")
  list(FILTER ROOM_SOURCES EXCLUDE REGEX "[.]hpp$")
  add_library(mlem_${name} STATIC ${ROOM_SOURCES})
  target_sources(mlem_${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/src" FILES ${headers})
  target_link_libraries(mlem_${name} PUBLIC mlem_settings ${ROOM_USES} PRIVATE mlem_warnings ${ROOM_LIBRARIES})
  set_target_properties(mlem_${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON UNITY_BUILD_BATCH_SIZE 0 VERIFY_INTERFACE_HEADER_SETS ON)
  if(name STREQUAL base)
    target_precompile_headers(mlem_base PRIVATE ${mlem_precompiled} <fmt/format.h>)
  else()
    target_precompile_headers(mlem_${name} REUSE_FROM mlem_base)
  endif()
endfunction()
