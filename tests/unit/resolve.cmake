mlem_unit_tests(resolve
  SOURCES
    test_resolve_rev_lookup.cpp)
