mlem_unit_tests(edit
  SOURCES
    test_edit_branches.cpp
    test_edit_hook_manager.cpp
    test_edit_hooks.cpp
    test_edit_sights.cpp
    test_edit_transaction.cpp
  LIBRARIES mlem_test_support)
