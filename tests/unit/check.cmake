mlem_unit_tests(check
  SOURCES
    test_check_conceal.cpp
    test_check_policy.cpp
    test_check_push.cpp)
