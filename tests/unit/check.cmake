mlem_unit_tests(check
  SOURCES
    test_check_changes.cpp
    test_check_conceal.cpp
    test_check_findings.cpp
    test_check_pinned_aliases.cpp
    test_check_policy.cpp
    test_check_push.cpp
    test_check_scope_reader.cpp
  LIBRARIES mlem_test_support)
