mlem_unit_tests(git
  SOURCES
    test_git_config.cpp
    test_git_credential.cpp
    test_git_diagnosis.cpp
    test_git_history.cpp
    test_git_http_config.cpp
    test_git_refs.cpp
    test_git_index_entries.cpp
    test_git_pack_reader.cpp
    test_git_registry.cpp
    test_git_repository.cpp
    test_git_signature.cpp
    test_git_ssh.cpp
    test_git_transport.cpp
    test_git_writer.cpp
  LIBRARIES mlem_test_support)
