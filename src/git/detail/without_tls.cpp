// Takes the place of libgit2's function of that name where libgit2 is linked statically (ld's option --wrap). The
// original parses all certificates of the system, ten milliseconds of work at each start, for connections that libgit2
// never makes here: transport is git's.

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
extern "C" int __wrap_git_mbedtls_stream_global_init();

// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __wrap_git_mbedtls_stream_global_init() { return 0; }
