mlem_unit_tests(site
  SOURCES
    test_site_markup.cpp
    test_site_names.cpp)
