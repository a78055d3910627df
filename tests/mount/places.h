#pragma once

namespace mediafs::e2e {

// Where the build put the program under test, and the stand-in API's sample media. In a file of their own, so
// that the others compile to the same wherever the checkout is, and a compiler cache knows them.
extern const char* const kMediafs;  // $MEDIAFS_BINARY, or that of this build
extern const char* const kSamples;
extern const char* const kSlowDisk;  // of slow_disk.cpp
extern const char* const kUnits;     // the folder of what is shipped for systemd

/// How many times slower than usual the program under test is: $MEDIAFS_TEST_SLOWDOWN; a sanitizer makes it
/// so.
int slowdown();

}  // namespace mediafs::e2e
