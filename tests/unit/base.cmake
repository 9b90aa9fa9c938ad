mlem_unit_tests(base SOURCES test_base_digest.cpp test_base_text.cpp)
