#include "mediafs/mount/mount.h"

#include <fcntl.h>

#include <vector>

#include "mediafs/base/unique_fd.h"
#include "mount/connection.h"
#include "mount/libfuse.h"
#include "mount/operations.h"
#include "mount/read_ahead.h"
#include "mount/session_loop.h"

namespace mediafs {

namespace {

ssize_t read_request(int /*fd*/, void* buffer, std::size_t size, void* userdata) {
  return static_cast<Serving*>(userdata)->connection.read(buffer, size);
}
ssize_t write_reply(int /*fd*/, iovec* pieces, int count, void* userdata) {
  return static_cast<Serving*>(userdata)->connection.write(pieces, count);
}
// Which also switches splicing off, as wanted.
constexpr fuse_custom_io kThroughConnection{
    .writev = write_reply, .read = read_request, .splice_receive = nullptr, .splice_send = nullptr};

}  // namespace

/// libfuse's session with what its callbacks need.
class Mount::Session {
 public:
  Session(const Options& options, const Device& device, Filesystem& filesystem, Timer& timer)
      : device_(device),
        serving_{filesystem, options, Interrupts(timer), Connection(device.descriptor, device.hand_over)} {}

  ~Session() {
    if (session_ != nullptr) fuse_session_destroy(session_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Status open() {
    char program[] = "mediafs";
    char* words[] = {program};
    fuse_args arguments{.argc = 1, .argv = words, .allocated = 0};
    session_ = fuse_session_new(&arguments, &operations(), sizeof(fuse_lowlevel_ops), &serving_);
    fuse_opt_free_args(&arguments);  // libfuse has made a copy of its own in it
    if (session_ == nullptr) return Error{Errc::internal, "libfuse refuses to serve"};
    UniqueFd device(::fcntl(device_.descriptor, F_DUPFD_CLOEXEC, 0));
    if (!device || fuse_session_custom_io(session_, &kThroughConnection, device.get()) != 0)
      return Error{Errc::internal, "libfuse refuses custom I/O"};
    device.release();  // the session closes it
    return take_over();
  }

  End run(const std::function<void()>& ready, const std::function<void(End)>& ending, int orders) {
    const auto serving = [this, &ready] {
      raise_read_ahead(serving_.options.mountpoint);
      ready();
    };
    return serve_session(session_, serving_.options.workers, serving, orders, [&](End why) {
      ending(why);
      // It may wait for a look-up, which is answered as long as there are workers; or by the next server.
      if (!serving_.connection.has_stopped_replying()) names_.stop();
    });
  }

  void stop_replying(Duration patience) { serving_.connection.stop_replying(patience); }
  [[nodiscard]] bool has_stopped_replying() const { return serving_.connection.has_stopped_replying(); }

  [[nodiscard]] MountStats stats() const { return serving_.connection.stats(); }

  void refresh_attributes(NodeNumber node) {
    constexpr off_t kAttributesAlone = -1;
    fuse_lowlevel_notify_inval_inode(session_, static_cast<fuse_ino_t>(node), kAttributesAlone, 0);
  }

  void forget_name(NodeNumber directory, const std::string& name) {
    names_.post([this, directory, name] {
      fuse_lowlevel_notify_inval_entry(session_, static_cast<fuse_ino_t>(directory), name.c_str(),
                                       name.size());
    });
  }

  void forget(const EraseResult& result) {
    for (const NodeNumber node : result.nodes)  // from 0 on, to whatever its end is
      fuse_lowlevel_notify_inval_inode(session_, static_cast<fuse_ino_t>(node), 0, 0);
    for (const auto& [directory, name] : result.names) forget_name(directory, name);
  }

 private:
  /// INIT first, since libfuse takes nothing before it; then what an earlier server has left.
  Status take_over() {
    auto init = serving_.connection.init_request();
    if (!init) return init.error();
    const std::vector<std::uint64_t> left = serving_.connection.left_behind();
    const fuse_buf request{
        .size = init->size(), .flags = fuse_buf_flags{}, .mem = init->data(), .fd = -1, .pos = 0};
    fuse_session_process_buf(session_, &request);
    for (const std::uint64_t number : left)
      serving_.filesystem.close(FileHandle{handle_of(number)}, Filesystem::Closing::unheard_of);
    serving_.connection.see_to(left, device_.may_repeat);
    return ok_status();
  }

  const Device device_;
  Serving serving_;
  fuse_session* session_ = nullptr;
  // To forget a name takes the kernel's lock of its directory, and so waits for every look-up there: on a
  // thread of its own, which nothing but the end waits for.
  TimerThread names_;
};

Mount::Mount(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Mount::~Mount() = default;

const std::size_t Mount::kHandOverBytes = Connection::kBytes;

Result<std::unique_ptr<Mount>> Mount::open(const Options& options, const Device& device,
                                           Filesystem& filesystem, Timer& timer) {
  auto session = std::make_unique<Session>(options, device, filesystem, timer);
  if (const Status opened = session->open(); !opened) return opened.error();
  return std::unique_ptr<Mount>(new Mount(std::move(session)));
}

Mount::End Mount::run(const std::function<void()>& ready, const std::function<void(End)>& ending,
                      int orders) {
  return session_->run(ready, ending, orders);
}

void Mount::stop_replying(Duration patience) {
  session_->stop_replying(patience);
}

bool Mount::has_stopped_replying() const {
  return session_->has_stopped_replying();
}

MountStats Mount::stats() const {
  return session_->stats();
}

void Mount::forget_name(NodeNumber directory, const std::string& name) {
  session_->forget_name(directory, name);
}

void Mount::forget(const EraseResult& result) {
  session_->forget(result);
}

void Mount::refresh_attributes(NodeNumber node) {
  session_->refresh_attributes(node);
}

}  // namespace mediafs
