mlem_test_program(test_support
  SOURCES
    test_support_http_server.cpp
    test_support_metafiles.cpp
    test_support_repo_builder.cpp
    test_support_run.cpp
    test_support_sandbox.cpp
    test_support_ssh_server.cpp
    test_support_git_daemon.cpp
    test_support_stub_server.cpp
    test_support_temp_dir.cpp
    test_support_trace.cpp
  LIBRARIES mlem_test_support mlem_fmt)
add_test(NAME unit_support COMMAND test_support)
