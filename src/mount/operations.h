#pragma once

#include <cstdint>

#include "mediafs/mount/mount.h"
#include "mount/connection.h"
#include "mount/interrupts.h"
#include "mount/libfuse.h"

namespace mediafs {

/// What the callbacks find behind fuse_req_userdata.
struct Serving {
  Filesystem& filesystem;
  const Mount::Options options;
  Interrupts interrupts;
  Connection connection;
};

/// What names a file that is opened by that request: the same where the kernel repeats it.
std::uint64_t handle_of(std::uint64_t request);

/// The callbacks: unpack, call, reply. They decide nothing.
const fuse_lowlevel_ops& operations();

}  // namespace mediafs
