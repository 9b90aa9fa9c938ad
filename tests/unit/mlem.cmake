mlem_unit_tests(mlem
  SOURCES
    test_mlem_mlem.cpp
  LIBRARIES mlem_test_support)
