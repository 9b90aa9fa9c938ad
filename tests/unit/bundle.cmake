mlem_unit_tests(bundle
  SOURCES
    test_bundle_manifest.cpp
    test_bundle_tar.cpp)
