mlem_unit_tests(base
  SOURCES
    test_base_digest.cpp
    test_base_file.cpp
    test_base_process.cpp
    test_base_text.cpp
  LIBRARIES mlem_test_support)
