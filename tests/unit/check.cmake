mlem_unit_tests(check SOURCES test_check_conceal.cpp)
