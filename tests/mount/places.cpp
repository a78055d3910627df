#include "places.h"

namespace mediafs::e2e {

const char* const kMediafs = MEDIAFS_BINARY;
const char* const kSamples = MEDIAFS_SAMPLES;

}  // namespace mediafs::e2e
