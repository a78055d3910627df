// How results become replies. A request is answered exactly once, from any thread.
#pragma once

#include <cerrno>
#include <exception>

#include "mediafs/base/log.h"
#include "mediafs/mount/errno_of.h"
#include "mount/libfuse.h"
#include "mount/operations.h"

namespace mediafs {

// The kernel may keep what it is told: a media's bytes and size never change under its id, and where an
// origin breaks that word the node is invalidated explicitly. libfuse takes seconds as a double.
inline constexpr double kForever = 1e9;

inline Serving& serving(fuse_req_t request) {
  return *static_cast<Serving*>(fuse_req_userdata(request));
}

struct stat stat_of(const Attributes& attributes, const Mount::Options& options);

inline void reply_error(fuse_req_t request, const Error& error) {
  fuse_reply_err(request, errno_of(error.code));
}

void reply_entry(fuse_req_t request, const Attributes& attributes);
void reply_no_entry(fuse_req_t request, double believed_for);
void reply_attributes(fuse_req_t request, const Attributes& attributes);
void reply_bytes(fuse_req_t request, const Slices& slices);

/// The one place where an exception ends: nothing below throws but for want of memory.
template <typename Body>
void guarded(fuse_req_t request, const Body& body) {
  try {
    body();
  } catch (const std::exception& fault) {
    log::error("a request failed: {}", fault.what());
    serving(request).interrupts.forget(request);
    fuse_reply_err(request, EIO);
  }
}

}  // namespace mediafs
