mlem_unit_tests(resolve
  SOURCES
    test_resolve_cache.cpp
  LIBRARIES mlem_test_support)
