#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mount/request_counters.h"
#include "mount/request_table.h"

namespace mediafs {

/// A server's end of /dev/fuse, and what it leaves to the server after it: the kernel's INIT, which comes
/// only once in a mount's life, and which requests have been taken and not answered.
///
/// The protocol is that of <linux/fuse.h>; the numbers that Debian 12's has not are the kernel's (6.9).
/// Thread-safe once init_request() has returned.
class Connection {
 public:
  static constexpr std::size_t kBytes = 4096 + RequestTable::kBytes;

  /// `device` is not owned. `hand_over` has kBytes: zeros at the beginning of the mount's life, later what
  /// the server before this one has left there.
  Connection(int device, MutableBytes hand_over);

  /// As read(2) and writev(2), for libfuse. They note which requests are taken and which are answered.
  ssize_t read(void* buffer, std::size_t size);
  ssize_t write(const iovec* pieces, int count);

  /// The number of the request that this thread has read last.
  static std::uint64_t current_request();

  /// The kernel's INIT as it came: waits for it where no earlier server has taken it. The reply to it goes to
  /// the kernel only if none has been given yet.
  Result<std::vector<std::byte>> init_request();

  /// What an earlier server had taken and not answered.
  [[nodiscard]] std::vector<std::uint64_t> left_behind() const { return under_way_.all(); }

  /// Has the kernel repeat every request that has been taken and not answered (FUSE_NOTIFY_RESEND). Those
  /// that it repeats where `may_repeat` is false, and those left behind where it cannot repeat, are answered
  /// with EIO. True: it repeats. Before anything else is read or written.
  bool see_to(const std::vector<std::uint64_t>& left_behind, bool may_repeat);

  /// Of what this server has taken and answered.
  [[nodiscard]] MountStats stats() const { return counters_.snapshot(); }

  /// From now on nothing reaches the kernel: what is under way is for the next server to answer. Where the
  /// kernel will not repeat it, it is waited for first, for at most `patience`.
  void stop_replying(Duration patience);
  [[nodiscard]] bool has_stopped_replying() const { return stopped_replying_; }

 private:
  struct Init;

  [[nodiscard]] Init& kept_init() const;
  [[nodiscard]] bool kernel_repeats() const;
  bool resend();
  void fail(std::uint64_t request);
  void note_taken(ByteView request);
  [[nodiscard]] bool is_to_fail(ByteView request) const;
  ssize_t write_init_reply(const iovec* pieces, int count);

  const int device_;
  const MutableBytes hand_over_;
  RequestTable under_way_;
  RequestCounters counters_{RequestTable::kPlaces};
  std::uint64_t init_number_ = 0;
  bool repeats_ = false;
  bool fails_repeated_ = false;
  std::atomic<bool> stopped_replying_ = false;
};

}  // namespace mediafs
