# mlem_static_libraries(<name> <result>) sets <result> to what linking lib<name>.a takes: the archive, and for each
# library that lib<name>.so is linked with its archive where there is one and the shared library where not (Kerberos has
# none, mbedTLS on some systems), and so on for what came as an archive. Empty if there is no lib<name>.a or no telling.
#
# Which libraries these are differs between distributions, and pkg-config does not tell all of them; but each shared
# library says what it needs. `-DMLEM_libmbedtls.a=` has that one linked dynamically though there is an archive.
function(mlem_static_libraries name result)
  set(${result} "" PARENT_SCOPE)
  find_library(MLEM_lib${name}.so lib${name}.so)
  find_library(MLEM_lib${name}.a lib${name}.a)
  if(NOT MLEM_lib${name}.so OR NOT MLEM_lib${name}.a OR NOT CMAKE_READELF)
    return()
  endif()
  set(libraries "${MLEM_lib${name}.a}")
  set(seen "")
  set(unread "${MLEM_lib${name}.so}")
  while(unread)
    list(POP_FRONT unread shared)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${CMAKE_READELF}" -d "${shared}"
      OUTPUT_VARIABLE dynamic RESULT_VARIABLE failure ERROR_QUIET)
    if(failure)
      return()
    endif()
    # A list splits no item at `;` between brackets.
    string(REPLACE "[" "<" dynamic "${dynamic}")
    string(REPLACE "]" ">" dynamic "${dynamic}")
    string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*<[^>]+" needed "${dynamic}")
    list(TRANSFORM needed REPLACE ".*<" "")
    foreach(soname IN LISTS needed)
      # The compiler links its own and the C library itself.
      if(soname IN_LIST seen OR soname MATCHES "^(ld-|lib(c|m|dl|rt|pthread|gcc_s|stdc\\+\\+|c\\+\\+)[.-])")
        continue()
      endif()
      list(APPEND seen "${soname}")
      string(REGEX REPLACE "[.]so.*" ".a" archive "${soname}")
      find_library(MLEM_${archive} ${archive})
      find_library(MLEM_${soname} ${soname})
      if(MLEM_${archive})
        list(APPEND libraries "${MLEM_${archive}}")
        list(APPEND unread "${MLEM_${soname}}")
      elseif(MLEM_${soname})
        list(APPEND libraries "${MLEM_${soname}}")
      else()
        return()
      endif()
    endforeach()
  endwhile()
  # They need one another in any order.
  set(${result} -Wl,--start-group ${libraries} -Wl,--end-group PARENT_SCOPE)
endfunction()
