mlem_unit_tests(artifact
  SOURCES
    test_artifact_dvc_config.cpp
    test_artifact_lfs_pointer.cpp
  LIBRARIES mlem_test_support)
