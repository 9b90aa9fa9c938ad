mlem_unit_tests(artifact
  SOURCES
    test_artifact_clone_plan.cpp
    test_artifact_declared.cpp
    test_artifact_dos2unix_digest.cpp
    test_artifact_dvc_config.cpp
    test_artifact_dvc_directory.cpp
    test_artifact_dvc_http_remote.cpp
    test_artifact_hash.cpp
    test_artifact_lfs_answer.cpp
    test_artifact_lfs_client.cpp
    test_artifact_lfs_endpoint.cpp
    test_artifact_lfs_pointer.cpp
    test_artifact_locate.cpp
    test_artifact_model_signature.cpp
    test_artifact_model_signer.cpp
    test_artifact_partial_file.cpp
    test_artifact_symlink_target.cpp
    test_artifact_transfer.cpp
  LIBRARIES mlem_test_support nlohmann_json::nlohmann_json)
target_compile_definitions(test_artifact PRIVATE
  GIT_MLEM_DEFAULT_FIXTURES="${PROJECT_SOURCE_DIR}/../shared/fixtures"
  GIT_MLEM_VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors")
