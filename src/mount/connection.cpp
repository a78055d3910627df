#include "mount/connection.h"

#include <linux/fuse.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <thread>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostOfInit = 1024;
constexpr std::size_t kLargestRequest = 64 * 1024;  // the kernel gives none to who has less room than 8 KiB
constexpr std::size_t kLargestAnswered = 4096;      // a name has 255 bytes at most
constexpr std::int32_t kNotifyResend = 7;           // FUSE_NOTIFY_RESEND
constexpr std::uint32_t kHasResend = 1U << 7;       // FUSE_HAS_RESEND, in flags2
constexpr std::uint64_t kRepeated = std::uint64_t{1} << 63;  // FUSE_UNIQUE_RESEND
constexpr auto kLookAgain = std::chrono::milliseconds(1);

/// What this thread works on.
std::uint64_t& current() {
  thread_local std::uint64_t unique = 0;
  return unique;
}

template <typename Header>
Header header_of(ByteView message) {
  Header header{};
  std::memcpy(&header, message.data(), std::min(sizeof(header), message.size()));
  return header;
}

/// Those that nobody replies to: <fuse_lowlevel.h>, and the kernel's documentation of INTERRUPT.
bool is_answered(std::uint32_t opcode) {
  return opcode != FUSE_FORGET && opcode != FUSE_BATCH_FORGET && opcode != FUSE_INTERRUPT &&
         opcode != FUSE_NOTIFY_REPLY;
}

/// A thread that is being killed in read(2) may still take a request. Where the buffer has no page yet, the
/// kernel cannot get one for it any more and answers the request with EIO (fuse_dev_do_read), instead of
/// leaving it to the next server. A page that is swapped out meanwhile is not handled.
void give_pages(MutableBytes buffer) {
  buffer.front() = buffer.back() = std::byte{0};
}

/// What a lookup finds where there is nothing, so that the kernel keeps it (struct fuse_entry_out).
bool has_null_node(const iovec* pieces, int count) {
  std::uint64_t node = 1;
  static_assert(offsetof(fuse_entry_out, nodeid) == 0 && sizeof(node) == sizeof(fuse_entry_out::nodeid));
  if (count == 2 && pieces[1].iov_len == sizeof(fuse_entry_out))
    std::memcpy(&node, pieces[1].iov_base, sizeof(node));
  return node == 0;
}

ssize_t length_of(const iovec* pieces, int count) {
  std::size_t length = 0;
  for (int i = 0; i < count; ++i) length += pieces[i].iov_len;
  return static_cast<ssize_t>(length);
}

}  // namespace

/// At the beginning of the hand-over memory.
struct Connection::Init {
  std::uint32_t length;  // written after the bytes; 0: it has not come yet
  std::uint32_t answered;
  std::byte request[kMostOfInit];
};

Connection::Connection(int device, MutableBytes hand_over)
    : device_(device), hand_over_(hand_over), under_way_(hand_over.subspan(kBytes - RequestTable::kBytes)) {}

Connection::Init& Connection::kept_init() const {
  return *reinterpret_cast<Init*>(hand_over_.data());
}

std::uint64_t Connection::current_request() {
  return current();
}

void Connection::note_taken(ByteView request) {
  const auto header = header_of<fuse_in_header>(request);
  current() = header.unique;
  if (!is_answered(header.opcode)) return;
  if (const auto place = under_way_.add(header.unique)) counters_.taken(*place, header.opcode);
}

/// A repeated request that may have crashed the servers before this one. Not one that closes a file: that is
/// harmless, and the kernel would not close it again.
bool Connection::is_to_fail(ByteView request) const {
  if (!fails_repeated_) return false;
  const auto header = header_of<fuse_in_header>(request);
  return (header.unique & kRepeated) != 0 && is_answered(header.opcode) && header.opcode != FUSE_RELEASE &&
         header.opcode != FUSE_RELEASEDIR;
}

ssize_t Connection::read(void* buffer, std::size_t size) {
  give_pages({static_cast<std::byte*>(buffer), std::min(size, kLargestAnswered)});
  for (;;) {
    const ssize_t count = ::read(device_, buffer, size);
    if (count < static_cast<ssize_t>(sizeof(fuse_in_header))) return count;
    const ByteView request(static_cast<const std::byte*>(buffer), static_cast<std::size_t>(count));
    if (!is_to_fail(request)) {
      note_taken(request);
      return count;
    }
    fail(header_of<fuse_in_header>(request).unique);
  }
}

