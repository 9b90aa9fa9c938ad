mlem_unit_tests(source
  SOURCES
    test_source_cache.cpp
    test_source_distance.cpp
    test_source_in_parallel.cpp
  LIBRARIES mlem_test_support)
