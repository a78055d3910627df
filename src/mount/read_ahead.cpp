#include "mount/read_ahead.h"

#include <fstream>

#include "mediafs/base/log.h"
#include "mediafs/mount/mount_table.h"

namespace mediafs {

namespace {

// Larger ones make a page fault of a memory map fetch as much.
constexpr int kReadAheadKib = 1024;

}  // namespace

void raise_read_ahead(const std::string& mountpoint) {
  const auto mount = find_mount(mountpoint);
  std::ofstream setting(mount ? "/sys/class/bdi/" + mount->device + "/read_ahead_kb" : std::string());
  setting << kReadAheadKib << std::flush;
  if (!setting) log::info("the kernel's read-ahead stays as it is: it may not be changed here");
}

}  // namespace mediafs
