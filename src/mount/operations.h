#pragma once

#include <atomic>
#include <functional>

#include "mediafs/mount/mount.h"
#include "mount/interrupts.h"
#include "mount/libfuse.h"

namespace mediafs {

/// What the callbacks find behind fuse_req_userdata.
struct Serving {
  Filesystem& filesystem;
  const Mount::Options options;
  Interrupts interrupts;
  std::function<void()> ready = {};  // called when the reply to INIT has been written
  std::atomic<bool> initialised = false;
};

/// The callbacks: unpack, call, reply. They decide nothing.
const fuse_lowlevel_ops& operations();

}  // namespace mediafs
