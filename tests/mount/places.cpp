#include "places.h"

namespace mediafs::e2e {

const char* const kMediafs = MEDIAFS_BINARY;
const char* const kSamples = MEDIAFS_SAMPLES;
const char* const kSlowDisk = MEDIAFS_SLOW_DISK;

}  // namespace mediafs::e2e
