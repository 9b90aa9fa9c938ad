mlem_unit_tests(yaml
  SOURCES
    test_yaml_edit_link.cpp
    test_yaml_edit_object.cpp
    test_yaml_metafile.cpp
    test_yaml_mutations.cpp
    test_yaml_read_dvc.cpp
    test_yaml_read_object.cpp
    test_yaml_to_json.cpp
    test_yaml_write_link.cpp
    yaml_fixtures.hpp
  LIBRARIES Boost::filesystem nlohmann_json::nlohmann_json)
target_compile_definitions(test_yaml PRIVATE GIT_MLEM_DEFAULT_FIXTURES="${PROJECT_SOURCE_DIR}/../shared/fixtures")

# The same against the library that MLEM reads and writes with, where Debian's python3-yaml is installed.
add_executable(yaml_probe ../python/yaml_probe.cpp)
target_link_libraries(yaml_probe PRIVATE mlem_yaml mlem_warnings nlohmann_json::nlohmann_json)
add_test(NAME python_compare_with_pyyaml
  COMMAND /usr/bin/python3 -B "${PROJECT_SOURCE_DIR}/tests/python/compare_with_pyyaml.py" $<TARGET_FILE:yaml_probe>)
add_test(NAME python_compare_reading
  COMMAND /usr/bin/python3 -B "${PROJECT_SOURCE_DIR}/tests/python/compare_reading.py" $<TARGET_FILE:yaml_probe>)
set_tests_properties(python_compare_with_pyyaml python_compare_reading PROPERTIES SKIP_RETURN_CODE 77)
