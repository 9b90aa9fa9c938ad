// Uses the library as a stranger would: by its one public header.
#include <mlem/mlem.hpp>

int main() { return 0; }
