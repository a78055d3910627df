#include "mount/init_reply.h"

#include <linux/fuse.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "mount/operations.h"

namespace mediafs {

namespace {

ssize_t read_request(int fd, void* buffer, std::size_t size, void* /*userdata*/) {
  return ::read(fd, buffer, size);
}

/// The reply to INIT is the only one of its length: a header and a fuse_init_out.
bool is_init_reply(const iovec* pieces, int count) {
  return count == 2 && pieces[0].iov_len == sizeof(fuse_out_header) &&
         pieces[1].iov_len == sizeof(fuse_init_out);
}

ssize_t write_reply(int fd, iovec* pieces, int count, void* userdata) {
  auto& self = *static_cast<Serving*>(userdata);
  if (self.initialised.load(std::memory_order_relaxed) || !is_init_reply(pieces, count)) {
    return ::writev(fd, pieces, count);
  }
  static_cast<fuse_init_out*>(pieces[1].iov_base)->flags |= FUSE_PARALLEL_DIROPS;
  const ssize_t written = ::writev(fd, pieces, count);
  if (!self.initialised.exchange(true) && self.ready) self.ready();
  return written;
}

}  // namespace

bool watch_init_reply(fuse_session* session) {
  static const fuse_custom_io io{
      .writev = write_reply, .read = read_request, .splice_receive = nullptr, .splice_send = nullptr};
  return fuse_session_custom_io(session, &io, fuse_session_fd(session)) == 0;
}

}  // namespace mediafs
