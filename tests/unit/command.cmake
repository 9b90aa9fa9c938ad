mlem_unit_tests(command
  SOURCES
    test_command_reporter.cpp
    test_command_table.cpp
  LIBRARIES mlem_test_support)
