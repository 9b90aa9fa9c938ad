// What LeakSanitizer is to overlook: linked into every program of a build with GIT_MLEM_SANITIZE.

// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer's names
extern "C" {
const char* __lsan_default_options();
const char* __lsan_default_suppressions();
}

const char* __lsan_default_options() { return "print_suppressions=0"; }

// libgit2 1.5 does not free all match data of the regular expressions that it reads its configuration with.
const char* __lsan_default_suppressions() { return "leak:libpcre2-8\n"; }
// NOLINTEND(bugprone-reserved-identifier)
