mlem_unit_tests(command
  SOURCES
    test_command_table.cpp)
