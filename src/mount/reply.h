// How results become replies. A request is answered exactly once, from any thread.
#pragma once

#include <cerrno>
#include <exception>

#include "mediafs/base/log.h"
#include "mediafs/mount/errno_of.h"
#include "mount/libfuse.h"
#include "mount/operations.h"

namespace mediafs {

inline constexpr double kForever = 1e9;

inline Serving& serving(fuse_req_t request) {
  return *static_cast<Serving*>(fuse_req_userdata(request));
}

inline double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// S_IFREG and so on.
mode_t mode_of(FileType type);
struct stat stat_of(const Attributes& attributes, const Mount::Options& options);
fuse_entry_param entry_of(fuse_req_t request, const Attributes& attributes);

inline void reply_error(fuse_req_t request, const Error& error) {
  fuse_reply_err(request, errno_of(error.code));
}

void reply_entry(fuse_req_t request, const Attributes& attributes);
void reply_no_entry(fuse_req_t request, double timeout);
void reply_attributes(fuse_req_t request, const Attributes& attributes);
void reply_bytes(fuse_req_t request, const Slices& slices);
/// As getxattr(2) has it: a size of 0 asks how much room the value takes.
void reply_value(fuse_req_t request, const std::string& value, std::size_t size);

/// The one place that catches exceptions: nothing below throws, except where memory runs out.
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
