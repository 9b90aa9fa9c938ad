mlem_unit_tests(edit
  SOURCES
    test_edit_hooks.cpp
  LIBRARIES mlem_test_support)
