mlem_unit_tests(history
  SOURCES
    test_history_object_texts.cpp
    test_history_point_in_time.cpp
    test_history_range.cpp
  LIBRARIES mlem_test_support)
