// Takes the place of libgit2's functions of these names where libgit2 is linked statically (ld's option --wrap); which of
// them it has depends on the TLS library that it was built with. The originals parse all certificates of the system, ten
// milliseconds of work at each start, for connections that libgit2 never makes here: transport is git's.

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" int __wrap_git_mbedtls_stream_global_init();
extern "C" int __wrap_git_openssl_stream_global_init();

extern "C" int __wrap_git_mbedtls_stream_global_init() { return 0; }
extern "C" int __wrap_git_openssl_stream_global_init() { return 0; }
// NOLINTEND(bugprone-reserved-identifier)
