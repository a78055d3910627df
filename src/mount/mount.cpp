#include "mediafs/mount/mount.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "mediafs/base/log.h"
#include "mount/init_reply.h"
#include "mount/libfuse.h"
#include "mount/operations.h"
#include "mount/read_ahead.h"
#include "mount/session_loop.h"

namespace mediafs {

namespace {

/// Handlers do not wait for the network, so a few threads are enough; more than two, since a slow disk may
/// hold one up.
unsigned worker_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 4U, 8U);
}

std::vector<std::string> session_arguments(const Mount::Options& options) {
  std::string flags = "-oro,nosuid,nodev,noexec,default_permissions,subtype=mediafs,fsname=" + options.source;
  if (options.allow_other) flags += ",allow_other";
  return {"mediafs", flags};
}

}  // namespace

/// libfuse's session with what its callbacks need.
class Mount::Session {
 public:
  Session(const Options& options, Filesystem& filesystem, Timer& timer)
      : serving_{filesystem, options, Interrupts(timer)} {}

  ~Session() {
    if (session_ == nullptr) return;
    if (mounted_) fuse_session_unmount(session_);
    fuse_session_destroy(session_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Status open() {
    std::vector<std::string> words = session_arguments(serving_.options);
    std::vector<char*> pointers;
    pointers.reserve(words.size());
    for (std::string& word : words) pointers.push_back(word.data());
    fuse_args arguments{.argc = static_cast<int>(pointers.size()), .argv = pointers.data(), .allocated = 0};
    session_ = fuse_session_new(&arguments, &operations(), sizeof(fuse_lowlevel_ops), &serving_);
    fuse_opt_free_args(&arguments);  // libfuse has made a copy of its own in it
    if (session_ == nullptr) return Error{Errc::internal, "libfuse refuses the mount's options"};
    if (fuse_session_mount(session_, serving_.options.mountpoint.c_str()) != 0) {
      return Error{Errc::denied, "the kernel or fusermount3 refuses the mount"};
    }
    mounted_ = true;
    if (!watch_init_reply(session_)) return Error{Errc::internal, "libfuse refuses custom I/O"};
    return ok_status();
  }

  bool run(std::function<void()> ready, const std::function<void()>& ending) {
    serving_.ready = [this, ready = std::move(ready)] {
      raise_read_ahead(serving_.options.mountpoint);
      ready();
    };
    return serve_session(session_, worker_threads(), [&] {
      ending();
      names_.stop();  // it may wait for a look-up, which is answered as long as there are workers
    });
  }

  void refresh_attributes(NodeNumber node) {
    constexpr off_t kAttributesAlone = -1;
    fuse_lowlevel_notify_inval_inode(session_, static_cast<fuse_ino_t>(node), kAttributesAlone, 0);
  }

  void forget_name(NodeNumber directory, const std::string& name) {
    names_.at(steady_now(), [this, directory, name] {
      fuse_lowlevel_notify_inval_entry(session_, static_cast<fuse_ino_t>(directory), name.c_str(),
                                       name.size());
    });
  }

 private:
  Serving serving_;
  fuse_session* session_ = nullptr;
  bool mounted_ = false;
  // To forget a name takes the kernel's lock of its directory, and so waits for every look-up there: on a
  // thread of its own, which nothing but the end waits for.
  Timer names_;
};

Mount::Mount(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Mount::~Mount() = default;

Result<std::unique_ptr<Mount>> Mount::open(const Options& options, Filesystem& filesystem, Timer& timer) {
  auto session = std::make_unique<Session>(options, filesystem, timer);
  if (const Status opened = session->open(); !opened) return opened.error();
  return std::unique_ptr<Mount>(new Mount(std::move(session)));
}

bool Mount::run(std::function<void()> ready, const std::function<void()>& ending) {
  return session_->run(std::move(ready), ending);
}

void Mount::forget_name(NodeNumber directory, const std::string& name) {
  session_->forget_name(directory, name);
}

void Mount::refresh_attributes(NodeNumber node) {
  session_->refresh_attributes(node);
}

}  // namespace mediafs