ssize_t Connection::write(const iovec* pieces, int count) {
  if (stopped_replying_) return length_of(pieces, count);
  const auto header = header_of<fuse_out_header>(
      ByteView(static_cast<const std::byte*>(pieces[0].iov_base), pieces[0].iov_len));
  if (header.unique == 0) return ::writev(device_, pieces, count);  // a notification
  if (header.unique == init_number_) return write_init_reply(pieces, count);
  const auto place = under_way_.find(header.unique);
  const auto request = place ? std::optional(counters_.at(*place)) : std::nullopt;
  // This process may end between the two. A kernel that repeats requests also repeats one that is not noted;
  // with any other kernel a request that is not noted would wait for ever.
  if (repeats_) under_way_.remove(header.unique);
  const ssize_t written = ::writev(device_, pieces, count);
  const int failure = errno;
  if (!repeats_) under_way_.remove(header.unique);
  if (request) counters_.answered(*request);
  const bool no_entry = request && RequestCounters::is_lookup(*request) && has_null_node(pieces, count);
  counters_.note_error(no_entry ? ENOENT : -header.error);
  errno = failure;
  return written;
}

/// libfuse 3.14 to 3.16 drop FUSE_PARALLEL_DIROPS, whatever is asked for: without it the kernel sends one
/// lookup at a time for each directory, and one slow origin holds up everybody (7.8 s for a fast lookup
/// beside four slow ones; 4 ms with it).
ssize_t Connection::write_init_reply(const iovec* pieces, int count) {
  const std::atomic_ref<std::uint32_t> answered(kept_init().answered);
  if (answered != 0) return length_of(pieces, count);
  if (count == 2 && pieces[1].iov_len == sizeof(fuse_init_out))
    static_cast<fuse_init_out*>(pieces[1].iov_base)->flags |= FUSE_PARALLEL_DIROPS;
  const ssize_t written = ::writev(device_, pieces, count);
  // ENOENT: an earlier server had answered, and ended before it could note that.
  if (written < 0 && errno != ENOENT) return written;
  answered = 1;
  return length_of(pieces, count);
}

Result<std::vector<std::byte>> Connection::init_request() {
  Init& kept = kept_init();
  const std::atomic_ref<std::uint32_t> length(kept.length);
  if (length == 0) {
    std::vector<std::byte> first(kLargestRequest + FUSE_MIN_READ_BUFFER);
    ssize_t count = 0;
    while ((count = ::read(device_, first.data(), first.size())) < 0 && errno == EINTR) {
    }
    const auto size = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    if (size < sizeof(fuse_in_header) || size > kMostOfInit ||
        header_of<fuse_in_header>(first).opcode != FUSE_INIT)
      return Error{Errc::internal, "the kernel does not begin with INIT"};
    std::memcpy(kept.request, first.data(), size);
    length = static_cast<std::uint32_t>(size);
  }
  if (length < sizeof(fuse_in_header) || length > kMostOfInit)
    return Error{Errc::internal, "what an earlier server has left of INIT is damaged"};
  const ByteView request(kept.request, length);
  init_number_ = header_of<fuse_in_header>(request).unique;
  repeats_ = kernel_repeats();
  return std::vector<std::byte>(request.begin(), request.end());
}

bool Connection::kernel_repeats() const {
  const Init& kept = kept_init();
  const ByteView arguments = ByteView(kept.request, kept.length).subspan(sizeof(fuse_in_header));
  const auto init = header_of<fuse_init_in>(arguments);
  return (init.flags & FUSE_INIT_EXT) != 0 && (init.flags2 & kHasResend) != 0;
}

bool Connection::see_to(const std::vector<std::uint64_t>& left_behind, bool may_repeat) {
  const bool repeated = resend();
  fails_repeated_ = repeated && !may_repeat;
  for (const std::uint64_t request : left_behind) {
    if (!repeated) fail(request);
    under_way_.remove(request);  // not before: should this process end here, the next one sees to it again
  }
  return repeated;
}

bool Connection::resend() {
  if (!repeats_) return false;
  const fuse_out_header notification{.len = sizeof(notification), .error = kNotifyResend, .unique = 0};
  if (::write(device_, &notification, sizeof(notification)) == sizeof(notification)) return true;
  log::warning("the kernel does not repeat requests: {}", std::strerror(errno));  // NOLINT
  repeats_ = false;
  return false;
}

void Connection::fail(std::uint64_t request) {
  counters_.note_error(EIO);
  const fuse_out_header reply{.len = sizeof(reply), .error = -EIO, .unique = request};
  // ENOENT: it had been answered after all, or nobody waits any more.
  if (::write(device_, &reply, sizeof(reply)) < 0 && errno != ENOENT)
    log::warning("a request of the last server cannot be ended: {}", std::strerror(errno));  // NOLINT
}

void Connection::stop_replying(Duration patience) {
  const SteadyTime give_up = steady_now() + patience;
  while (!repeats_ && !under_way_.empty() && steady_now() < give_up) std::this_thread::sleep_for(kLookAgain);
  stopped_replying_ = true;
}

}  // namespace mediafs
