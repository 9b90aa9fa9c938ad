// Takes the place of what libgit2 has of these names where it is linked statically (ld's option --wrap, in
// src/CMakeLists.txt), so that its transports are not linked: transport is git's here, and libgit2 talks to no server.
// They would bring the libraries of TLS, SSH and Kerberos along, whose loading and starting is a third of a short
// command's time. Which of the names libgit2 has depends on its version and on what it was built with.

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" {
// Starting TLS parses all certificates of the system, for ten milliseconds.
int __wrap_git_mbedtls_stream_global_init();
int __wrap_git_openssl_stream_global_init();
int __wrap_git_transport_ssh_global_init();
int __wrap_git_transport_ssh_libssh2_global_init();

// What git_libgit2_opts() sets, and a remote's transport.
int __wrap_git_mbedtls__set_cert_location();
int __wrap_git_openssl__set_cert_location();
int __wrap_git_transport_new(void **out);
extern bool __wrap_git_http__expect_continue;
extern bool __wrap_git_smart__ofs_delta_enabled;

int __wrap_git_mbedtls_stream_global_init() { return 0; }
int __wrap_git_openssl_stream_global_init() { return 0; }
int __wrap_git_transport_ssh_global_init() { return 0; }
int __wrap_git_transport_ssh_libssh2_global_init() { return 0; }
int __wrap_git_mbedtls__set_cert_location() { return -1; }
int __wrap_git_openssl__set_cert_location() { return -1; }
int __wrap_git_transport_new(void **out) {
  *out = nullptr;
  return -1;
}
bool __wrap_git_http__expect_continue = false;
bool __wrap_git_smart__ofs_delta_enabled = true;
}
// NOLINTEND(bugprone-reserved-identifier)
