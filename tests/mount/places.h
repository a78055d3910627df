#pragma once

namespace mediafs::e2e {

// Where the build put the program under test, and the stand-in API's sample media. In a file of their own, so
// that the others compile to the same wherever the checkout is, and a compiler cache knows them.
extern const char* const kMediafs;
extern const char* const kSamples;
extern const char* const kSlowDisk;  // of slow_disk.cpp

}  // namespace mediafs::e2e
