mlem_unit_tests(resolve
  SOURCES
    test_resolve_cache.cpp
    test_resolve_in_parallel.cpp
  LIBRARIES mlem_test_support)
