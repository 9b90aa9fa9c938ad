mlem_unit_tests(resolve
  SOURCES
    test_resolve_resolver.cpp
    test_resolve_rev_lookup.cpp
    test_resolve_tree_view.cpp
  LIBRARIES mlem_test_support)
