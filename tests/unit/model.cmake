mlem_unit_tests(model
  SOURCES
    test_model_glob.cpp
    test_model_object.cpp
    test_model_gto.cpp
    test_model_object_name.cpp
    test_model_oid.cpp
    test_model_repo_path.cpp
    test_model_repo_url.cpp
    test_model_rev.cpp
    test_model_source.cpp
    test_model_split_url.cpp
    test_model_url_policy.cpp
    test_model_verdict.cpp
    test_model_version.cpp
    test_model_work_tree_path.cpp)
target_compile_definitions(test_model PRIVATE GIT_MLEM_MANUAL="${PROJECT_SOURCE_DIR}/man")
