#include "mount/read_ahead.h"

#include <fstream>
#include <optional>
#include <sstream>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

// Larger ones make a page fault of a memory map fetch as much.
constexpr int kReadAheadKib = 1024;

/// proc(5), /proc/[pid]/mountinfo: field 3 is major:minor, field 5 the mount point with spaces as \040.
std::optional<std::string> device_of(const std::string& mountpoint) {
  std::ifstream mounts("/proc/self/mountinfo");
  std::optional<std::string> device;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string id, parent, numbers, root, target;
    fields >> id >> parent >> numbers >> root >> target;
    std::string plain;
    for (std::size_t i = 0; i < target.size(); ++i) {
      if (target.compare(i, 4, "\\040") == 0) {
        plain += ' ';
        i += 3;
      } else {
        plain += target[i];
      }
    }
    if (plain == mountpoint) device = numbers;  // the last one is on top
  }
  return device;
}

}  // namespace

void raise_read_ahead(const std::string& mountpoint) {
  const auto device = device_of(mountpoint);
  std::ofstream setting(device ? "/sys/class/bdi/" + *device + "/read_ahead_kb" : std::string());
  setting << kReadAheadKib << std::flush;
  if (!setting) log::info("the kernel's read-ahead stays as it is: it may not be changed here");
}

}  // namespace mediafs
