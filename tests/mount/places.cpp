#include "places.h"

#include <cstdlib>
#include <string>

namespace mediafs::e2e {

namespace {

const char* variable(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return value == nullptr ? otherwise : value;
}

}  // namespace

const char* const kMediafs = variable("MEDIAFS_BINARY", MEDIAFS_BUILT);
const char* const kSamples = MEDIAFS_SAMPLES;
const char* const kSlowDisk = MEDIAFS_SLOW_DISK;
const char* const kUnits = MEDIAFS_UNITS;

int slowdown() {
  static const int times =
      std::atoi(variable("MEDIAFS_TEST_SLOWDOWN", "1"));  // NOLINT: 0 where it is no number
  return times > 1 ? times : 1;
}

}  // namespace mediafs::e2e
